"""Recording devices and what their policies say."""

from __future__ import annotations

from django.db import transaction

from apps.common.clock import now
from apps.common.errors import NotAllowedError, require_valid
from apps.devices.models import Device, Enrolment, Policy, PolicyResult
from apps.tenants.models import Tenant, User
from apps.tenants.services import require_permission
from apps.tenants.signals import announce_ground_change


def _require_manager(actor: User | None, tenant: Tenant) -> None:
    if actor is None:
        return  # the command line
    require_permission(actor, "tenants.manage_devices")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


@transaction.atomic
def record_device(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    system: str,
    system_version: str = "",
    owner: User | None = None,
    enrolment: Enrolment = Enrolment.UNENROLLED,
    app_version: str = "",
) -> Device:
    """A device of the tenant. Its owner, if any, is of the same tenant."""
    _require_manager(actor, tenant)
    if owner is not None and owner.tenant_id != tenant.pk:
        raise NotAllowedError
    device = Device(
        tenant=tenant,
        name=name,
        system=system,
        system_version=system_version,
        owner=owner,
        enrolment=enrolment,
        app_version=app_version,
        last_seen_at=now(),
    )
    require_valid(device)
    device.save()
    return device


@transaction.atomic
def record_policy_result(*, device: Device, policy: Policy, is_met: bool, found: str = "") -> None:
    """What a policy says of a device now. A change that matters to running sessions is announced."""
    if policy.tenant_id != device.tenant_id:
        raise NotAllowedError
    PolicyResult.objects.update_or_create(
        device=device,
        policy=policy,
        defaults={"is_met": is_met, "found": found, "evaluated_at": now()},
    )
    announce_ground_change(device.tenant_id)


@transaction.atomic
def change_enrolment(*, actor: User | None, device: Device, enrolment: Enrolment) -> None:
    """Enrol a device, or retire it. Running sessions on it are asked about again."""
    _require_manager(actor, device.tenant)
    Device.objects.filter(pk=device.pk).update(enrolment=enrolment)
    announce_ground_change(device.tenant_id)
