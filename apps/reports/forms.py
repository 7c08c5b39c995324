"""How the list of sessions is narrowed, as it stands in the address."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from apps.sessions.models import Side
from apps.sessions.rows import SessionFilters
from apps.sessions.states import EndReason, Kind, State

# What people mean by a day; beyond these, databases disagree.
_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

_ANY = [("", _("Any"))]
_STANDINGS: list[Any] = [
    *_ANY,
    (_("Not ended"), [choice for choice in State.choices if choice[0] != State.ENDED]),
    (_("Ended"), [(State.ENDED.value, _("For whatever reason")), *EndReason.choices]),
]


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value


class SessionFilterForm(forms.Form):
    q = forms.CharField(
        label=_("Name or device"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[*_ANY, *Kind.choices], required=False)
    standing = forms.ChoiceField(label=_("State or end"), choices=_STANDINGS, required=False)
    side = forms.ChoiceField(label=_("My side"), choices=[*_ANY, *Side.choices], required=False)
    since = forms.DateField(
        label=_("From"),
        required=False,
        validators=_DAYS,
        widget=DayInput,
        input_formats=["%Y-%m-%d"],
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        validators=_DAYS,
        widget=DayInput,
        input_formats=["%Y-%m-%d"],
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[("", _("Newest first")), ("oldest", _("Oldest first"))],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return cleaned

    def filters(self) -> SessionFilters:
        """What the form says; only after it was found valid."""
        said = self.cleaned_data
        standing = said["standing"]
        return SessionFilters(
            search=said["q"],
            state=State(standing) if standing in State.values else None,
            end_reason=EndReason(standing) if standing in EndReason.values else None,
            kind=Kind(said["kind"]) if said["kind"] else None,
            side=Side(said["side"]) if said["side"] else None,
            opened_from=said["since"],
            opened_to=said["until"],
            is_oldest_first=said["order"] == "oldest",
        )
