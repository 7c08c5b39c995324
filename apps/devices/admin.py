"""Devices and their policies in the Django admin."""

from __future__ import annotations

from django.contrib import admin

from apps.devices.models import Device, Policy, PolicyResult
from apps.tenants.admin_base import ReadOnlyAdmin, TenantModelAdmin


@admin.register(Device)
class DeviceAdmin(TenantModelAdmin):
    permission = "tenants.manage_devices"
    list_display = ("name", "tenant", "owner", "system", "enrolment", "app_version", "last_seen_at")
    list_filter = ("system", "enrolment")
    list_select_related = ("tenant", "owner")
    search_fields = ("name", "owner__email", "owner__last_name")
    autocomplete_fields = ("tenant", "owner", "groups")


@admin.register(Policy)
class PolicyAdmin(TenantModelAdmin):
    permission = "tenants.manage_devices"
    list_display = ("name", "tenant", "rule", "value", "covers_all_devices")
    list_filter = ("rule",)
    search_fields = ("name",)
    autocomplete_fields = ("tenant", "groups")


@admin.register(PolicyResult)
class PolicyResultAdmin(ReadOnlyAdmin):
    """What an evaluation found: it is the device's to say, so nobody edits it."""

    tenant_path = "device__tenant"
    permission = "tenants.manage_devices"
    list_display = ("device", "policy", "is_met", "found", "evaluated_at")
    list_filter = ("is_met",)
    list_select_related = ("device", "policy")
    search_fields = ("device__name", "policy__name")
