"""The kit's field for choosing one out of many: words are typed, the server finds what they mean.

With script the page asks while the person types (`site/js/combobox.js`, which `form_kit.js` starts); without, the words
are sent with the form, and where they mean several, those are offered. `components/_form_field.html` shows it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

M = TypeVar("M", bound=Model)

OPTIONS_SHOWN = 10
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Option:
    """One row as it is offered: its id, its name, and what tells it from another of that name."""

    value: str
    label: str
    note: str = ""


class Source(Generic[M]):
    """What can be chosen. One for each kind of row, made for whom the person who chooses may see."""

    # Where the page asks while the person types; answered by `answer_search` with the same source.
    url: str | StrPromise = ""
    none_found: ClassVar[StrPromise] = gettext_lazy("Nothing is called so.")

    def find(self, pk: uuid.UUID) -> M | None:
        """The row of that id, if it can be chosen here (T3)."""
        raise NotImplementedError

    def search(self, words: str, number: int) -> list[M]:
        """The first rows that the words mean; without words, the first rows."""
        raise NotImplementedError

    def option(self, row: M) -> Option:
        raise NotImplementedError


class Said(NamedTuple):
    """What came with the form: the id that was chosen, the words in the field, and the words when it was chosen."""

    value: str
    text: str
    was: str

    @property
    def is_chosen(self) -> bool:
        # Words that were changed afterwards are another question.
        return bool(self.value) and self.text == self.was

    def __bool__(self) -> bool:
        return self.is_chosen or bool(self.text)


class ComboboxInput(forms.Widget):
    """Three values under one name; see `Said`."""

    needs_multipart_form = False

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Said:
        return Said(
            *(
                str(data.get(f"{name}{end}") or "").strip()[:LONGEST]
                for end in ("", "_said", "_was")
            )
        )

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(f"{name}{end}" in data for end in ("", "_said"))


class SearchBoundField(forms.BoundField):
    """The field on its page: what stands in it, and, where the words meant several, those."""

    @cached_property
    def shown(self) -> Said:
        field = cast("SearchField[Any]", self.field)
        if not self.form.is_bound:
            chosen = self.initial
            row = field.source.find(chosen) if isinstance(chosen, uuid.UUID) else chosen
            return _chosen(field.source.option(row)) if row is not None else Said("", "", "")
        self.form.is_valid()
        if field.chosen is not None:
            return _chosen(field.chosen)
        said: Said = self.data
        return Said("", said.text, said.text if field.options else "")

    @property
    def options(self) -> list[Option]:
        return cast("SearchField[Any]", self.field).options

    @property
    def url(self) -> str:
        return str(cast("SearchField[Any]", self.field).source.url)


def _chosen(option: Option) -> Said:
    return Said(option.value, option.label, option.label)


class SearchField(forms.Field, Generic[M]):
    """One row, found by words; cleans to the row, or None where nothing has to be chosen.

    The form is given a `source` for it by whoever knows the tenant: `form.fields[name].source = ...`.
    """

    widget = ComboboxInput
    bound_field_class = SearchBoundField
    source: Source[M]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chosen: Option | None = None
        self.options: list[Option] = []

    def clean(self, value: Said) -> M | None:
        self.chosen, self.options = None, []
        row = self._row_of(value)
        if row is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        self.chosen = self.source.option(row) if row is not None else None
        return row

    def _row_of(self, said: Said) -> M | None:
        if said.is_chosen:
            row = self.source.find(pk) if (pk := _id(said.value)) is not None else None
            if row is None:
                raise ValidationError(
                    _("What was chosen is not there any more. Choose again."), code="gone"
                )
            return row
        if not said.text:
            return None
        found = self.source.search(said.text, OPTIONS_SHOWN + 1)
        if not found:
            raise ValidationError(self.source.none_found, code="none")
        if len(found) == 1:
            return found[0]
        self.options = [self.source.option(row) for row in found[:OPTIONS_SHOWN]]
        raise ValidationError(_("Several are called so. Choose one of them."), code="several")


def _id(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _status(number: int, source: Source[Any]) -> str:
    """What is said aloud of a list of options."""
    if number == 0:
        return str(source.none_found)
    if number > OPTIONS_SHOWN:
        return _("The first %(number)s are shown. Type more to narrow them.") % {
            "number": OPTIONS_SHOWN
        }
    return ngettext(
        "%(number)s found. Choose with the arrow keys.",
        "%(number)s found. Choose with the arrow keys.",
        number,
    ) % {"number": number}


def answer_search(request: HttpRequest, source: Source[Any]) -> JsonResponse:
    """The options for the words in `q`, for the page that the person types on."""
    found = source.search(request.GET.get("q", "").strip()[:LONGEST], OPTIONS_SHOWN + 1)
    options = [source.option(row) for row in found[:OPTIONS_SHOWN]]
    return JsonResponse(
        {
            "options": [
                {"value": one.value, "label": one.label, "note": one.note} for one in options
            ],
            "status": _status(len(found), source),
        },
        headers={"Cache-Control": "no-store"},
    )
