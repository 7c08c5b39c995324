"""The shape of what administrators of licences fill in. No rules here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.common.form_kit import KitForm
from apps.common.lists import ANY, FilterForm
from apps.licenses.models import (
    MOST_SEATS,
    License,
    LicenseState,
    Product,
    Terms,
    end_of,
    last_day_before,
)
from apps.tenants.administration_forms import day_field


class LicenseFilters(FilterForm):
    product = forms.ChoiceField(label=_("Product"), choices=[*ANY, *Product.choices])
    terms = forms.ChoiceField(label=_("Terms"), choices=[*ANY, *Terms.choices])
    state = forms.ChoiceField(label=_("State"), choices=[*ANY, *LicenseState.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["q"]  # a licence has no name to search for


class LackingFilters(FilterForm):
    is_coming = forms.ChoiceField(
        label=_("Seat of a pending licence"),
        choices=[*ANY, ("yes", _("Yes")), ("no", _("No"))],
    )


def _seats_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Seats"),
        min_value=1,
        max_value=MOST_SEATS,
        help_text=_(
            "Of the add-on, every helper and every sharer needs one. The base subscription covers the whole organisation."
        ),
    )


def _last_day_field() -> forms.DateField:
    field = day_field(_("Last day"))
    field.required = False
    return field


# As the services name what the forms call a day.
_DAYS = {"starts_at": "first_day", "ends_at": "last_day"}


class _LicenseForm(KitForm):
    def refuse(self, error: RuleError) -> None:
        error.fields = {_DAYS.get(name, name): said for name, said in error.fields.items()}
        super().refuse(error)


class OrderForm(_LicenseForm):
    product = forms.ChoiceField(label=_("Product"), choices=Product.choices)
    terms = forms.ChoiceField(
        label=_("Terms"),
        choices=Terms.choices,
        help_text=_("There is one trial of each product; it ends by itself."),
    )
    quantity = _seats_field()
    first_day = day_field(_("First day"))
    last_day = _last_day_field()
    seats_of = forms.ChoiceField(
        label=_("Give the same seats as"),
        required=False,
        help_text=_("Who has a seat of that licence gets one of the new licence too."),
    )

    def __init__(self, *args: Any, licenses: Iterable[License] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_day"].required = False
        self.fields["first_day"].help_text = _(
            "Empty: as soon as it is active. Days begin and end by UTC."
        )
        self.fields["last_day"].help_text = _("Empty: without an end; of a trial, 30 days.")
        known = [(str(one.pk), f"{one}, {one.state.label}") for one in licenses]
        seats_of: Any = self.fields["seats_of"]
        seats_of.choices = [("", _("Nobody yet")), *known]
        if not known:
            del self.fields["seats_of"]

    def starts_at(self) -> datetime | None:
        """Nothing for today: that is at once."""
        day: date | None = self.cleaned_data["first_day"]
        if day is None or day == now().date():
            return None
        return datetime.combine(day, time.min, UTC)

    def ends_at(self) -> datetime | None:
        day: date | None = self.cleaned_data["last_day"]
        return None if day is None else end_of(day)


class ChangeForm(_LicenseForm):
    quantity = _seats_field()
    last_day = _last_day_field()

    def __init__(self, *args: Any, license_: License, **kwargs: Any) -> None:
        self.license = license_
        super().__init__(*args, **kwargs)
        self.fields["last_day"].help_text = _("Empty: without an end.")

    def ends_at(self) -> datetime | None:
        """The very moment that it has, where the day is the same."""
        day: date | None = self.cleaned_data["last_day"]
        ends_at = self.license.ends_at
        if ends_at is not None and day == last_day_before(ends_at):
            return ends_at
        return None if day is None else end_of(day)
