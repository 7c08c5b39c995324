"""What the screen's thread sends: each change at once, then the same picture sharper, and never a prompt too long."""

from __future__ import annotations

import ctypes
import queue
import random
import threading
from collections.abc import Iterator
from typing import Any

import av
import pytest
from remotehelp_app.media.screen import Listener, Screen
from remotehelp_app.platform.interfaces import Area, Cursor, Monitor

WIDTH, HEIGHT = 320, 240
PROMPT = Area(96, 96, 64, 64)
SHARP = 1.6  # mean squared error; 46 dB
PATIENCE = 10


class FakeDesktop:
    """Grey noise, and a white prompt in it. Nothing changes until `change`."""

    def __init__(self) -> None:
        self.reads = 0
        self._has_changed = self._is_awake = False
        self._bell = threading.Condition()
        self.change(1)

    def change(self, seed: int) -> None:
        noise = random.Random(seed)  # noqa: S311 a picture
        greys = [noise.choice((40, 200)) for _pixel in range(WIDTH * HEIGHT)]
        for y in range(PROMPT.y, PROMPT.y + PROMPT.height):
            greys[y * WIDTH + PROMPT.x : y * WIDTH + PROMPT.x + PROMPT.width] = [255] * PROMPT.width
        self.greys = greys
        with self._bell:
            self._has_changed = True
            self._bell.notify_all()

    def wake(self) -> None:
        with self._bell:
            self._is_awake = True
            self._bell.notify_all()

    def wait(self, seconds: float) -> bool:
        with self._bell:
            self._bell.wait_for(lambda: self._has_changed or self._is_awake, seconds)
            found, self._has_changed, self._is_awake = self._has_changed, False, False
            return found

    def grab(self, _area: Area) -> tuple[int, int]:
        self.reads += 1
        self._pixels = ctypes.create_string_buffer(bytes(g for g in self.greys for _part in "BGRx"))
        return ctypes.addressof(self._pixels), WIDTH * 4

    def has_new_shape(self) -> bool:
        return False

    def monitors(self) -> list[Monitor]:
        return [Monitor("a", "A", 0, 0, WIDTH, HEIGHT, is_primary=True)]

    def hidden(self) -> list[Area]:
        return [PROMPT]

    def prompts(self) -> list[Area]:
        return [PROMPT]

    def cursor(self) -> Cursor | None:
        return None

    def pointer(self) -> tuple[int, int]:
        return (0, 0)

    def close(self) -> None: ...


class Shown:
    """What a helper would see."""

    def __init__(self, desktop: FakeDesktop) -> None:
        self.desktop = desktop
        self.packets: queue.Queue[Any] = queue.Queue()
        self.decoder = av.CodecContext.create("h264", "r")

        def ignore(*_told: Any) -> None: ...

        listener = Listener(self.packets.put, ignore, ignore, ignore, ignore, ignore)
        self.screen = Screen(lambda: desktop, listener)

    def next(self) -> Any:
        """The next frame as it is decoded, with its packet beside it."""
        packet = self.packets.get(timeout=PATIENCE)
        self.screen.sent()
        plane = self.decoder.decode(packet)[0].planes[0]
        data = bytes(plane)
        self.luma = [data[y * plane.line_size :][:WIDTH] for y in range(HEIGHT)]
        return packet

    def error(self) -> float:
        """Against the screen as it is now, but for the prompt and its edge."""
        sums = [
            (self.luma[y][x] - (16 + self.desktop.greys[y * WIDTH + x] * 219 / 255)) ** 2
            for y in range(HEIGHT)
            for x in range(WIDTH)
            if y < PROMPT.y - 8 or y > PROMPT.y + PROMPT.height + 8
        ]
        return sum(sums) / len(sums)

    def prompt(self) -> int:
        """How light the middle of the prompt is."""
        return self.luma[PROMPT.y + PROMPT.height // 2][PROMPT.x + PROMPT.width // 2]

    def until_sharp(self) -> int:
        frames = 1
        while self.error() > SHARP:
            self.next()
            frames += 1
            assert frames < 200, "it never gets sharp"
        return frames


@pytest.fixture
def shown() -> Iterator[Shown]:
    found = Shown(FakeDesktop())
    found.screen.start()
    try:
        yield found
    finally:
        found.screen.stop()
        found.screen.join(5)


def test_a_change_is_shown_at_once_and_then_made_sharp_without_reading_the_screen_again(shown):
    shown.next()
    shown.until_sharp()
    read = shown.desktop.reads
    shown.desktop.change(2)
    packet = shown.next()
    assert not packet.is_keyframe
    blurred = shown.error()
    assert shown.until_sharp() > 1
    assert blurred > SHARP
    assert shown.desktop.reads == read + 1


def test_a_prompt_is_shown_and_hidden_again_at_once_though_nothing_changes(shown):
    shown.next()
    assert shown.prompt() < 100
    shown.until_sharp()
    for may, is_it in ((True, lambda light: light > 200), (False, lambda light: light < 100)):
        shown.screen.show_prompts(may=may)
        frames = 0
        while not is_it(shown.prompt()):
            packet = shown.next()
            frames += 1
            assert frames < 5
        assert packet.is_keyframe
        shown.until_sharp()
        assert is_it(shown.prompt())
