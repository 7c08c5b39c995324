"""Notices by the desktop's own service, over D-Bus (Desktop Notifications Specification 1.2)."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    message_bus,
    new_method_call,
)
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.io.common import RouterClosed

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

log = logging.getLogger(__name__)

_NAME: Final = "org.freedesktop.Notifications"
_SERVICE: Final = DBusAddress("/org/freedesktop/Notifications", bus_name=_NAME, interface=_NAME)
_WITHIN: Final = 5.0  # seconds; the service may have to be started first
_PRESSED: Final = "default"
_CRITICAL: Final = 2  # stays until it is closed
_LONGEST: Final = 300
# ValueError: the bus does not take us for who we are; KeyError: there is no address of one.
_FAULTS: Final = (OSError, EOFError, KeyError, ValueError, DBusErrorResponse, RouterClosed)


class DBusNotifier:
    """Implements `Notifier`. All of it runs on one event loop."""

    def __init__(self) -> None:
        self._connection: DBusConnection | None = None
        self._router: DBusRouter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._reads_markup = False
        self._numbers: dict[str, int] = {}
        self._pressed: dict[int, Callable[[], None]] = {}

    async def check(self) -> None:
        await self._connect()

    async def show(self, key: str, title: str, text: str, pressed: Callable[[], None]) -> None:
        await self._connect()
        body = text[:_LONGEST]
        number = await self._call(
            "Notify",
            "susssasa{sv}i",
            (
                _("Remote Help"),
                self._numbers.get(key, 0),
                "",
                title[:_LONGEST],
                # Names come from elsewhere; where the service reads markup they are none.
                html.escape(body, quote=False) if self._reads_markup else body,
                [_PRESSED, _("Show")],
                {"urgency": ("y", _CRITICAL), "desktop-entry": ("s", "remotehelp-app")},
                0,
            ),
        )
        self._numbers[key] = number
        self._pressed[number] = pressed

    async def withdraw(self, key: str) -> None:
        number = self._numbers.pop(key, None)
        if number is None:
            return
        self._pressed.pop(number, None)
        with suppress(UnavailableError):  # the person has closed it already
            await self._call("CloseNotification", "u", (number,))

    async def close(self) -> None:
        for key in list(self._numbers):
            await self.withdraw(key)
        await self._disconnect()

    # --- the bus ---------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self._listener is not None and not self._listener.done():
            return
        await self._disconnect()
        self._connection = await _in_time(open_dbus_connection("SESSION"))
        self._router = DBusRouter(self._connection)
        rule = MatchRule(type="signal", interface=_NAME)
        queue: asyncio.Queue[Message] = asyncio.Queue(100)
        await _in_time(Proxy(message_bus, self._router).AddMatch(rule))
        self._listener = asyncio.create_task(self._listen(self._router, rule, queue))
        (abilities,) = await self._ask("GetCapabilities")
        self._reads_markup = "body-markup" in abilities

    async def _disconnect(self) -> None:
        listener, self._listener = self._listener, None
        connection, self._connection = self._connection, None
        router, self._router = self._router, None
        if listener is not None:
            listener.cancel()
        if router is not None:
            with suppress(OSError, EOFError):
                await router.__aexit__(None, None, None)
        if connection is not None:
            with suppress(OSError):
                await connection.close()

    async def _listen(
        self, router: DBusRouter, rule: MatchRule, queue: asyncio.Queue[Message]
    ) -> None:
        with router.filter(rule, queue=queue):
            while True:
                self._hear(await queue.get())

    def _hear(self, message: Message) -> None:
        """The service is another program: what does not fit is passed over."""
        name = message.header.fields.get(HeaderFields.member)
        number = message.body[0] if message.body else None
        if not isinstance(number, int):
            return
        if name == "ActionInvoked" and message.body[1:] == (_PRESSED,):
            if pressed := self._pressed.get(number):
                pressed()
        elif name == "NotificationClosed":
            self._pressed.pop(number, None)
            self._numbers = {key: n for key, n in self._numbers.items() if n != number}

    async def _call(self, name: str, signature: str, body: tuple[Any, ...]) -> int:
        answer = await self._ask(name, signature, body)
        return int(answer[0]) if answer and isinstance(answer[0], int) else 0

    async def _ask(
        self, name: str, signature: str | None = None, body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        if self._router is None:
            raise UnavailableError(_nothing())
        call = new_method_call(_SERVICE, name, signature, body)
        answer = await _in_time(self._router.send_and_get_reply(call))
        if answer.header.message_type is MessageType.error:
            raise UnavailableError(_nothing())
        return tuple(answer.body)


async def _in_time(work: Awaitable[Any]) -> Any:
    """What it gives; UnavailableError for everything that can be wrong with a bus."""
    try:
        return await asyncio.wait_for(work, _WITHIN)
    except (*_FAULTS, TimeoutError) as error:
        log.info("no notice over D-Bus: %s", type(error).__name__)
        raise UnavailableError(_nothing()) from error


def _nothing() -> str:
    return _("This desktop shows no notifications. The app's own window comes forward instead.")
