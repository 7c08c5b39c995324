"""Which devices hold their socket right now, known to every process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction

from apps.common.clock import now
from apps.common.errors import NotAllowedError
from apps.devices import notices
from apps.devices.models import Device, DevicePresence
from apps.devices.selectors import presences_that_stand
from apps.tenants.models import User


class NotConnectableError(NotAllowedError):
    """The device is not enrolled (any more), or is somebody else's."""

    code = "not_connectable"


@transaction.atomic
def connect_device(*, actor: User, device: Device, channel: str) -> None:
    """This socket speaks for the actor on that device from now on; an older one of the two is told so.

    `device` has proved itself to the caller. Refuses one that is not enrolled, shut out, or somebody else's.
    """
    at = now()
    row, is_new = DevicePresence.objects.select_for_update().get_or_create(
        device=device, person=actor, defaults={"channel": channel, "since": at, "seen_at": at}
    )
    if not is_new:
        notices.taken_over(row.channel)
        DevicePresence.objects.filter(pk=row.pk).update(channel=channel, since=at, seen_at=at)
    if not presences_that_stand([channel]):
        raise NotConnectableError


def reconnect_device(*, actor: User, device_id: uuid.UUID, channel: str) -> bool:
    """A living socket whose row was taken for dead comes back; False when a newer one has taken over."""
    row, _is_new = DevicePresence.objects.get_or_create(
        device_id=device_id, person=actor, defaults={"channel": channel}
    )
    return row.channel == channel


def disconnect_device(*, channel: str) -> uuid.UUID | None:
    """A socket closed; gives its device, if it still spoke for it."""
    row = DevicePresence.objects.filter(channel=channel).first()
    if row is None or not DevicePresence.objects.filter(pk=row.pk, channel=channel).delete()[0]:
        return None
    return row.device_id


@dataclass(slots=True)
class Touched:
    """What the heartbeat found: sockets that speak for nobody any more, and such as may not stay."""

    stale: set[str] = field(default_factory=set)
    shut: set[str] = field(default_factory=set)


def touch_devices(channels: list[str]) -> Touched:
    """These sockets still live in their process. A few statements, however many there are."""
    touched = Touched()
    for start in range(0, len(channels), 500):
        some = channels[start : start + 500]
        rows = DevicePresence.objects.filter(channel__in=some)
        rows.update(seen_at=now())
        known = set(rows.values_list("channel", flat=True))
        touched.stale |= set(some) - known
        touched.shut |= known - presences_that_stand(some)
    return touched


def forget_silent_devices() -> Iterator[uuid.UUID]:
    """Forget the sockets of processes that fell silent; gives the devices that are gone with that."""
    silent_before = now() - settings.REMOTEHELP_SILENT_FOR
    for row in list(DevicePresence.objects.filter(seen_at__lte=silent_before)[:500]):
        gone, _of_each = DevicePresence.objects.filter(
            pk=row.pk, seen_at__lte=silent_before
        ).delete()
        if gone:
            yield row.device_id
