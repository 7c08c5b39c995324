"""Handing a message to one live socket, in whichever process it is. Never content, never a decision."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def send_to_channel(channel: str, message: dict[str, Any]) -> None:
    """Hand a message to one live socket. A socket that does not read loses it; its side asks the server."""
    layer = get_channel_layer()
    if layer is None or not channel:
        return
    try:
        async_to_sync(layer.send)(channel, message)
    except ChannelFull:
        logger.warning("notice dropped, channel full", extra={"message_type": message["type"]})
