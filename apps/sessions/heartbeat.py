"""One heartbeat a process for all its sockets: none is left hanging, on either side of a failure.

It touches the presence of every socket, so that a process that dies is noticed; and it finds the sockets whose
session ended without their being told (the channel layer was out of reach), so that no page goes on for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from channels.db import database_sync_to_async
from django import db
from django.conf import settings

from apps.sessions import services
from apps.sessions.models import Side

logger = logging.getLogger(__name__)

WhenStale = Callable[[], Awaitable[None]]


class Heartbeat:
    """Beats for the sockets of one event loop; runs only while there are any."""

    def __init__(self) -> None:
        self._sockets: dict[Side, dict[str, WhenStale]] = {side: {} for side in Side}
        self._task: asyncio.Task[None] | None = None

    def add(self, side: Side, channel: str, when_stale: WhenStale) -> None:
        """From now on this socket is touched; `when_stale` is called when it speaks for no open session."""
        self._sockets[side][channel] = when_stale
        if self._task is None or self._task.done() or self._task.get_loop().is_closed():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def remove(self, side: Side, channel: str) -> None:
        self._sockets[side].pop(channel, None)
        if self._task is not None and not any(self._sockets.values()):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(settings.REMOTEHELP_SILENT_FOR.total_seconds() / 3)
            try:
                await self._beat()
            except db.Error:
                logger.exception("heartbeat missed")  # the next one may reach the database again

    async def _beat(self) -> None:
        names = {side: list(channels) for side, channels in self._sockets.items()}
        for channel in await database_sync_to_async(services.touch_presence)(names):
            for sockets in self._sockets.values():
                when_stale = sockets.get(channel)
                if when_stale is not None:
                    await when_stale()


heartbeat = Heartbeat()
