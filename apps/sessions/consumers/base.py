"""What every socket of the product has in common: its limits, its refusals, and cheap dispatch."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import orjson
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from apps.sessions import messages

# Close codes of our own (RFC 6455, 7.4.2 leaves 4000-4999 to applications).
TAKEN_OVER = 4001
BAD_MESSAGE = 4400
SIGNED_OUT = 4401
SHUT_OUT = 4403
TOO_FAST = 4429
UNSUPPORTED_DATA = 1003
TOO_BIG = 1009


class Allowance:
    """A token bucket: `burst` messages at once, then `rate` a second."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, burst: int, rate: float) -> None:
        self.burst, self.rate = burst, rate
        self._tokens, self._at = float(burst), time.monotonic()

    def take(self) -> bool:
        at = time.monotonic()
        self._tokens = min(self.burst, self._tokens + (at - self._at) * self.rate)
        self._at = at
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class ProductConsumer(AsyncWebsocketConsumer):
    """A socket on which only messages of a closed set come in, at a limited rate; anything else ends it."""

    KNOWN: ClassVar[dict[str, dict[str, messages.Check]]] = messages.KNOWN
    LIMIT: ClassVar[int] = messages.LIMIT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_refused = False
        self.allowance = Allowance(
            burst=settings.REMOTEHELP_SOCKET_BURST, rate=settings.REMOTEHELP_SOCKET_RATE
        )

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but without its look at old database connections before each event.

        That look is a trip to the one thread that all sockets share, twice for each signal. Here whatever
        asks the database goes through `database_sync_to_async`, which does the same when it is needed.
        """
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"no handler for {message['type']}")
        await handler(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_refused:
            return  # what was under way behind the message that ended the socket
        if text_data is None:
            await self.refuse("binary", UNSUPPORTED_DATA)
            return
        if not self.allowance.take():
            await self.refuse("too_fast", TOO_FAST)
            return
        try:
            message = messages.parse(text_data, self.KNOWN, limit=self.LIMIT)
        except messages.BadMessageError as error:
            word = str(error)
            await self.refuse(word, TOO_BIG if word == "too_large" else BAD_MESSAGE)
            return
        await self.hear(message, text_data)

    async def hear(self, message: dict[str, Any], text: str) -> None:
        """A message of the closed set, and how it was written."""
        raise NotImplementedError

    async def signed_out(self) -> None:
        """The sign-in that opened this socket stands no more; its side finds its way to sign in anew."""
        await self.refuse("signed_out", SIGNED_OUT)

    async def refuse(self, word: str, close_code: int) -> None:
        """Say what was wrong, then end the socket; the page may connect anew."""
        self.is_refused = True
        await self.send_json({"type": "refused", "code": word})
        await self.close(close_code)

    async def send_json(self, message: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(message).decode())
