"""Notices over a real message bus: shown, pressed, replaced, withdrawn; and a desktop that has none."""

from __future__ import annotations

import asyncio
import functools
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.linux.notifications import DBusNotifier

from tests.browser.conftest import until
from tests.desktop.desk import HERE, Notices, message_bus

pytestmark = pytest.mark.desktop

HOSTILE = '<b>Eve</b> & <a href="http://evil.example">co</a>'


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with message_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def serve(bus: str, tmp_path: Path) -> Iterator[object]:
    """A notification service with these abilities."""
    with ExitStack() as stack:

        def start(*abilities: str) -> Notices:
            log = tmp_path / "notices.jsonl"
            out = stack.enter_context(log.open("ab"))
            process = subprocess.Popen(
                ["/usr/bin/python3", str(HERE / "notices.py"), *abilities],
                stdin=subprocess.PIPE, stdout=out, stderr=out, text=True,
            )  # fmt: skip
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            made = Notices(log, person=process)
            until(lambda: made.events("ready"), "the service is there")
            return made

        yield start


def on_a_loop_of_its_own(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """In another thread: the helper's browser, if this process has one, keeps a loop running in this one."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, test(**fixtures)).result(60)

    return run


async def waited(condition) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


@on_a_loop_of_its_own
async def test_a_notice_is_shown_replaced_pressed_and_withdrawn(serve):
    notices = serve("body", "actions")
    notifier, pressed = DBusNotifier(), []
    await notifier.show("a", "One", "first", lambda: pressed.append("a"))
    await notifier.show("b", "Two", "second", lambda: pressed.append("b"))
    await notifier.show("a", "One", "again", lambda: pressed.append("a again"))
    first, second, again = notices.events("shown")
    assert (first["title"], first["text"], first["hints"]["urgency"]) == ("One", "first", 2)
    assert first["number"] == again["number"] != second["number"]

    notices.press(again["number"])
    await waited(lambda: pressed)
    assert pressed == ["a again"]
    # Pressed, it is gone, so there is nothing to withdraw.
    await notifier.withdraw("a")
    await notifier.withdraw("nothing")
    await notifier.close()
    assert [event["number"] for event in notices.events("closed")] == [second["number"]]


@pytest.mark.parametrize("reads_markup", [True, False])
@on_a_loop_of_its_own
async def test_a_name_is_never_read_as_markup(serve, reads_markup):
    notices = serve("body", *(["body-markup"] if reads_markup else []))
    notifier = DBusNotifier()
    await notifier.show("a", HOSTILE, HOSTILE + "x" * 1000, lambda: None)
    (shown,) = notices.events("shown")
    assert shown["title"] == HOSTILE, "a title is plain by the specification"
    assert ("<b>" in shown["text"]) is not reads_markup
    assert len(shown["text"]) < 600
    await notifier.close()


@on_a_loop_of_its_own
async def test_without_a_service_it_says_so_in_time(bus):
    notifier = DBusNotifier()
    with pytest.raises(UnavailableError):
        await notifier.show("a", "One", "text", lambda: None)
    await notifier.close()


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "nonsense"])
@on_a_loop_of_its_own
async def test_without_a_bus_it_says_so(monkeypatch, address):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(UnavailableError):
        await DBusNotifier().check()


@on_a_loop_of_its_own
async def test_a_service_that_comes_later_is_found(serve, bus):
    notifier = DBusNotifier()
    with pytest.raises(UnavailableError):
        await notifier.check()
    notices = serve("body")
    await notifier.show("a", "One", "text", lambda: None)
    assert notices.events("shown")
    await notifier.close()
