"""Telling the sockets of devices, after the commit, that something about them changed.

Robust: what was committed stands, whether or not the channel layer could be reached; the heartbeat is the net.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from apps.common.telling import send_to_channel
from apps.devices.models import DevicePresence

_DOUBTED = {"type": "standing.doubted"}


def device_changed(device_id: uuid.UUID) -> None:
    """Every socket of the device asks whether it may stay: revoked, retired, another owner."""
    _tell({"device": device_id}, _DOUBTED)


def person_signed_out(person_id: uuid.UUID) -> None:
    """Every socket of the person's devices asks whether its sign-in still stands."""
    _tell({"person": person_id}, _DOUBTED)


def taken_over(channel: str) -> None:
    """Tell an older socket of the same person and device that a newer one speaks for them."""
    transaction.on_commit(
        lambda: send_to_channel(channel, {"type": "socket.taken_over"}), robust=True
    )


def tell_device(device_id: uuid.UUID, message: dict[str, Any]) -> None:
    """Give a message to whichever sockets the device has at that time."""
    _tell({"device": device_id}, message)


def _tell(whose: dict[str, uuid.UUID], message: dict[str, Any]) -> None:
    def tell() -> None:
        channels = DevicePresence.objects.filter(**whose).values_list("channel", flat=True)
        for channel in list(channels):
            send_to_channel(channel, message)

    transaction.on_commit(tell, robust=True)
