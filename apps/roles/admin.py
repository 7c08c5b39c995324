"""Roles and role assignments in the Django admin, written by the same services as everywhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.selectors import roles_of
from apps.roles.services import (
    assign_role,
    change_assignment,
    change_role,
    create_role,
    delete_role,
    remove_assignment,
)
from apps.tenants.admin_base import ServiceAdmin, ServiceForm


class RoleForm(ServiceForm):
    actions = forms.MultipleChoiceField(
        label=_("Remote help app"),
        choices=Action.choices,
        required=False,  # the service says what a role needs
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Role
        fields = ("tenant", "name", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tenant" in self.fields:
            # Only the program itself makes roles without a tenant: the built-in ones.
            self.fields["tenant"].required = True
        self.fields["actions"].initial = sorted(self.instance.actions)


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    """The built-in role can be read, and not be changed or removed (R2)."""

    permission = "tenants.manage_roles"
    form = RoleForm
    list_display = ("name", "tenant", "view_screen", "full_control", "elevation")
    search_fields = ("name",)
    autocomplete_fields = ("tenant",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ("tenant", "name", "description")
        if obj is not None and not self.has_change_permission(request, obj):
            return (*fields, *(action.value for action in Action))
        excluded = self.get_exclude(request, obj)
        return (*(name for name in fields if name not in excluded), "actions")

    def serve(self, request: HttpRequest, form: Any, obj: Any) -> Role:
        said = form.cleaned_data
        given: dict[str, Any] = {
            "actor": self.actor(request),
            "name": said["name"],
            "description": said["description"],
            "actions": [Action(name) for name in said["actions"]],
        }
        if obj is None:
            return create_role(tenant=self.tenant_in(request, form), **given)
        return change_role(role=obj, **given)

    def serve_removal(self, request: HttpRequest, obj: Any) -> None:
        delete_role(actor=self.actor(request), role=obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        person: Any = request.user
        if person.is_superuser or person.tenant_id is None:
            return super().get_queryset(request)
        return roles_of(person.tenant_id).order_by("name")

    def is_ours(self, request: HttpRequest, obj: Any) -> bool:
        return super().is_ours(request, obj) or obj.is_built_in

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = obj is not None and obj.is_built_in
        return super().has_change_permission(request, obj) and not is_fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = obj is not None and obj.is_built_in
        return super().has_delete_permission(request, obj) and not is_fixed


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ServiceAdmin):
    permission = "tenants.manage_roles"
    list_display = ("name", "tenant", "role", "covers_all_users", "covers_all_devices")
    list_select_related = ("tenant", "role")
    search_fields = ("name", "role__name")
    autocomplete_fields = ("tenant", "role", "admin_groups", "scope_groups")
    _SAID = (
        "role",
        "name",
        "description",
        "admin_groups",
        "scope_groups",
        "covers_all_users",
        "covers_all_devices",
    )

    def serve(self, request: HttpRequest, form: Any, obj: Any) -> RoleAssignment:
        given = {name: form.cleaned_data[name] for name in self._SAID}
        actor = self.actor(request)
        if obj is None:
            return assign_role(actor=actor, tenant=self.tenant_in(request, form), **given)
        return change_assignment(actor=actor, assignment=obj, **given)

    def serve_removal(self, request: HttpRequest, obj: Any) -> None:
        remove_assignment(actor=self.actor(request), assignment=obj)
