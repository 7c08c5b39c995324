"""A browser without script: it knows pages, links, forms and the words on buttons, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from apps.tenants.models import User

VOID = {"input", "img", "br", "hr", "meta", "link", "path", "circle", "rect"}
# Neither shown nor read.
SILENT = {"script", "style", "template", "svg"}


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the forms and the words of a page. What is `hidden` is not there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._button: list[str] | None = None
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag not in VOID and (self._unseen or "hidden" in has or tag in SILENT):
            self._unseen.append(tag)
        if tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get").lower())
            if not self._unseen:
                self.forms.append(self._form)
        elif tag == "input" and self._form is not None and "name" in has:
            self._form.fields[has["name"]] = has.get("value", "")
        elif tag == "button" and has.get("type", "submit") == "submit":
            self._button = []

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()
        if tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons.append(" ".join("".join(self._button).split()))
            self._button = None
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self.words.append(data)
        if self._button is not None:
            self._button.append(data)


class PlainBrowser:
    """One person's browser with script switched off, and the page that it shows."""

    def __init__(self, person: User | None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        if person is not None:
            self.client.force_login(person)
        self.answer: Any = None

    def open(self, address: str) -> PlainBrowser:
        return self._show(self.client.get(address))

    def reload(self) -> PlainBrowser:
        return self.open(self.address)

    def press(self, button: str, **typed: str) -> PlainBrowser:
        """Press the one button with these words, with what is typed into the fields of its form."""
        form = self._form_of(button)
        assert form.method == "post", f"{button!r} does not post"
        assert typed.keys() <= form.fields.keys(), f"no such field beside {button!r}"
        return self._show(self.client.post(form.action or self.address, {**form.fields, **typed}))

    def _show(self, answer: Any) -> PlainBrowser:
        self.answer = answer
        if answer.status_code in (301, 302, 303):
            return self.open(answer["Location"])
        return self

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    @property
    def address(self) -> str:
        return str(self.answer.request["PATH_INFO"])

    @property
    def html(self) -> str:
        return str(self.answer.content.decode())

    @property
    def words(self) -> str:
        """All the text that can be read, in one line."""
        return " ".join("".join(self._read().words).split())

    @property
    def buttons(self) -> set[str]:
        return {button for form in self._read().forms for button in form.buttons}

    @property
    def refusal(self) -> str | None:
        """The code of the refusal on the page."""
        found = re.search(r'data-refusal="([a-z_]+)"', self.html)
        return found.group(1) if found else None

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader

    def _form_of(self, button: str) -> Form:
        found = [form for form in self._read().forms if button in form.buttons]
        assert len(found) == 1, f"{len(found)} buttons {button!r}; there are {self.buttons}"
        return found[0]


def shown_code(browser: PlainBrowser) -> str:
    """The security code as the page shows it to the person."""
    found = re.search(r"data-code-shown><span>(\w{4})</span><span>(\w{4})</span>", browser.html)
    assert found, "no code on the page"
    return "-".join(found.groups())
