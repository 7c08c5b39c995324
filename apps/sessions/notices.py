"""Telling the two sides of a session, after the commit, that something changed. No content, ever.

Robust: what was committed stands, whether or not the channel layer could be reached; the failure is logged.
"""

from __future__ import annotations

import uuid

from django.db import transaction

from apps.common.telling import send_to_channel
from apps.devices.notices import tell_device
from apps.devices.selectors import is_connected
from apps.sessions.models import HelpSession, Side
from apps.sessions.selectors import waiting_for_device


def session_changed(session_id: uuid.UUID) -> None:
    """After the commit: both sides are told the session's state and read the rest from their page.

    Each for itself: when the layer fails for one, what was committed stands, the other is told, and the
    heartbeat finds the socket that was not.
    """
    # Functions, not partials: Django asks for the name of one that failed.
    transaction.on_commit(lambda: _tell(session_id, Side.HELPER), robust=True)
    transaction.on_commit(lambda: _tell(session_id, Side.SHARER), robust=True)


def _tell(session_id: uuid.UUID, side: Side) -> None:
    row = (
        HelpSession.objects.filter(pk=session_id)
        .values_list("state", f"{side.value}_channel")
        .first()
    )
    if row is not None:
        state, channel = row
        send_to_channel(channel, {"type": "session.changed", "state": state})


def peer_joined(channel: str, *, peer_channel: str) -> None:
    """Tell one socket where the other side's socket is now."""
    transaction.on_commit(
        lambda: send_to_channel(channel, {"type": "peer.joined", "peer_channel": peer_channel}),
        robust=True,
    )


def peer_left(channel: str, *, peer_channel: str) -> None:
    """Tell one socket that the other side's socket is gone."""
    transaction.on_commit(
        lambda: send_to_channel(channel, {"type": "peer.left", "peer_channel": peer_channel}),
        robust=True,
    )


def taken_over(channel: str) -> None:
    """Tell an older socket of the same person that a newer one has taken the session over."""
    transaction.on_commit(
        lambda: send_to_channel(channel, {"type": "socket.taken_over"}), robust=True
    )


def invitations_changed(session: HelpSession) -> None:
    """Tell the device that a waiting session is aimed at that what waits for it is not the same any more."""
    if session.aimed_at_id is not None:
        tell_device(session.aimed_at_id, {"type": "invitations.changed"})


def device_came_or_went(device_id: uuid.UUID) -> None:
    """Tell the helpers who wait for this device whether it is there now."""
    transaction.on_commit(lambda: _tell_helpers(device_id), robust=True)


def _tell_helpers(device_id: uuid.UUID) -> None:
    channels = list(
        waiting_for_device(device_id)
        .exclude(helper_channel="")
        .values_list("helper_channel", flat=True)
    )
    if not channels:
        return
    is_here = is_connected(device_id)
    for channel in channels:
        send_to_channel(channel, {"type": "device.changed", "is_here": is_here})


def notice_shown(session: HelpSession) -> None:
    """Tell the helper who waits for a device that the notice is on its screen."""
    transaction.on_commit(
        lambda: send_to_channel(session.helper_channel, {"type": "notice.shown"}), robust=True
    )
