"""Devices, their policies and the tokens with which they enrol, in the Django admin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.devices import later, tokens
from apps.devices.models import (
    Device,
    DevicePresence,
    DeviceReport,
    EnrolmentToken,
    Evaluation,
    Policy,
    PolicyResult,
    SavedView,
    SpentProof,
)
from apps.devices.services import (
    NoDevicesError,
    announce_change,
    ask_policy_again,
    evaluate_anew,
    restore_device,
    revoke_device,
    revoke_enrolment_token,
    want_evaluation,
)
from apps.tenants.admin_base import (
    AnyModelAdmin,
    OneTenantForm,
    ReadOnlyAdmin,
    TenantModelAdmin,
)


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


class PolicyAdminForm(OneTenantForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("covers_all_devices") and not cleaned.get("groups"):
            self.add_error("groups", ValidationError(NoDevicesError.message))
        return cleaned


@admin.register(Policy)
class PolicyAdmin(TenantModelAdmin):
    permission = "tenants.manage_devices"
    form = PolicyAdminForm
    list_display = ("name", "tenant", "rule", "value", "system", "covers_all_devices", "evaluated")
    list_filter = ("rule", "system")
    list_select_related = ("tenant", "evaluation")
    search_fields = ("name",)
    autocomplete_fields = ("tenant", "groups")
    actions = ("ask_again",)

    @admin.display(description=gettext_lazy("evaluated"), ordering="evaluation__ended_at")
    def evaluated(self, policy: Policy) -> datetime | None:
        return policy.evaluation.ended_at if hasattr(policy, "evaluation") else None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whatever is changed, many devices may be concerned: the worker asks them."""
        super().save_related(request, form, formsets, change)
        want_evaluation(policies=[form.instance])
        later.evaluate_soon(form.instance.pk)

    @admin.action(description=gettext_lazy("Evaluate again"), permissions=["change"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        for policy in queryset.select_related("tenant"):
            ask_policy_again(actor=None, policy=policy)
            later.evaluate_soon(policy.pk)
        self.message_user(request, _("The policies are being asked of their devices."))


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    """How far the asking of a policy has come."""

    tenant_path = "policy__tenant"
    permission = "tenants.manage_devices"
    list_display = ("policy", "wanted_at", "done", "total", "ended_at")
    list_select_related = ("policy",)
    search_fields = ("policy__name",)


@admin.register(SavedView)
class SavedViewAdmin(TenantModelAdmin):
    """Made on the list of devices, where what they say can be seen; here they are found and removed."""

    permission = "tenants.manage_devices"
    is_ground = False
    list_display = ("name", "tenant", "person")
    list_select_related = ("tenant", "person")
    search_fields = ("name", "person__email", "person__last_name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DeviceReport)
class DeviceReportAdmin(ReadOnlyAdmin):
    """The device's own words."""

    tenant_path = "device__tenant"
    permission = "tenants.manage_devices"
    list_display = (
        "device",
        "disk_encrypted",
        "screen_lock",
        "firewall",
        "update_age_days",
        "updates_pending",
        "at",
    )
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
