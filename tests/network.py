"""A network to fail on: what goes through it comes late, gets lost, queues before a narrow place, or is cut off.

A `Line` carries UDP to one address, a `Wire` TCP. Both do as their `Way` says at that moment, whose fields a test may
set at any time. They run on an event loop in a thread of their own.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Address = tuple[str, int]
_BUFFER = 4 << 20
_EARLIEST = 0.0005  # seconds that a datagram may leave early, rather than wait for a timer


@dataclass
class Way:
    """What the network does to both directions alike."""

    loss: float = 0.0  # the share of datagrams that vanish, each way
    trip: float = 0.0  # seconds there and back
    bits: float = float("inf")  # a second, through the narrowest place of either direction
    queue: float = 0.3  # seconds of waiting that fit in front of it; what comes on top is dropped
    is_cut: bool = False


@dataclass
class Direction:
    """One direction of one line: what came, in order, and when it is due at the other end."""

    way: Way
    dice: random.Random
    waiting: deque[tuple[float, bytes, Callable[[bytes], object]]] = field(default_factory=deque)
    free_at: float = 0.0
    timer: asyncio.TimerHandle | None = None
    came: int = 0  # bytes, the dropped ones too
    carried: int = 0

    def take(self, data: bytes, deliver: Callable[[bytes], object]) -> None:
        way, now = self.way, time.monotonic()
        self.came += len(data)
        if way.is_cut or self.dice.random() < way.loss:
            return
        starts_at = max(now, self.free_at)
        if starts_at - now > way.queue:
            return
        self.free_at = starts_at + len(data) * 8 / way.bits
        due = max(self.free_at + way.trip / 2, self.waiting[-1][0] if self.waiting else 0.0)
        self.waiting.append((due, data, deliver))
        self.deliver_due()

    def deliver_due(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now + _EARLIEST:
            _due, data, deliver = self.waiting.popleft()
            self.carried += len(data)
            deliver(data)
        if self.waiting:
            wait = self.waiting[0][0] - now
            self.timer = asyncio.get_running_loop().call_later(wait, self.deliver_due)


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, Address], None]) -> None:
        self.heard = heard
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        # A whole key frame arrives at once; what it loses is for the way to say, not for this machine.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard(data, addr)

    def send(self, data: bytes, address: Address | None = None) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, address)


class Line:
    """A UDP port that leads to another address. Each one who sends to it gets a port of their own there."""

    def __init__(self, to: Address, way: Way, seed: int = 1) -> None:
        self.way, self.port, self._to = way, 0, to
        dice = random.Random(seed)  # noqa: S311 the same losses in every run
        self.there, self.back = Direction(way, dice), Direction(way, dice)
        self._here = _Socket(self._came)
        self._far: dict[Address, _Socket] = {}
        self._early: dict[Address, list[bytes]] = {}
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self._here, local_addr=("0.0.0.0", 0)  # noqa: S104 of whatever interface the pair chose
        )  # fmt: skip
        self.port = transport.get_extra_info("sockname")[1]

    async def close(self) -> None:
        for task in self._opening:
            task.cancel()
        for end in (self._here, *self._far.values()):
            if end.transport is not None:
                end.transport.close()

    def _came(self, data: bytes, who: Address) -> None:
        if (far := self._far.get(who)) is not None:
            self.there.take(data, far.send)
            return
        self._early.setdefault(who, []).append(data)
        if len(self._early[who]) == 1:
            task = asyncio.ensure_future(self._reach(who))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _reach(self, who: Address) -> None:
        far = _Socket(
            lambda data, _from: self.back.take(data, lambda late: self._here.send(late, who))
        )
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: far, remote_addr=self._to)
        self._far[who] = far
        for data in self._early.pop(who):
            self.there.take(data, far.send)


class Wire:
    """A TCP port that leads to another. While the way is cut nothing passes, and nobody is told."""

    def __init__(self, to: Address, way: Way) -> None:
        self.way, self.port, self._to = way, 0, to
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for end in list(self._ends):
            end.transport.abort()  # `close` would wait for what nobody reads any more

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        self._ends |= ends
        try:
            await self._whole()
            far_reader, far_writer = await asyncio.open_connection(*self._to)
            ends.add(far_writer)
            self._ends |= ends
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # the end of it, in whatever way
        finally:
            self._ends -= ends
            for end in ends:
                end.close()

    async def _whole(self) -> None:
        while self.way.is_cut:  # noqa: ASYNC110 set from the test's own thread
            await asyncio.sleep(0.02)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._whole()
                await asyncio.sleep(self.way.trip / 2)
                writer.write(data)
                await writer.drain()
        writer.close()


class Network:
    """What runs on the loop of the thread. `line` and `wire` may be called from the test's own."""

    def __init__(self) -> None:
        self.way = Way()
        self._loop = asyncio.new_event_loop()
        self._parts: list[Line | Wire] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def line(self, to: Address) -> Line:
        """By UDP to that address."""
        line = Line(to, self.way)
        self._run(line.open())
        self._parts.append(line)
        return line

    def wire(self, to: Address) -> Wire:
        """By TCP to that address."""
        wire = Wire(to, self.way)
        self._run(wire.open())
        self._parts.append(wire)
        return wire

    async def _close(self) -> None:
        for part in self._parts:
            await part.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # in which the sockets of what was closed are closed, too

    def close(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextmanager
def network() -> Iterator[Network]:
    made = Network()
    try:
        yield made
    finally:
        made.close()
