"""The sockets of devices, and the helpers who wait for them."""

from __future__ import annotations

import uuid

from apps.devices import services as devices
from apps.devices.models import Device
from apps.sessions import notices
from apps.tenants.models import User


def connect_device(*, actor: User, device: Device, channel: str) -> None:
    """A device that has proved itself holds its socket now. Refuses one that is not enrolled."""
    devices.connect_device(actor=actor, device=device, channel=channel)
    notices.device_came_or_went(device.pk)


def reconnect_device(*, actor: User, device_id: uuid.UUID, channel: str) -> bool:
    """A living socket that was taken for dead is back; False when a newer one speaks for the device."""
    is_back = devices.reconnect_device(actor=actor, device_id=device_id, channel=channel)
    notices.device_came_or_went(device_id)
    return is_back


def disconnect_device(*, channel: str) -> None:
    device_id = devices.disconnect_device(channel=channel)
    if device_id is not None:
        notices.device_came_or_went(device_id)


def forget_silent_devices() -> int:
    """Forget the sockets of processes that died, and tell the helpers who wait; gives their number. Run by the worker."""
    gone = list(devices.forget_silent_devices())
    for device_id in gone:
        notices.device_came_or_went(device_id)
    return len(gone)
