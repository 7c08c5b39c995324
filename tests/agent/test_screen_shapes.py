"""Monitors that come, go, or have no size for a moment: the picture is only ever of what can be shown."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from remotehelp_app.media.screen import ALL, Listener, Screen, View
from remotehelp_app.platform.interfaces import Area, Cursor, Monitor

NOTHING = [Monitor("a", "A", 0, 0, 0, 0)]
A_LINE = [Monitor("a", "A", 0, 0, 1280, 1)]
ONE = [Monitor("a", "A", 0, 0, 1280, 800, is_primary=True)]
TWO = [*ONE, Monitor("b", "B", 1280, 0, 641, 601)]


class FakeDesktop:
    """One shape of the desktop after the other, one at each look."""

    def __init__(self, *shapes: list[Monitor]) -> None:
        self.shapes = list(shapes)
        self.is_through = threading.Event()

    def has_new_shape(self) -> bool:
        return True

    def monitors(self) -> list[Monitor]:
        if len(self.shapes) == 1:
            self.is_through.set()
            return self.shapes[0]
        return self.shapes.pop(0)

    def wait(self, _seconds: float) -> bool:
        return False

    def wake(self) -> None: ...

    def grab(self, _area: Area) -> tuple[int, int]:
        raise AssertionError("nothing is read while the screen is paused")

    def hidden(self) -> list[Area]:
        return []

    def prompts(self) -> list[Area]:
        return []

    def cursor(self) -> Cursor | None:
        return None

    def pointer(self) -> tuple[int, int]:
        return (0, 0)

    def close(self) -> None: ...


def views(desktop: FakeDesktop, shown: str | None = None) -> list[View]:
    """What the helper is told of these shapes."""
    found: list[View] = []
    failed: list[str] = []

    def ignore(*_told: Any) -> None: ...

    screen = Screen(
        lambda: desktop, Listener(ignore, found.append, ignore, ignore, failed.append, ignore)
    )
    screen.pause(is_paused=True)
    if shown is not None:
        screen.show(shown)
    screen.start()
    try:
        assert desktop.is_through.wait(5)
    finally:
        screen.stop()
        screen.join(5)
    assert failed == []
    return found


@pytest.mark.parametrize("broken", [NOTHING, A_LINE])
def test_a_monitor_without_a_size_is_waited_for(broken: list[Monitor]) -> None:
    found = views(FakeDesktop(broken, ONE, broken, TWO, TWO))
    assert [v.area for v in found] == [Area(0, 0, 1280, 800)] * 2
    assert [v.number for v in found] == [1, 2]


def test_a_monitor_that_is_unplugged_is_left_for_all_the_others() -> None:
    found = views(FakeDesktop(TWO, ONE, ONE), "b")
    assert [(v.shown, v.area) for v in found] == [
        ("b", Area(1280, 0, 640, 600)),
        (ALL, Area(0, 0, 1280, 800)),
    ]


def test_one_that_never_was_there_shows_all() -> None:
    (found,) = views(FakeDesktop(TWO, TWO), "no such monitor")
    assert (found.shown, found.area) == (ALL, Area(0, 0, 1920, 800))
