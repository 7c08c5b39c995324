"""Asking for the password (or second factor) again before something that only its person may do.

People who sign in through their organisation and have neither here are not asked: there is nothing to ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.common.errors import NotAllowedError

Page = TypeVar("Page", bound=Callable[..., HttpResponse])


def confirmed_lately(view: Page) -> Page:
    """For pages: goes to the form that asks, and comes back."""
    guarded: Page = reauthentication_required(view)
    return guarded


class ConfirmYourselfError(NotAllowedError):
    code = "confirm_yourself"
    message = _("Confirm first that it is you: open the page for this in your browser.")


def require_confirmed_lately(request: HttpRequest) -> None:
    """For doors that have no form to show: refuse unless the person behind the cookie has just shown who they are."""
    if is_reauthentication_required(request, app=""):
        raise ConfirmYourselfError
