"""The device's one long-lived socket: over it the site tells of helpers who want to start a session here (D4)."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from remotehelp_app.server import shapes
from remotehelp_app.server.api import Api
from remotehelp_app.server.errors import ServerError, SignInEndedError, not_ours
from remotehelp_app.server.signals import HEARD, Check, open_socket, read_message
from remotehelp_app.status import Invitation, Person

log = logging.getLogger(__name__)

PATH: Final = "/ws/device/"
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_MOST = 20


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 36


_KNOWN: Final[dict[str, dict[str, Check]]] = {
    "device.ready": {},
    "invited": {"session": _is_table},
    "uninvited": {"session_id": _is_id},
    "refused": HEARD["refused"],
}


class Bell:
    """Iterate over it for the open invitations, whole, whenever they changed; it reconnects by itself, for ever."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._open: dict[str, Invitation] = {}

    async def __aiter__(self) -> AsyncIterator[tuple[Invitation, ...]]:
        wait = _FIRST_WAIT
        while True:
            try:
                async for invitations in self._listen():
                    wait = _FIRST_WAIT
                    yield invitations
            except SignInEndedError:
                raise
            except (OSError, TimeoutError, InvalidHandshake, InvalidStatus, ServerError):
                log.info("the device's socket cannot be opened; trying again")
            if self._open:
                self._open.clear()
                yield ()
            await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 spreads, hides nothing
            wait = min(_LONGEST_WAIT, wait * 2)

    async def _listen(self) -> AsyncIterator[tuple[Invitation, ...]]:
        key = self._api.key
        if key is None or not key.device_id:
            raise not_ours()
        socket = await open_socket(self._api, PATH)
        try:
            proof = key.proof("GET", PATH, b"", await self._api.access.token())
            await socket.send(json.dumps({"type": "device.prove", "proof": proof}))
            with suppress(ConnectionClosed):
                async for text in socket:
                    message = read_message(text, _KNOWN)
                    if message is not None and self._take(message):
                        yield tuple(self._open.values())
        finally:
            await socket.close()

    def _take(self, message: dict[str, Any]) -> bool:
        """Whether the open invitations are others now."""
        if message["type"] == "uninvited":
            return self._open.pop(message["session_id"], None) is not None
        if message["type"] != "invited" or len(self._open) >= _MOST:
            return False
        found = message["session"]
        card = shapes.card(found.get("helper"))
        session_id, expires_at = shapes.identity(found), shapes.moment(found, "expires_at")
        self._open[session_id] = Invitation(
            session_id,
            Person(
                card.full_name, card.initials, card.job_title, card.company, card.verified_domain
            ),
            expires_at or 0.0,
        )
        return True
