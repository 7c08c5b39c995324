"""Which devices are in a directory group."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.common.errors import NotAllowedError
from apps.devices.models import Device
from apps.devices.services.compliance import evaluate_anew
from apps.devices.services.records import announce_change
from apps.tenants import audit
from apps.tenants.models import Act, Group, User
from apps.tenants.services import locked_group, require_group_manager


@transaction.atomic
def change_group_devices(
    *,
    actor: User | None,
    group: Group,
    add: Iterable[Device] = (),
    remove: Iterable[Device] = (),
) -> None:
    """Put devices into a group and take others out, for whoever manages the directory. Who is in it already, or is not,
    is no error.

    Policies that the group brings or took along are asked at once, and sessions on the devices are asked about again.
    Devices of another tenant are refused.
    """
    require_group_manager(actor, group.tenant_id)
    row = locked_group(group)
    added, removed = list(add), list(remove)
    if any(device.tenant_id != row.tenant_id for device in (*added, *removed)):
        raise NotAllowedError
    chosen = {device.pk for device in (*added, *removed)}
    present = set(Device.objects.filter(groups=row, pk__in=chosen).values_list("pk", flat=True))
    came = [device for device in added if device.pk not in present]
    went = [device for device in removed if device.pk in present]
    if not came and not went:
        return
    row.devices.remove(*went)
    row.devices.add(*came)
    for device in (*came, *went):
        evaluate_anew(device=device)
        announce_change(device)
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old={"devices": went},
        new={"devices": came},
        names_people=True,  # a device is often called after its owner
    )
