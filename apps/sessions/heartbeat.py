"""One heartbeat a process for all its sockets: none is left hanging, on either side of a failure.

It touches the presence of every socket, so that a process that dies is noticed. It finds the sockets whose session
ended without their being told (the channel layer was out of reach), so that no page goes on for long. And it finds
those whose person has signed out meanwhile, here or elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django import db
from django.conf import settings

from apps.sessions import services
from apps.sessions.models import Side
from apps.tenants.signed_in import SignIn, ended_sign_ins

logger = logging.getLogger(__name__)

Call = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the heartbeat knows of one socket, and whom to call when something about it has ended."""

    side: Side
    sign_in: SignIn | None
    when_stale: Call
    when_signed_out: Call


class Heartbeat:
    """Beats for the sockets of one event loop; runs only while there are any."""

    def __init__(self) -> None:
        self._sockets: dict[str, Pulse] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, channel: str, pulse: Pulse) -> None:
        self._sockets[channel] = pulse
        if self._task is None or self._task.done() or self._task.get_loop().is_closed():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def remove(self, channel: str) -> None:
        self._sockets.pop(channel, None)
        if self._task is not None and not self._sockets:
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
        sockets = dict(self._sockets)
        stale, signed_out = await database_sync_to_async(_look)(sockets)
        for channel, pulse in sockets.items():
            if channel not in self._sockets:
                continue  # it closed while we looked
            if pulse.sign_in in signed_out:
                await pulse.when_signed_out()
            elif channel in stale:
                await pulse.when_stale()


def _look(sockets: dict[str, Pulse]) -> tuple[set[str], set[SignIn]]:
    names: dict[Side, list[str]] = {side: [] for side in Side}
    for channel, pulse in sockets.items():
        names[pulse.side].append(channel)
    sign_ins = {pulse.sign_in for pulse in sockets.values() if pulse.sign_in is not None}
    return services.touch_presence(names), ended_sign_ins(sign_ins)


heartbeat = Heartbeat()
