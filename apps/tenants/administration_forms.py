"""The forms of a tenant's administration."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from apps.common.form_kit import KitForm
from apps.common.lists import ANY, FilterForm
from apps.tenants.models import Act
from apps.tenants.rights import RIGHTS
from apps.tenants.words import kind_words

# What people mean by a day; beyond these, databases disagree.
DAYS: list[Any] = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

AUDITED_KINDS = (
    "tenants.tenant",
    "tenants.verifieddomain",
    "tenants.user",
    "tenants.group",
    "roles.role",
    "roles.roleassignment",
    "devices.device",
    "devices.enrolmenttoken",
    "devices.policy",
    "licenses.license",
    "licenses.seat",
)


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, validators=DAYS, widget=DayInput, input_formats=["%Y-%m-%d"]
    )


class AuditFilterForm(FilterForm):
    act = forms.ChoiceField(label=_("What"), choices=[*ANY, *Act.choices])
    kind = forms.ChoiceField(label=_("kind of thing"))
    since = day_field(_("From"))
    until = day_field(_("To"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].label = _("Who, or on what")
        kind: Any = self.fields["kind"]
        kind.choices = [*ANY, *((name, kind_words(name)) for name in AUDITED_KINDS)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return cleaned


class RightsForm(KitForm):
    rights = forms.MultipleChoiceField(
        label=_("Administers"),
        choices=list(RIGHTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
