"""This device, for as long as somebody is signed in: made known to the site, checking in, and called by helpers."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from remotehelp_app.platform.interfaces import Facts
from remotehelp_app.platform.system import System
from remotehelp_app.server.api import Api
from remotehelp_app.server.bell import Bell, Ended, Rung
from remotehelp_app.server.errors import ServerError, SignInEndedError
from remotehelp_app.server.proof import DeviceKey
from remotehelp_app.server.secrets import Secrets
from remotehelp_app.server.shapes import DeviceInfo
from remotehelp_app.session.journal import Journal
from remotehelp_app.texts import gettext as _

_CHECK_IN_EVERY = 15 * 60.0
_TRY_AGAIN_AFTER = 15.0


@dataclass(frozen=True, slots=True)
class DeviceListener:
    """What the engine is told, on its event loop."""

    known: Callable[[DeviceInfo], None]
    refused: Callable[[ServerError], None]  # and with that, nothing more is tried
    kept: Callable[[], None]  # the keyring was asked
    rung: Callable[[Rung], Awaitable[None]]
    elsewhere: Callable[[bool], None]


class DeviceCare:
    """One signed-in person on this device. `run` goes on until it is cancelled or refused."""

    def __init__(
        self,
        api: Api,
        system: System,
        secrets: Secrets,
        journal: Journal,
        tell: DeviceListener,
    ) -> None:
        self._api, self._system, self._secrets = api, system, secrets
        self._journal, self._tell = journal, tell
        self.bell = Bell(api)
        self._due = asyncio.Event()
        self._attended = asyncio.Event()
        self._reported_at = 0.0

    async def run(self) -> None:
        """The device proves itself with its key; without one it registers, where the organisation allows it."""
        try:
            info = await self._make_known()
            await self._stay(info)
        except SignInEndedError:
            raise
        except ServerError as error:
            self._tell.refused(error)

    async def enrol(self, token: str) -> None:
        """With the key that the device has; a new one if it has none that the site knows."""
        if self._api.key is None or not self._api.key.device_id:
            self._api.key = DeviceKey.new()
        self._keep(await self._api.enrol(token, _name(), await self._facts()))

    def attend(self) -> None:
        """The person is at this copy of the app now, so invitations are to come here."""
        self._attended.set()

    # --- known -----------------------------------------------------------------------------------

    async def _make_known(self) -> DeviceInfo:
        while True:
            try:
                return await self._introduce()
            except ServerError as error:
                if not error.is_temporary:
                    raise
            await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _introduce(self) -> DeviceInfo:
        key = await asyncio.to_thread(lambda: self._secrets.device_key)
        self._tell.kept()
        facts = await self._facts()
        if key is not None:
            self._api.key = key
            try:
                return self._keep(await self._api.report(facts))
            except ServerError as error:
                if error.code != "device_not_proved":
                    raise
            self._journal.problem(
                "", "the site does not know this device any more; setting it up again"
            )
        self._api.key = DeviceKey.new()
        return self._keep(await self._api.register(_name(), facts))

    def _keep(self, info: DeviceInfo) -> DeviceInfo:
        if self._api.key is not None:
            self._secrets.keep_device_key(self._api.key)
        self._reported_at = time.time()
        self._tell.kept()
        self._tell.known(info)
        return info

    async def _facts(self) -> Facts:
        return await asyncio.to_thread(self._system.facts)

    # --- checking in and being called ------------------------------------------------------------

    async def _stay(self, info: DeviceInfo) -> None:
        listening: asyncio.Task[None] | None = None
        try:
            while True:
                if info.is_enrolled and listening is None:
                    listening = asyncio.create_task(self._listen())
                elif not info.is_enrolled and listening is not None:
                    await _stopped(listening)
                    listening = None
                await self._wait(listening)
                info = await self._check_in() or info
        finally:
            if listening is not None:
                await _stopped(listening)

    async def _wait(self, listening: asyncio.Task[None] | None) -> None:
        """Until the next check-in is due; raises what ended the listening."""
        due = asyncio.create_task(self._due.wait())
        waited: set[asyncio.Task[bool] | asyncio.Task[None]] = {due}
        if listening is not None:
            waited.add(listening)
        try:
            await asyncio.wait(waited, timeout=_CHECK_IN_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
            self._due.clear()
        if listening is not None and listening.done():
            listening.result()

    async def _check_in(self) -> DeviceInfo | None:
        facts = await self._facts()
        try:
            info = await self._api.report(facts)
        except ServerError as error:
            if not error.is_temporary:
                raise
            return None
        self._reported_at = time.time()
        self._tell.known(info)
        return info

    async def _listen(self) -> None:
        async for heard in self.bell:
            match heard:
                case Rung():
                    # After a long sleep the clock of the check-ins is behind.
                    if time.time() - self._reported_at > _CHECK_IN_EVERY:
                        self._due.set()
                    await self._tell.rung(heard)
                case Ended.ELSEWHERE:
                    await self._wait_to_be_attended()
                case Ended.DOUBTED:
                    self._due.set()  # the check-in says why

    async def _wait_to_be_attended(self) -> None:
        self._attended.clear()
        self._tell.elsewhere(True)
        await self._attended.wait()
        self._tell.elsewhere(False)


def _name() -> str:
    return platform.node()[:120] or _("This device")


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, ServerError):
        await task
