"""One heartbeat a process for all its sockets: none is left hanging, on either side of a failure.

It touches the presence of every socket, so that a process that dies is noticed. It finds the sockets whose session
ended without their being told (the channel layer was out of reach), so that no page goes on for long. It finds
those whose person has signed out meanwhile, here or elsewhere, and the devices that may not stay or missed a notice.
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

from apps.devices.services import touch_devices
from apps.sessions import services
from apps.sessions.models import Side
from apps.sessions.selectors import channels_with_invitations
from apps.tenants.signed_in import AnySignIn, ended_sign_ins

logger = logging.getLogger(__name__)

Call = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the heartbeat knows of one socket, and whom to call when something about it has ended.

    Without a side it is the socket of a device; only that is called by the last three.
    """

    side: Side | None
    sign_in: AnySignIn | None
    when_stale: Call
    when_signed_out: Call
    when_shut: Call = _nothing
    when_news: Call = _nothing
    expects_news: Callable[[], bool] = bool


@dataclass(slots=True)
class Found:
    """Sockets, by channel, and sign-ins that need attention."""

    stale: set[str]
    shut: set[str]
    news: set[str]
    signed_out: set[AnySignIn]


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
        found = await database_sync_to_async(_look)(sockets)
        for channel, pulse in sockets.items():
            if channel not in self._sockets:
                continue  # it closed while we looked
            if pulse.sign_in in found.signed_out:
                await pulse.when_signed_out()
            elif channel in found.shut:
                await pulse.when_shut()
            elif channel in found.stale:
                await pulse.when_stale()
            elif channel in found.news:
                await pulse.when_news()


def _look(sockets: dict[str, Pulse]) -> Found:
    names: dict[Side, list[str]] = {side: [] for side in Side}
    of_devices: list[str] = []
    for channel, pulse in sockets.items():
        (of_devices if pulse.side is None else names[pulse.side]).append(channel)
    sign_ins = {pulse.sign_in for pulse in sockets.values() if pulse.sign_in is not None}
    touched = touch_devices(of_devices)
    return Found(
        stale=services.touch_presence(names) | touched.stale,
        shut=touched.shut,
        news=_with_news(sockets, of_devices),
        signed_out=ended_sign_ins(sign_ins),
    )


def _with_news(sockets: dict[str, Pulse], of_devices: list[str]) -> set[str]:
    """Devices at which a session is aimed, or that believe so: the net under notices that got lost."""
    news = {channel for channel in of_devices if sockets[channel].expects_news()}
    for start in range(0, len(of_devices), 500):
        news |= channels_with_invitations(of_devices[start : start + 500])
    return news


heartbeat = Heartbeat()
