"""What the whole suite shares. The people are in `people.py`, how things are made in `factories.py`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from channels.layers import channel_layers, get_channel_layer
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker

pytest_plugins = ["tests.people"]

_MARK = "test.mark"
_PATIENCE = 10


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """As pytest-django sets it up; at the end nothing keeps PostgreSQL from dropping the suite's database.

    The threads that sockets share keep their connections for as long as the process lives.
    """
    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class Ear:
    """One live channel of the real layer, read in a loop of its own, as a socket in another process would."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heard: list[dict[str, Any]] = []
        self._marked = threading.Event()
        ready = asyncio.run_coroutine_threadsafe(self._open(), loop)
        self.channel: str = ready.result(_PATIENCE)
        self._reader = asyncio.run_coroutine_threadsafe(self._read(), loop)

    async def _open(self) -> str:
        layer = get_channel_layer()
        assert layer is not None
        return str(await layer.new_channel())

    async def _read(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        while True:
            message = await layer.receive(self.channel)
            if message["type"] == _MARK:
                self._marked.set()
            else:
                self._heard.append(message)

    def heard(self) -> list[dict[str, Any]]:
        """All that reached the channel since the last call. A mark sent behind it says when that is all."""
        layer = get_channel_layer()
        assert layer is not None
        self._marked.clear()
        async_to_sync(layer.send)(self.channel, {"type": _MARK})
        assert self._marked.wait(_PATIENCE), "the channel layer lost a message"
        heard, self._heard = self._heard, []
        return heard

    def types(self) -> list[str]:
        return [message["type"] for message in self.heard()]

    def close(self) -> None:
        self._reader.cancel()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock stands still, at the present moment, until the test moves it: `clock.shift(timedelta)`."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ears() -> Iterator[Callable[[], Ear]]:
    """Make channels that hear what the sides of a session are told: `ear = ears()`, `ear.channel`, `ear.heard()`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made: list[Ear] = []

    def make() -> Ear:
        made.append(Ear(loop))
        return made[-1]

    yield make

    async def stop() -> None:
        tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(_PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_PATIENCE)
    loop.close()


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """No channel and no cached answer of one test is there in the next."""
    yield
    channel_layers.backends.clear()
    cache.clear()
