"""The kit of every administrative form: told at once what is wrong, what the rules refused, and what changed meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import RuleError
from apps.common.previews import Preview, Touching, preview

CHECK_HEADER = "X-Check"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else changed: what stands there now, and what this person wants."""

    label: StrPromise | str
    present: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Conflict:
    differences: list[Difference]
    by: str = ""
    at: datetime | None = None


class KitForm(forms.Form):
    """A form with inline checks (`answer_check`), refusals (`refuse`) and conflicts (`show_conflict`).

    For a thing that exists, give its `state` (field names and values as stored): the form starts with it and
    carries its fingerprint in `version`, which goes to the service as `seen`.
    """

    version = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    conflict: Conflict | None = None

    def __init__(self, *args: Any, state: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        if state is not None:
            given = {**state, "version": fingerprint(state), **(kwargs.get("initial") or {})}
            kwargs["initial"] = given
        super().__init__(*args, **kwargs)

    @property
    def seen(self) -> str | None:
        """What `require_unchanged` asks for; a form without it did not look at anything."""
        version: str = self.cleaned_data.get("version", "")
        return version or None

    def said(self) -> dict[str, Any]:
        """What the person said, without what the kit adds."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def refuse(self, error: RuleError) -> None:
        """Put a refusal of the rules where it belongs: beside its fields, else above the form."""
        if isinstance(error, ChangedMeanwhileError):
            self.show_conflict(error)
            return
        elsewhere = True
        for name, message in error.fields.items():
            if name in self.fields:
                self.add_error(name, message)
                elsewhere = False
        if elsewhere:
            said = " ".join(error.fields.values())
            self.add_error(None, said or str(error))

    def show_conflict(
        self, error: ChangedMeanwhileError, *, by: str = "", at: datetime | None = None
    ) -> None:
        """Show what stands there now beside what the person wants. Saving once more then overwrites it knowingly."""
        wanted = self.said()
        differences = [
            Difference(
                self.fields[name].label or name,
                shown_value(self.fields[name], present),
                shown_value(self.fields[name], wanted.get(name)),
            )
            for name, present in error.present.items()
            if name in self.fields and not _are_same(present, wanted.get(name))
        ]
        self.conflict = Conflict(differences, by, at)
        data = cast("QueryDict", self.data).copy()
        data[self.add_prefix("version")] = fingerprint(error.present)
        self.data = data
        self.add_error(None, str(error))


class PreviewedForm(KitForm):
    """A kit form with a second button, *Preview*, that says what saving would open and close, and saves nothing.

    Its page shows `components/_preview.html` with `form.preview` above the fields, and
    `components/_form_buttons.html` under them. `touching` says what its change leaves alone.
    """

    touching: ClassVar[Touching] = Touching.ANYTHING

    preview: Preview | None = None
    status = 200

    @property
    def is_only_previewed(self) -> bool:
        """Whether *Preview* was pressed."""
        return "preview" in self.data

    def save(self, tenant_id: uuid.UUID, change: Callable[[], object]) -> bool:
        """Make the change, or with *Preview* only look at what it would do; gives whether it is made.

        If not, show the form once more, with its `status`: it has the preview, or what the rules refused.
        """
        try:
            if self.is_only_previewed:
                self.preview = preview(tenant_id, change, touching=self.touching)
                return False
            change()
        except RuleError as error:
            self.refuse(error)
            self.status = error.status
            return False
        return True


class MembersForm(PreviewedForm):
    """The base of forms that put people or devices into groups, or take them out."""

    touching = Touching.MEMBERS


def _are_same(present: Any, wanted: Any) -> bool:
    if isinstance(present, list | tuple) and isinstance(wanted, list | tuple):
        return sorted(map(str, present)) == sorted(map(str, wanted))
    return bool(present == wanted)


def shown_value(field: forms.Field, value: Any) -> str:
    """A value of that field as people read it."""
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(field, forms.ModelChoiceField):
        rows = [value] if not hasattr(value, "__iter__") else value
        return ", ".join(str(row) for row in rows)
    choices = {str(key): label for key, label in getattr(field, "choices", ())}
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(choices.get(str(one), one)) for one in value)
    return str(choices.get(str(value), value))


def answer_check(request: HttpRequest, form: forms.Form) -> JsonResponse | None:
    """The answer to a form that only asks whether one of its fields is well; None when it is sent to be saved.

    Nothing is written, and only the field that was left is spoken of: nobody is told off for what they have not
    come to yet.
    """
    name = request.headers.get(CHECK_HEADER)
    if name is None:
        return None
    form.is_valid()
    errors = [str(said) for said in form.errors.get(name, [])] if name in form.fields else []
    return JsonResponse({"errors": errors}, headers={"Cache-Control": "no-store"})
