"""Devices as administrators keep them: recorded, retired, revoked, restored."""

from __future__ import annotations

from django.db import transaction

from apps.common.clock import now
from apps.common.errors import NotAllowedError, require_valid
from apps.devices import notices
from apps.devices.models import Device, Enrolment
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User
from apps.tenants.services import require_permission
from apps.tenants.signals import announce_ground_change


def require_manager(actor: User | None, tenant: Tenant) -> None:
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
    require_manager(actor, tenant)
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
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=device,
        new=audit.state_of(device, "name", "owner", "enrolment"),
    )
    return device


def announce_change(device: Device) -> None:
    """Sessions on the device, and its sockets, ask whether they may go on."""
    announce_ground_change(device.tenant_id)
    notices.device_changed(device.pk)


@transaction.atomic
def change_enrolment(*, actor: User | None, device: Device, enrolment: Enrolment) -> None:
    """Enrol a device, or retire it. Running sessions on it are asked about again."""
    require_manager(actor, device.tenant)
    changed = (
        Device.objects.filter(pk=device.pk, revoked_at__isnull=True)
        .exclude(enrolment=enrolment)
        .update(enrolment=enrolment)
    )
    announce_change(device)
    if changed:
        audit.record(
            actor=actor,
            tenant=device.tenant,
            act=Act.CHANGED,
            target=device,
            old={"enrolment": device.enrolment},
            new={"enrolment": enrolment},
        )


@transaction.atomic
def revoke_device(*, actor: User | None, device: Device) -> None:
    """Shut a device out: it takes part in nothing, and its key never enrols again. Its sessions end."""
    require_manager(actor, device.tenant)
    revoked = Device.objects.filter(pk=device.pk, revoked_at__isnull=True).update(
        revoked_at=now(), enrolment=Enrolment.UNENROLLED
    )
    announce_change(device)
    if revoked:
        audit.record(actor=actor, tenant=device.tenant, act=Act.REVOKED, target=device)


@transaction.atomic
def restore_device(*, actor: User | None, device: Device) -> None:
    """Let a revoked device come back; it is unenrolled until it enrols anew."""
    require_manager(actor, device.tenant)
    if Device.objects.filter(pk=device.pk, revoked_at__isnull=False).update(revoked_at=None):
        audit.record(actor=actor, tenant=device.tenant, act=Act.RESTORED, target=device)
