"""The socket of one session. Opened again while it is wanted."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from remotehelp_app import VERSION
from remotehelp_app.server.api import Api
from remotehelp_app.server.errors import ServerError, SignInEndedError

log = logging.getLogger(__name__)

_LARGEST: Final = 256 * 1024
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0
# Close codes of the site (docs/api.md).
TAKEN_OVER, SIGNED_OUT = 4001, 4401
# Anything else, as a proxy's 502 while the site restarts, passes.
REFUSED: Final = (401, 403, 404)

Check = Callable[[Any], bool]


def _text(limit: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= limit


def _is_attempt(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**53


def _is_candidate(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    line = value.get("sdpMLineIndex")
    texts = (value.get("candidate"), value.get("sdpMid"))
    is_line = line is None or (type(line) is int and 0 <= line < 64)
    return is_line and all(t is None or (isinstance(t, str) and len(t) <= 2048) for t in texts)


def _are_servers(value: Any) -> bool:
    """RTCIceServer objects (WebRTC, 4.2.4)."""
    if not isinstance(value, list) or len(value) > 16:
        return False
    return all(_is_server(server) for server in value)


def _is_server(server: Any) -> bool:
    if not isinstance(server, dict):
        return False
    urls = server.get("urls")
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not 0 < len(urls) <= 8:
        return False
    rest = (server.get("username"), server.get("credential"))
    are_texts = all(t is None or (isinstance(t, str) and len(t) <= 500) for t in rest)
    known = ("stun:", "stuns:", "turn:", "turns:")
    return are_texts and all(
        isinstance(u, str) and len(u) <= 500 and u.startswith(known) for u in urls
    )


# What a sharer's socket may say, and what has to be in it.
HEARD: Final[dict[str, dict[str, Check]]] = {
    "session.joined": {"state": _text(40), "ice_servers": _are_servers},
    "session.changed": {"state": _text(40)},
    "session.taken_over": {},
    "peer.joined": {},
    "peer.left": {},
    "peer.absent": {},
    "answer": {"sdp": _text(48 * 1024), "attempt": _is_attempt},
    "candidate": {"candidate": _is_candidate, "attempt": _is_attempt},
    "ready": {},
    "restart": {"attempt": _is_attempt},
    "refused": {"code": _text(80)},
}


def read_message(text: object, known: dict[str, dict[str, Check]]) -> dict[str, Any] | None:
    """The message, or None when it is none of those known."""
    if not isinstance(text, str):
        return None
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kind = message.get("type") if isinstance(message, dict) else None
    fields = known.get(kind) if isinstance(kind, str) else None
    if fields is None or not all(check(message.get(name)) for name, check in fields.items()):
        return None
    return dict(message)


async def open_socket(api: Api, path: str, *, is_proved: bool = False) -> ClientConnection:
    """A socket with the person's token and without an origin; a token that was refused is renewed once.
    Where `is_proved`, the device proves itself with it.

    Raises InvalidStatus when the site refuses all the same: it says so of a session that is over, too, so
    that alone does not mean that the sign-in has ended.
    """
    token = await api.access.token()
    try:
        return await _connect(api, path, token, is_proved=is_proved)
    except InvalidStatus as error:
        if error.response.status_code not in REFUSED:
            raise
    renewed = await api.access.token(other_than=token)
    return await _connect(api, path, renewed, is_proved=is_proved)


async def _connect(api: Api, path: str, token: str, *, is_proved: bool) -> ClientConnection:
    site = api.access.site
    proof = api.handshake(path, token) if is_proved else {}
    return await connect(
        f"{site.socket_address}{path}",
        additional_headers={"Authorization": f"Bearer {token}", **proof},
        user_agent_header=f"remotehelp-app/{VERSION}",
        ssl=site.tls if site.address.startswith("https") else None,
        max_size=_LARGEST,
        open_timeout=10,
        ping_interval=20,
        ping_timeout=20,
    )


class Signals:
    """Iterate over it for what the site and the other side say, while it is entered; it reconnects by itself.

    Ends when the session ended or was taken over, when `close` was called, and when the site refuses the
    socket although it can be reached: then the session's own page in the API says why.
    """

    def __init__(self, api: Api, session_id: str) -> None:
        self._api, self._path = api, f"/ws/sessions/{session_id}/"
        self._socket: ClientConnection | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        wait = _FIRST_WAIT
        while not self._is_closed:
            try:
                self._socket = await open_socket(self._api, self._path)
            except (OSError, TimeoutError, InvalidHandshake, ServerError) as error:
                if isinstance(error, SignInEndedError):
                    raise
                if isinstance(error, InvalidStatus) and error.response.status_code in REFUSED:
                    return
                log.info("the session's socket cannot be opened; trying again")
                await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 spreads, hides nothing
                wait = min(_LONGEST_WAIT, wait * 2)
                continue
            wait = _FIRST_WAIT
            with suppress(ConnectionClosed):
                async for text in self._socket:
                    if (message := read_message(text, HEARD)) is not None:
                        yield message
            if self._socket.close_code in (TAKEN_OVER, SIGNED_OUT) or self._has_ended():
                return

    @property
    def was_taken_over(self) -> bool:
        return self._socket is not None and self._socket.close_code == TAKEN_OVER

    def _has_ended(self) -> bool:
        """The site closes regularly only what has ended."""
        return self._socket is not None and self._socket.close_code == 1000

    async def send(self, message: dict[str, Any]) -> None:
        """Says it, if there is a connection; what got lost on the way the protocol makes good."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    async def close(self) -> None:
        self._is_closed = True
        if self._socket is not None:
            await self._socket.close()
