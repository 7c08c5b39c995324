"""Licences and seats in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.licenses import services
from apps.licenses.models import License, Seat
from apps.tenants.admin_base import TenantModelAdmin


@admin.register(License)
class LicenseAdmin(TenantModelAdmin):
    permission = "tenants.manage_licenses"
    list_display = ("__str__", "tenant", "terms", "state_now", "activates_at", "ends_at")
    list_filter = ("product", "terms")
    search_fields = ("tenant__name",)
    autocomplete_fields = ("tenant",)

    def save_model(self, request: HttpRequest, obj: License, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.require_enough_seats(obj)  # the number may have been lowered

    @admin.display(description=_("state"))
    def state_now(self, license_: License) -> Any:
        return license_.state.label


@admin.register(Seat)
class SeatAdmin(TenantModelAdmin):
    tenant_path = "license__tenant"
    permission = "tenants.manage_licenses"
    list_display = ("__str__", "license", "assigned_at")
    list_select_related = ("license", "person", "group")
    search_fields = ("person__email", "person__last_name", "group__name")
    autocomplete_fields = ("license", "person", "group")

    def save_model(self, request: HttpRequest, obj: Seat, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.require_enough_seats(obj.license)
