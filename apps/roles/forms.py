"""The shape of what administrators of roles fill in. No rules here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.form_kit import KitForm, PreviewedForm
from apps.common.lists import ANY, FilterForm
from apps.common.previews import Touching
from apps.roles.models import Action, Role
from apps.tenants.models import Group


class RoleFilters(FilterForm):
    action = forms.ChoiceField(label=_("Permission"), choices=[*ANY, *Action.choices])
    kind = forms.ChoiceField(
        label=_("Type"), choices=[*ANY, ("built_in", _("Built-in")), ("custom", _("Custom"))]
    )


class RoleForm(KitForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    view_screen = forms.BooleanField(label=Action.VIEW_SCREEN.label, required=False)
    full_control = forms.BooleanField(
        label=Action.FULL_CONTROL.label, required=False, help_text=_("Includes viewing the screen.")
    )
    elevation = forms.BooleanField(
        label=Action.ELEVATION.label,
        required=False,
        help_text=_("Of use only together with full control, from this role or another one."),
    )

    def actions(self) -> list[Action]:
        return [action for action in Action if self.cleaned_data[action.value]]


class ChangedRoleForm(RoleForm, PreviewedForm):
    """The same for a role that exists, which helpers may hold."""

    touching = Touching.ASSIGNMENTS


class CopyForm(KitForm):
    name = forms.CharField(label=_("Name of the copy"), max_length=120)


class AssignmentFilters(FilterForm):
    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(role.pk), role.name) for role in roles]
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=[*ANY, *choices], required=False
        )


class _WithChoices(KitForm):
    """A form whose choices are of one tenant: ids of another are no choice of it (T3)."""

    def __init__(
        self, *args: Any, roles: Iterable[Role] = (), groups: Iterable[Group] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._give("role", [(str(role.pk), role.name) for role in roles])
        chosen = [(str(group.pk), group.name) for group in groups]
        self._give("admin_groups", chosen)
        self._give("scope_groups", chosen)

    def _give(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class BasicsForm(_WithChoices):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    role = forms.ChoiceField(label=_("Role"))


class AdminGroupsForm(_WithChoices):
    admin_groups = forms.MultipleChoiceField(
        label=_("Admin groups"),
        help_text=_("The members of these groups become helpers."),
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        error_messages={
            "required": _("Choose at least one admin group: its members become the helpers.")
        },
    )


class ScopeForm(_WithChoices):
    covers_all_users = forms.BooleanField(
        label=_("All users"), required=False, help_text=_("Everybody, now and later.")
    )
    covers_all_devices = forms.BooleanField(
        label=_("All devices"),
        required=False,
        help_text=_(
            "All enrolled devices. A device that is not enrolled is in scope through its user."
        ),
    )
    scope_groups = forms.MultipleChoiceField(
        label=_("Scope groups"),
        required=False,
        help_text=_(
            "The people and devices in these groups can be helped. No scope reaches nobody."
        ),
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
    )


class AssignmentForm(ScopeForm, AdminGroupsForm, BasicsForm, PreviewedForm):
    """All three steps on one page, to change an assignment that exists."""

    touching = Touching.ASSIGNMENTS
    field_order = (
        "name",
        "description",
        "role",
        "admin_groups",
        "covers_all_users",
        "covers_all_devices",
        "scope_groups",
    )


def chosen(groups: Iterable[Group], ids: Iterable[str]) -> list[Group]:
    """The groups among these that were chosen in a form."""
    wanted = {uuid.UUID(one) for one in ids}
    return [group for group in groups if group.pk in wanted]
