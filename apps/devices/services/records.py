"""Devices as administrators keep them: recorded, retired, revoked, restored."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.common.clock import now
from apps.common.conflicts import require_unchanged
from apps.common.errors import NotAllowedError, require_valid
from apps.devices import notices
from apps.devices.models import Device, Enrolment, Policy
from apps.devices.selectors import device_state
from apps.devices.services.compliance import evaluate_anew, want_evaluation
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
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


# Of so many devices the policies are asked at once; of more, by the worker.
_FEW = 20


def _ask_policies_of(group: Group, devices: list[Device]) -> None:
    """They are in the group now: its policies have to say something of them."""
    policies = list(Policy.objects.filter(groups=group))
    if not policies:
        return
    if len(devices) <= _FEW:
        for device in devices:
            evaluate_anew(device=device)
    else:
        want_evaluation(policies=policies)


@transaction.atomic
def add_to_group(*, actor: User | None, devices: Iterable[Device], group: Group) -> int:
    """Put these devices of the tenant into a group of theirs; gives how many were not in it yet."""
    require_manager(actor, group.tenant)
    chosen = list(devices)
    if any(device.tenant_id != group.tenant_id for device in chosen):
        raise NotAllowedError
    inside = set(
        group.devices.filter(pk__in=[one.pk for one in chosen]).values_list("pk", flat=True)
    )
    new = [device for device in chosen if device.pk not in inside]
    if not new:
        return 0
    group.devices.add(*new)
    _ask_policies_of(group, new)
    announce_ground_change(group.tenant_id)
    audit.record(
        actor=actor,
        tenant=group.tenant,
        act=Act.CHANGED,
        target=group,
        old={"devices": []},
        new={"devices": new},
        names_people=True,  # a device is often called after its owner
    )
    return len(new)


@transaction.atomic
def change_device(
    *,
    actor: User | None,
    device: Device,
    note: str,
    groups: Iterable[Group],
    seen: str | None = None,
) -> Device:
    """Set what administrators keep of a device: a note, and its groups, with the policies that come with them.

    Groups are of the device's tenant. Refused when somebody else has changed it since it was `seen`.
    """
    require_manager(actor, device.tenant)
    row = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    chosen = list(groups)
    if any(group.tenant_id != row.tenant_id for group in chosen):
        raise NotAllowedError
    require_unchanged(device_state(row), seen)
    before = audit.state_of(row, "note", "groups")
    row.note = note.strip()
    require_valid(row)
    row.save(update_fields=["note"])
    row.groups.set(chosen)
    evaluate_anew(device=row)
    announce_change(row)
    new = audit.state_of(row, "note", "groups")
    audit.record(
        actor=actor, tenant=device.tenant, act=Act.CHANGED, target=row, old=before, new=new
    )
    return row


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
    if changed and enrolment == Enrolment.ENROLLED:
        evaluate_anew(device=device)
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
