"""One heartbeat a process for all its sockets, so that a process that dies leaves no session hanging."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from apps.sessions import services
from apps.sessions.models import Side

logger = logging.getLogger(__name__)


class Heartbeat:
    """Touches the presence of the sockets of one event loop; runs only while there are any."""

    def __init__(self) -> None:
        self._sockets: dict[Side, set[str]] = {side: set() for side in Side}
        self._task: asyncio.Task[None] | None = None

    def add(self, side: Side, channel: str) -> None:
        self._sockets[side].add(channel)
        if self._task is None or self._task.done() or self._task.get_loop().is_closed():
            self._task = asyncio.get_running_loop().create_task(self._beat())

    def remove(self, side: Side, channel: str) -> None:
        self._sockets[side].discard(channel)
        if self._task is not None and not any(self._sockets.values()):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                self._task.cancel()
            self._task = None

    async def _beat(self) -> None:
        pause = settings.REMOTEHELP_SILENT_FOR.total_seconds() / 3
        while True:
            await asyncio.sleep(pause)
            names = {side: list(channels) for side, channels in self._sockets.items()}
            try:
                await database_sync_to_async(services.touch_presence)(names)
            except DatabaseError:
                logger.exception("heartbeat missed")  # the next one may reach the database again


heartbeat = Heartbeat()
