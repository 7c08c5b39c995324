"""Sockets as browsers open them, over the site's real ASGI application.

The application runs in an event loop of its own thread, so that a test reads as a plain story: open, say, hear.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from channels.testing import WebsocketCommunicator
from django.test import Client

from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from apps.tenants.models import User
from remotehelp_site.asgi import application

PATIENCE = 15
ORIGIN = "http://testserver"

OFFER = {"type": "offer", "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n", "attempt": 1}
ANSWER = {"type": "answer", "sdp": "v=0\r\no=- 3 4 IN IP4 127.0.0.1\r\n", "attempt": 1}
CANDIDATE = {
    "type": "candidate",
    "candidate": {"candidate": "candidate:1 1 udp 1 127.0.0.1 9", "sdpMid": "0"},
    "attempt": 1,
}


class Socket:
    """One browser tab's socket: what it says, and what it hears, in order."""

    def __init__(self, wire: Wire, communicator: WebsocketCommunicator) -> None:
        self._wire, self._communicator = wire, communicator
        self.close_code: int | None = None
        self.is_open = False

    def open(self) -> bool:
        """Whether the server accepted; otherwise `close_code` says how it refused."""
        accepted: bool
        accepted, code = self._wire.run(self._communicator.connect(timeout=PATIENCE))
        self.is_open = accepted
        if not accepted:
            self.close_code = code
        return accepted

    def say(self, message: Any) -> None:
        self.say_text(json.dumps(message))

    def say_text(self, text: str) -> None:
        self._send({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._send({"type": "websocket.receive", "bytes": data})

    def _send(self, frame: dict[str, Any]) -> None:
        self._wire.run(self._communicator.send_input(frame))

    def hear_text(self) -> str:
        """The next message, byte for byte."""
        frame = self._next()
        assert frame["type"] == "websocket.send", f"the socket was closed: {frame}"
        return str(frame["text"])

    def hear(self) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(self.hear_text())
        return message

    def hear_close(self) -> int:
        """The code with which the server closes, which has to be the next thing that it does."""
        frame = self._next()
        assert frame["type"] == "websocket.close", f"the socket is open and heard {frame}"
        self.close_code = frame.get("code", 1000)
        self._part(self.close_code)
        return self.close_code

    def hear_close_after(self, word: str) -> int:
        """The code with which the server closes after it said why, which has to be the next thing that it says."""
        assert self.hear() == {"type": "refused", "code": word}
        return self.hear_close()

    def hang_up(self, code: int = 1001) -> None:
        """The browser goes away; returns when the server has taken note."""
        if self.is_open:
            self._part(code)

    def _part(self, code: int) -> None:
        self.is_open = False
        self._wire.run(self._communicator.disconnect(code=code, timeout=PATIENCE))

    def _next(self) -> dict[str, Any]:
        frame: dict[str, Any] = self._wire.run(self._communicator.receive_output(PATIENCE))
        return frame


class Wire:
    """Opens sockets. `close` hangs all of them up and stops the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._sockets: list[Socket] = []

    def run(self, awaitable: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(awaitable, self._loop)
        return future.result(PATIENCE * 2)

    def knock(
        self,
        person: User | None,
        session: HelpSession | uuid.UUID | str,
        *,
        origin: str | None = ORIGIN,
        headers: list[tuple[bytes, bytes]] | None = None,
    ) -> Socket:
        """A socket that has not been opened yet, with the cookie of a real sign-in."""
        if isinstance(session, str):
            path = session
        else:
            pk = session.pk if isinstance(session, HelpSession) else session
            path = f"/ws/sessions/{pk}/"
        if headers is None:
            headers = headers_of(person, origin=origin)
        socket = Socket(self, WebsocketCommunicator(application, path, headers=headers))
        self._sockets.append(socket)
        return socket

    def join(self, person: User, session: HelpSession) -> Socket:
        """An open socket whose greeting was heard."""
        socket, _ = self.greet(person, session)
        return socket

    def greet(self, person: User, session: HelpSession) -> tuple[Socket, dict[str, Any]]:
        """An open socket, and what it was told first."""
        socket = self.knock(person, session)
        assert socket.open(), f"refused with {socket.close_code}"
        greeting = socket.hear()
        assert greeting["type"] == "session.joined"
        return socket, greeting

    def join_both(self, session: HelpSession) -> tuple[Socket, Socket]:
        """The helper's and the sharer's socket, each told that the other one is there."""
        assert session.sharer is not None
        helper = self.join(session.helper, session)
        sharer, greeting = self.greet(session.sharer, session)
        assert greeting["is_peer_here"] is True
        assert helper.hear() == {"type": "peer.joined"}
        return helper, sharer

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what no socket says."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"

    def close(self) -> None:
        for socket in self._sockets:
            socket.hang_up()
        self.run(self._stop_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _stop_tasks(self) -> None:
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def cookie_of(person: User) -> str:
    """The session cookie of a browser in which that person has signed in."""
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def headers_of(person: User | None, *, origin: str | None = ORIGIN) -> list[tuple[bytes, bytes]]:
    """What a browser sends when it opens a socket."""
    headers = [(b"host", b"testserver")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if person is not None:
        headers.append((b"cookie", f"sessionid={cookie_of(person)}".encode()))
    return headers


def beat(session: HelpSession) -> None:
    """What the heartbeat of a living process does, at the moment that the test's clock shows."""
    row = HelpSession.objects.get(pk=session.pk)
    services.touch_presence({Side.HELPER: [row.helper_channel], Side.SHARER: [row.sharer_channel]})
