"""How the list of devices is narrowed, as it stands in the address, and what makes an enrolment token."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.form_kit import KitForm, MembersForm
from apps.common.lists import ANY, FilterForm
from apps.devices.models import Enrolment, Policy, System
from apps.devices.rows import SEEN, DeviceFilters
from apps.devices.rules import Rule, problem_with, takes_value
from apps.devices.services import LONGEST_TOKEN_LIFE
from apps.devices.services.views import KEPT
from apps.tenants.models import VERSION, Group


class DeviceFilterForm(FilterForm):
    """Groups and policies are for who manages devices; ids of another tenant are no choice (T3)."""

    q = forms.CharField(
        label=_("Device or owner"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    enrolment = forms.ChoiceField(label=_("Enrolment"), choices=[*ANY, *Enrolment.choices])
    compliance = forms.ChoiceField(
        label=_("Compliance"),
        choices=[*ANY, ("yes", _("Compliant")), ("no", _("Not compliant"))],
    )
    system = forms.ChoiceField(label=_("Operating system"), choices=[*ANY, *System.choices])
    owner = forms.CharField(label=_("Owner"), max_length=100)
    seen = forms.ChoiceField(
        label=_("Last seen"),
        choices=[
            *ANY,
            ("1", _("Within a day")),
            ("7", _("Within 7 days")),
            ("30", _("Within 30 days")),
            ("not7", _("Not for 7 days")),
            ("not30", _("Not for 30 days")),
            ("not90", _("Not for 90 days")),
            ("never", _("Never")),
        ],
    )
    app_below = forms.CharField(
        label=_("App older than"),
        max_length=20,
        validators=[VERSION],
        widget=forms.TextInput(attrs={"placeholder": "1.4.0"}),
    )

    def __init__(
        self,
        *args: Any,
        groups: Iterable[Group] = (),
        policies: Iterable[Policy] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, label, rows in (
            ("group", _("Group"), groups),
            ("policy", _("Does not meet"), policies),
        ):
            choices = [(str(row.pk), row.name) for row in rows]
            if choices:
                self.fields[name] = forms.ChoiceField(
                    label=label, choices=[*ANY, *choices], required=False
                )

    def filters(self) -> DeviceFilters:
        """What the form says; only after it was found valid."""
        said = self.cleaned_data
        group, policy = said.get("group"), said.get("policy")
        return DeviceFilters(
            search=said["q"],
            enrolment=Enrolment(said["enrolment"]) if said["enrolment"] else None,
            system=System(said["system"]) if said["system"] else None,
            is_compliant={"yes": True, "no": False}.get(said["compliance"]),
            owner=said["owner"],
            group=uuid.UUID(group) if group else None,
            seen=SEEN.get(said["seen"]),
            app_below=said["app_below"],
            fails=uuid.UUID(policy) if policy else None,
        )


class SavedViewForm(KitForm):
    name = forms.CharField(label=_("Name of the view"), max_length=60)
    query = forms.CharField(required=False, max_length=1500, widget=forms.HiddenInput)
    is_shared = forms.BooleanField(
        label=_("Share it"),
        required=False,
        help_text=_(
            "Everybody who sees devices gets the view; each sees only what is theirs to see."
        ),
    )

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]

    def wanted(self) -> dict[str, str]:
        """The filters and the order that the address had; what is no filter is left out."""
        return {
            name: value
            for name, value in QueryDict(self.cleaned_data["query"]).items()
            if name in KEPT and isinstance(value, str)
        }


class DeviceForm(MembersForm):
    """What administrators keep of a device."""

    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("For administrators and helpers; the person at the device does not see it."),
    )
    groups = forms.MultipleChoiceField(
        label=_("Groups"),
        required=False,
        help_text=_("They bring role assignments and compliance policies."),
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
    )

    def __init__(self, *args: Any, groups: Iterable[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(group.pk), group.name) for group in groups]
        cast("forms.MultipleChoiceField", self.fields["groups"]).choices = choices


_SYSTEMS: list[Any] = [("", _("Whatever it is")), *System.choices]


class PolicyFilters(FilterForm):
    rule = forms.ChoiceField(label=_("Rule"), choices=[*ANY, *Rule.choices])
    system = forms.ChoiceField(label=_("Operating system"), choices=[*ANY, *System.choices])


class PolicyForm(KitForm):
    """A compliance policy. Its groups are those of one tenant: ids of another are no choice (T3)."""

    name = forms.CharField(label=_("Name"), max_length=120)
    rule = forms.ChoiceField(label=_("Rule"), choices=Rule.choices)
    value = forms.CharField(
        label=_("Value"),
        max_length=60,
        required=False,
        help_text=_(
            "A version such as 10.0.22467.1000, or a number of days or updates; empty for the other rules."
        ),
    )
    system = forms.ChoiceField(
        label=_("Operating system"),
        choices=_SYSTEMS,
        required=False,
        help_text=_("The policy is only for devices with this system."),
    )
    covers_all_devices = forms.BooleanField(
        label=_("All devices"), required=False, help_text=_("All enrolled devices, now and later.")
    )
    groups = forms.MultipleChoiceField(
        label=_("Groups of devices"),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
    )

    def __init__(self, *args: Any, groups: Iterable[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(group.pk), group.name) for group in groups]
        cast("forms.MultipleChoiceField", self.fields["groups"]).choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        rule, value = cleaned.get("rule"), cleaned.get("value", "")
        if rule and takes_value(rule) and (said := problem_with(rule, value)):
            self.add_error("value", said)
        return cleaned


class TokenFilters(FilterForm):
    state = forms.ChoiceField(
        label=_("State"), choices=[*ANY, ("valid", _("Valid")), ("over", _("Not valid any more"))]
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
