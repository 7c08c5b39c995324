"""The device's one socket: over it the site tells of helpers who want to start a session here (D4)."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from remotehelp_app.server import shapes
from remotehelp_app.server.api import Api
from remotehelp_app.server.errors import ServerError, SignInEndedError
from remotehelp_app.server.shapes import InvitationInfo
from remotehelp_app.server.signals import (
    HEARD,
    REFUSED,
    SIGNED_OUT,
    TAKEN_OVER,
    Check,
    open_socket,
    read_message,
)

log = logging.getLogger(__name__)

PATH: Final = "/ws/device/"
SHUT_OUT: Final = 4403
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 36


_KNOWN: Final[dict[str, dict[str, Check]]] = {
    "device.joined": {"invitations": _is_list},
    "invitation": {"session": _is_id, "helper": _is_table},
    "invitation.gone": {"session": _is_id},
    "device.taken_over": {},
    "refused": HEARD["refused"],
}


class Ended(Enum):
    """Why nothing more is heard until somebody does something about it."""

    ELSEWHERE = "elsewhere"  # another copy of the app took over
    DOUBTED = "doubted"  # the site lets this device in no more: ask it over HTTP why


@dataclass(frozen=True, slots=True)
class Rung:
    """All that is open now, the oldest first."""

    invitations: tuple[InvitationInfo, ...]


class Bell:
    """Iterate over it for what is open, whole, whenever that changed. It reconnects by itself, later and later, and
    spreads that, so that the devices of a site that was down do not all come back at once.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._socket: ClientConnection | None = None
        self._open: dict[str, InvitationInfo] = {}

    async def __aiter__(self) -> AsyncIterator[Rung | Ended]:
        wait = _FIRST_WAIT
        while True:
            try:
                self._socket = await open_socket(self._api, PATH, is_proved=True)
            except SignInEndedError:
                raise
            except (OSError, TimeoutError, InvalidHandshake, ServerError) as error:
                if isinstance(error, InvalidStatus) and error.response.status_code in REFUSED:
                    yield Ended.DOUBTED
                log.info("the device's socket cannot be opened; trying again")
            else:
                wait = _FIRST_WAIT
                async for rung in self._listen(self._socket):
                    yield rung
                if (ended := await self._ending(self._socket)) is not None:
                    yield ended
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 spreads, hides nothing
            wait = min(_LONGEST_WAIT, wait * 2)

    async def _listen(self, socket: ClientConnection) -> AsyncIterator[Rung]:
        try:
            with suppress(ConnectionClosed):
                async for text in socket:
                    message = read_message(text, _KNOWN)
                    if message is not None and self._take(message):
                        yield Rung(tuple(self._open.values()))
        finally:
            await socket.close()

    async def _ending(self, socket: ClientConnection) -> Ended | None:
        if socket.close_code == TAKEN_OVER:
            return Ended.ELSEWHERE
        if socket.close_code == SIGNED_OUT:
            # Only the site knows whether all of the sign-in has ended: it renews, or raises.
            await self._api.access.token(other_than=await self._api.access.token())
        return Ended.DOUBTED if socket.close_code == SHUT_OUT else None

    def _take(self, message: dict[str, Any]) -> bool:
        """Whether what is open is something else now. A message that cannot be used changes nothing."""
        try:
            match message["type"]:
                case "device.joined":
                    self._open = {i.session_id: i for i in shapes.invitations(message)}
                    return True
                case "invitation":
                    return self._add(shapes.invitation(message))
                case "invitation.gone":
                    return self._open.pop(message["session"], None) is not None
                case _:
                    return False
        except ServerError:
            log.warning("the site said something about invitations that cannot be understood")
            return False

    def _add(self, invitation: InvitationInfo) -> bool:
        is_known = invitation.session_id in self._open
        if not is_known and len(self._open) >= shapes.MOST_INVITATIONS:
            return False
        self._open[invitation.session_id] = invitation
        return True

    async def say_shown(self, session_id: str) -> None:
        """The notice is on the screen; whoever waits likes to know."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps({"type": "shown", "session": session_id}))
