"""Telling the two sides of a session, after the commit, that something changed. No content, ever.

Robust: what was committed stands, whether or not the channel layer could be reached; the failure is logged.
"""

from __future__ import annotations

import logging
import uuid
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db import transaction

from apps.sessions.models import HelpSession, Side

logger = logging.getLogger(__name__)


def send_to_channel(channel: str, message: dict[str, Any]) -> None:
    """Hand a message to one live socket. A socket that does not read loses it; its page asks the server."""
    layer = get_channel_layer()
    if layer is None or not channel:
        return
    try:
        async_to_sync(layer.send)(channel, message)
    except ChannelFull:
        logger.warning("notice dropped, channel full", extra={"message_type": message["type"]})


def session_changed(session_id: uuid.UUID) -> None:
    """After the commit: both sides are told the session's state and read the rest from their page.

    Each for itself: when the layer fails for one, what was committed stands, the other is told, and the
    heartbeat finds the socket that was not.
    """
    for side in Side:
        transaction.on_commit(partial(_tell, session_id, side), robust=True)


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
