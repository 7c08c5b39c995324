"""Devices, their policies and the tokens with which they enrol, in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.devices import tokens
from apps.devices.models import (
    Device,
    DevicePresence,
    DeviceReport,
    EnrolmentToken,
    Policy,
    PolicyResult,
    SpentProof,
)
from apps.devices.services import (
    announce_change,
    evaluate_anew,
    restore_device,
    revoke_device,
    revoke_enrolment_token,
)
from apps.devices.tasks import evaluate_policy
from apps.tenants.admin_base import AnyModelAdmin, ReadOnlyAdmin, TenantModelAdmin


@admin.register(Device)
class DeviceAdmin(TenantModelAdmin):
    permission = "tenants.manage_devices"
    list_display = (
        "name",
        "tenant",
        "owner",
        "system",
        "enrolment",
        "revoked_at",
        "app_version",
        "last_seen_at",
    )
    list_filter = ("system", "enrolment")
    readonly_fields = ("enrolled_at", "enrolled_with", "revoked_at")
    actions = ("revoke", "restore")
    list_select_related = ("tenant", "owner")
    search_fields = ("name", "owner__email", "owner__last_name")
    autocomplete_fields = ("tenant", "owner", "groups")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Other groups bring other policies, and whoever is connected asks whether they may stay."""
        super().save_related(request, form, formsets, change)
        evaluate_anew(device=form.instance)
        announce_change(form.instance)

    # The rows are those that `get_queryset` lets the person have, and the actions ask for the same permission.
    @admin.action(description=gettext_lazy("Revoke the chosen devices"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        for device in queryset.select_related("tenant"):
            revoke_device(actor=None, device=device)
        self.message_user(request, _("The devices are revoked. Their sessions have ended."))

    @admin.action(
        description=gettext_lazy("Let the chosen devices come back"), permissions=["change"]
    )
    def restore(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        for device in queryset.select_related("tenant"):
            restore_device(actor=None, device=device)
        self.message_user(request, _("The devices may enrol again."))


@admin.register(EnrolmentToken)
class EnrolmentTokenAdmin(TenantModelAdmin):
    """The value is shown once, in the message after a token was made; only its hash is kept."""

    permission = "tenants.manage_devices"
    is_ground = False
    list_display = ("name", "tenant", "expires_at", "uses_left", "revoked_at", "created_by")
    list_select_related = ("tenant", "created_by")
    search_fields = ("name",)
    readonly_fields = ("created_at", "created_by", "revoked_at")
    autocomplete_fields = ("tenant",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        value = tokens.issue()
        obj.digest = tokens.digest(value)
        obj.created_by = request.user
        super().save_model(request, obj, form, change)
        self.message_user(
            request,
            _("Copy the enrolment token now, it is not shown again: %(value)s") % {"value": value},
            level=messages.WARNING,
        )

    @admin.action(description=gettext_lazy("Revoke the chosen tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[EnrolmentToken]) -> None:
        usable = list(queryset.filter(revoked_at__isnull=True).select_related("tenant"))
        for token in usable:
            revoke_enrolment_token(actor=None, token=token)
        number = len(usable)
        self.message_user(
            request,
            ngettext("%(number)s token is revoked.", "%(number)s tokens are revoked.", number)
            % {"number": number},
        )


@admin.register(SpentProof)
class SpentProofAdmin(AnyModelAdmin):
    """For site operators alone: proofs name nobody, and nobody writes them by hand."""

    list_display = fields = readonly_fields = ("expires_at",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Policy)
class PolicyAdmin(TenantModelAdmin):
    permission = "tenants.manage_devices"
    list_display = ("name", "tenant", "rule", "value", "covers_all_devices")
    list_filter = ("rule",)
    search_fields = ("name",)
    autocomplete_fields = ("tenant", "groups")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whatever is changed, many devices may be concerned: the worker asks them."""
        super().save_related(request, form, formsets, change)
        policy_id = str(form.instance.pk)
        transaction.on_commit(lambda: evaluate_policy.delay(policy_id), robust=True)


@admin.register(DeviceReport)
class DeviceReportAdmin(ReadOnlyAdmin):
    """The device's own words."""

    tenant_path = "device__tenant"
    permission = "tenants.manage_devices"
    list_display = ("device", "disk_encrypted", "screen_lock", "firewall", "update_age_days", "at")
    list_select_related = ("device",)
    search_fields = ("device__name",)


@admin.register(DevicePresence)
class DevicePresenceAdmin(ReadOnlyAdmin):
    """Which devices hold a socket right now; a process that died is found out within a minute."""

    tenant_path = "device__tenant"
    permission = "tenants.manage_devices"
    list_display = ("device", "person", "since", "seen_at")
    list_select_related = ("device", "person")
    search_fields = ("device__name", "person__email", "person__last_name")


@admin.register(PolicyResult)
class PolicyResultAdmin(ReadOnlyAdmin):
    """What an evaluation found: it is the device's to say, so nobody edits it."""

    tenant_path = "device__tenant"
    permission = "tenants.manage_devices"
    list_display = ("device", "policy", "is_met", "found", "evaluated_at")
    list_filter = ("is_met",)
    list_select_related = ("device", "policy")
    search_fields = ("device__name", "policy__name")
