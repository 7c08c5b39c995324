"""The forms of a tenant's administration."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.common.form_kit import KitForm, PreviewedForm
from apps.common.lists import ANY, FilterForm
from apps.common.previews import Touching
from apps.tenants.models import VERSION, Act, Group
from apps.tenants.rights import RIGHTS
from apps.tenants.services import LONGEST_CLIENT_LIFE
from apps.tenants.words import kind_words

# What people mean by a day; beyond these, databases disagree.
DAYS: list[Any] = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

AUDITED_KINDS = (
    "tenants.tenant",
    "tenants.verifieddomain",
    "tenants.domainclaim",
    "tenants.user",
    "tenants.group",
    "directory.import",
    "tenants.apiclient",
    "roles.role",
    "roles.roleassignment",
    "devices.device",
    "devices.enrolmenttoken",
    "devices.policy",
    "devices.savedview",
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
    kind = forms.ChoiceField(label=_("Kind of thing"))
    since = day_field(_("From"))
    until = day_field(_("To"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].label = _("Who, or on what")
        kind: Any = self.fields["kind"]
        kinds = ((name, capfirst(kind_words(name))) for name in AUDITED_KINDS)
        kind.choices = [*ANY, *kinds]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return cleaned


class SettingsForm(PreviewedForm):
    """The switches, limits and versions; the groups are given by the view, which knows the tenant."""

    touching = Touching.SWITCHES

    is_remote_help_enabled = forms.BooleanField(label=_("Remote help is on"), required=False)
    are_unenrolled_devices_allowed = forms.BooleanField(
        label=_("Allow remote help to unenrolled devices"),
        help_text=_("A plain browser counts as one."),
        required=False,
    )
    is_chat_enabled = forms.BooleanField(label=_("Chat during a session"), required=False)
    is_sign_out_at_end = forms.BooleanField(
        label=_("Sign the sharer out at the end of every session"),
        help_text=_("Off: only after an elevated session that the sharer ends."),
        required=False,
    )
    code_valid_minutes = forms.IntegerField(
        label=_("Security codes are valid for (minutes)"),
        help_text=_("From 2 to 30. Empty: 10."),
        min_value=2,
        max_value=30,
        required=False,
    )
    longest_session_minutes = forms.IntegerField(
        label=_("A session lasts at most (minutes)"),
        help_text=_("From 15 to 1440. Empty: as long as both like."),
        min_value=15,
        max_value=1440,
        required=False,
    )
    recommended_app_version = forms.CharField(
        label=_("Recommended app version"),
        help_text=_("Older apps ask for an update and go on. Empty: none do."),
        max_length=20,
        validators=[VERSION],
        required=False,
    )
    mandatory_app_version = forms.CharField(
        label=_("Mandatory app version"),
        help_text=_("Older apps cannot go on until they are updated. Empty: all can."),
        max_length=20,
        validators=[VERSION],
        required=False,
    )
    is_compliance_required = forms.BooleanField(
        label=_("Conditional access: require a compliant device"), required=False
    )
    compliance_groups = forms.MultipleChoiceField(
        label=_("Conditional access covers"),
        help_text=_(
            "People of these groups when they receive help, and devices of these groups. None: everybody."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, groups: Iterable[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["compliance_groups"]
        chosen.choices = [(str(group.pk), group.name) for group in groups]
        if not chosen.choices:
            del self.fields["compliance_groups"]


class DomainForm(KitForm):
    name = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("As in addresses of your people, after the @: contoso.com."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}
        ),
    )


class RightsForm(KitForm):
    rights = forms.MultipleChoiceField(
        label=_("Administers"),
        choices=list(RIGHTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class NewSecretForm(KitForm):
    days = forms.IntegerField(
        label=_("Valid for (days)"),
        min_value=1,
        max_value=LONGEST_CLIENT_LIFE.days - 1,
        initial=90,
        help_text=_("From 1 to 365. Make a new secret before it runs out."),
    )


class ApiClientForm(NewSecretForm):
    """For whoever holds these rights: a client has at most those of its maker."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What the program is for: it stands in the audit log beside all that it does."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Rights"),
        help_text=_("The program can do this and nothing else, and never more than you can."),
        widget=forms.CheckboxSelectMultiple,
    )

    field_order = ("version", "name", "scopes", "days")

    def __init__(self, *args: Any, held: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(name, label) for name, label in RIGHTS.items() if name in held]
