"""The load on a relay: browsers' sockets, in a process of their own."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.processes import allow_open_files, cpu_seconds

AT_ONCE = 20
CANDIDATE = json.dumps(
    {
        "type": "candidate",
        "candidate": {
            "candidate": "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr "
            "192.0.2.10 rport 46154 generation 0 ufrag 4ZcD network-id 1 network-cost 50",
            "sdpMid": "0",
            "sdpMLineIndex": 0,
            "usernameFragment": "4ZcD",
        },
        "attempt": 1,
    }
)


@dataclass(frozen=True)
class Seat:
    """Where a socket connects, and with which headers."""

    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Result:
    messages: int
    cpu: float
    wall: float

    @property
    def microseconds(self) -> float:
        """CPU of the server for each relayed message."""
        return self.cpu / self.messages * 1e6


class _Group:
    """The sockets to one server: pairs that talk, and others that only stay."""

    def __init__(self) -> None:
        self.talking: list[ClientConnection] = []
        self.idle: list[ClientConnection] = []
        self.readers: list[asyncio.Task[None]] = []
        self.is_on = False
        self.heard = 0

    async def read(self, socket: ClientConnection) -> None:
        """Answer each relayed message with one, while the measurement runs."""
        async for text in socket:
            if text == CANDIDATE:
                self.heard += 1
                if self.is_on:
                    await socket.send(CANDIDATE)

    async def talk(self, pid: int, seconds: float) -> Result:
        """One message is under way in each direction of each pair, for that long."""
        self.heard, self.is_on = 0, True
        cpu, wall = cpu_seconds(pid), time.perf_counter()
        for socket in self.talking:
            await socket.send(CANDIDATE)
        await asyncio.sleep(seconds)
        result = Result(self.heard, cpu_seconds(pid) - cpu, time.perf_counter() - wall)
        self.is_on = False
        before = -1
        while before != self.heard:  # until what is under way has arrived
            before = self.heard
            await asyncio.sleep(0.2)
        if dead := [s for s in self.talking + self.idle if s.close_code is not None]:
            raise RuntimeError(f"{len(dead)} sockets were closed, with {dead[0].close_code}")
        return result


async def _open(seats: list[Seat]) -> list[ClientConnection]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(seat: Seat) -> ClientConnection:
        async with gate:
            socket = await connect(
                seat.url,
                additional_headers=seat.headers,
                compression=None,
                ping_interval=None,
                open_timeout=60,
                close_timeout=1,
            )
            greeting = json.loads(await socket.recv())
            if greeting["type"] != "session.joined":
                raise RuntimeError(f"greeted with {greeting}")
            return socket

    return await asyncio.gather(*(one(seat) for seat in seats))


async def _obey(orders: Connection) -> None:
    groups: dict[str, _Group] = {}
    loop = asyncio.get_running_loop()
    while (order := await loop.run_in_executor(None, orders.recv)) is not None:
        verb, name, *rest = order
        group = groups.setdefault(name, _Group())
        answer: Any = None
        try:
            if verb == "open":
                group.talking = await _open(rest[0])
                group.readers = [asyncio.create_task(group.read(s)) for s in group.talking]
            elif verb == "idle":
                group.idle = await _open(rest[0])
            else:
                answer = await group.talk(*rest)
        except Exception as error:  # noqa: BLE001  # told to the one who gave the order
            answer = error
        orders.send(answer)


def _main(orders: Connection) -> None:
    allow_open_files(20_000)
    asyncio.run(_obey(orders))


class Load:
    """The process with the sockets, from the side that gives the orders."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs,), daemon=True)
        self._process.start()

    def open(self, name: str, seats: list[Seat]) -> None:
        self._order("open", name, seats)

    def idle(self, name: str, seats: list[Seat]) -> None:
        self._order("idle", name, seats)

    def talk(self, name: str, pid: int, seconds: float) -> Result:
        result: Result = self._order("talk", name, pid, seconds)
        return result

    def _order(self, *order: Any) -> Any:
        self._orders.send(order)
        answer = self._orders.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.join()
