"""The shape of what administrators of the directory fill in. No rules here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.common.form_kit import KitForm
from apps.common.lists import ANY, FilterForm
from apps.tenants.models import Group

YES_NO = [*ANY, ("yes", _("Yes")), ("no", _("No"))]
# So many are put in or taken out in one step; whole lists come by an import.
MOST_CHOSEN = 200


class PeopleFilters(FilterForm):
    state = forms.ChoiceField(
        label=_("State"),
        choices=[*ANY, ("active", _("Active")), ("disabled", _("Disabled"))],
    )
    seat = forms.ChoiceField(label=_("Has a licence seat"), choices=YES_NO)
    administrator = forms.ChoiceField(label=_("Administrator"), choices=YES_NO)

    def __init__(self, *args: Any, groups: Iterable[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(group.pk), group.name) for group in groups]
        self.fields["group"] = forms.ChoiceField(
            label=_("Group"), choices=[*ANY, *choices], required=False
        )


class GroupFilters(FilterForm):
    holds = forms.ChoiceField(
        label=_("Members"),
        choices=[
            *ANY,
            ("people", _("With people")),
            ("devices", _("With devices")),
            ("nothing", _("Empty")),
        ],
    )


class PersonForm(KitForm):
    email = forms.CharField(
        label=_("Address"),
        max_length=254,
        help_text=_("In one of your verified domains. The person signs in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("As their browser says")), *settings.LANGUAGES],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("first_name") and not cleaned.get("last_name"):
            self.add_error("last_name", _("Enter a first or a last name."))
        return cleaned


class DirectoryPersonForm(KitForm):
    """Of a directory's person nothing else is kept here."""

    language = PersonForm.base_fields["language"]


class GroupForm(KitForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )


class ImportForm(KitForm):
    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
        allow_empty_file=True,  # said in our words
    )
    makes_groups = forms.BooleanField(
        label=_("Make groups that are missing"),
        help_text=_("Off: a row with a group that does not exist has a fault."),
        required=False,
    )
