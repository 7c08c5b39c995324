"""Asking before something is lost: one page, for every step that cannot be taken back cheaply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_stubs_ext import StrPromise

Text = StrPromise | str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `consequences` are whole sentences; `button` says the deed, never just *Yes*."""

    heading: Text
    consequences: Sequence[Text]
    button: Text
    keep: Text
    back_url: str
    back_label: Text
    warning: Text = ""  # what concerns the person themselves
    # What the form was sent with, sent again with the answer.
    carried: Sequence[tuple[str, str]] = ()


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    """The page that asks. Its form is sent to the same address, which then does it."""
    return render(request, "components/confirm.html", {"question": question})
