"""How the list of devices is narrowed, as it stands in the address, and what makes an enrolment token."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.devices.models import Enrolment, System
from apps.devices.rows import DeviceFilters
from apps.devices.services import LONGEST_TOKEN_LIFE

_ANY = [("", _("Any"))]


class DeviceFilterForm(forms.Form):
    q = forms.CharField(
        label=_("Device or owner"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    enrolment = forms.ChoiceField(
        label=_("Enrolment"), choices=[*_ANY, *Enrolment.choices], required=False
    )
    compliance = forms.ChoiceField(
        label=_("Compliance"),
        choices=[*_ANY, ("yes", _("Compliant")), ("no", _("Not compliant"))],
        required=False,
    )
    system = forms.ChoiceField(
        label=_("Operating system"), choices=[*_ANY, *System.choices], required=False
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[("", _("By name")), ("seen", _("Last seen first"))],
        required=False,
    )

    def filters(self) -> DeviceFilters:
        """What the form says; only after it was found valid."""
        said = self.cleaned_data
        return DeviceFilters(
            search=said["q"],
            enrolment=Enrolment(said["enrolment"]) if said["enrolment"] else None,
            system=System(said["system"]) if said["system"] else None,
            is_compliant={"yes": True, "no": False}.get(said["compliance"]),
            is_by_last_seen=said["order"] == "seen",
        )


class EnrolmentTokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("What you know it by, for instance the department."),
    )
    days = forms.IntegerField(
        label=_("Valid for (days)"),
        min_value=1,
        max_value=LONGEST_TOKEN_LIFE.days - 1,
        initial=30,
    )
    uses = forms.IntegerField(
        label=_("Number of devices"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Empty: as many as you like."),
    )

    def expires_at(self) -> datetime:
        return now() + timedelta(days=self.cleaned_data["days"])
