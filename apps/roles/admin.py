"""Roles and role assignments in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.roles.models import Role, RoleAssignment
from apps.roles.selectors import roles_of
from apps.tenants.admin_base import OneTenantForm, TenantModelAdmin


class RoleForm(OneTenantForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tenant" in self.fields:
            # Only the program itself makes roles without a tenant: the built-in ones.
            self.fields["tenant"].required = True


@admin.register(Role)
class RoleAdmin(TenantModelAdmin):
    """The built-in role can be read, and not be changed or removed (R2)."""

    permission = "tenants.manage_roles"
    form = RoleForm
    list_display = ("name", "tenant", "view_screen", "full_control", "elevation")
    search_fields = ("name",)
    autocomplete_fields = ("tenant",)

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
class RoleAssignmentAdmin(TenantModelAdmin):
    permission = "tenants.manage_roles"
    list_display = ("name", "tenant", "role", "covers_all_users", "covers_all_devices")
    list_select_related = ("tenant", "role")
    search_fields = ("name", "role__name")
    autocomplete_fields = ("tenant", "role", "admin_groups", "scope_groups")
