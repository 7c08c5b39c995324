"""What the screen's thread knows of a real X server: pixels, monitors, pointer, prompts."""

from __future__ import annotations

import ctypes
import subprocess
import threading
from contextlib import closing

import pytest
from remotehelp_app.platform.interfaces import Area, UnavailableError
from remotehelp_app.platform.x11.desktop import X11Desktop
from remotehelp_app.platform.x11.input import X11Input
from remotehelp_app.platform.x11.local_use import X11LocalUse

from tests.browser.conftest import until
from tests.browser.marker import Marker

pytestmark = pytest.mark.desktop


@pytest.fixture
def screen(device):
    with closing(X11Desktop(device.display)) as made:
        yield made


def test_a_change_is_told_and_its_pixels_are_read(device, screen):
    until(lambda: not screen.wait(0.2), "the desktop is at rest")
    marker = Marker(device.display, from_right=300, y=100, edge=200)
    with closing(marker):
        marker.colour(10, 200, 30)
        until(lambda: screen.wait(0.2), "the change is told")
        x, y = marker.centre
        address, stride = screen.grab(Area(x, y, 2, 2))
        assert stride >= 8
        assert ctypes.string_at(address, 3) == bytes([30, 200, 10])


def test_an_area_beyond_the_screen_is_refused(screen):
    with pytest.raises(UnavailableError):
        screen.grab(Area(1000, 0, 1280, 800))
    screen.grab(Area(0, 0, 1280, 800))


def test_monitors_that_come_and_go_are_noticed(device, screen):
    assert [(m.width, m.height) for m in screen.monitors()] == [(1280, 800)]
    device.split("L 640/170x800/210+0+0", "R 640/170x800/210+640+0")
    until(screen.has_new_shape, "the new monitors are noticed")
    assert [(m.name, m.x, m.width) for m in screen.monitors()] == [("L", 0, 640), ("R", 640, 640)]
    device.xrandr("--delmonitor", "R")
    until(screen.has_new_shape, "the unplugged monitor is noticed")
    assert [m.name for m in screen.monitors()] == ["L"]


def test_the_pointer_has_a_shape_and_a_place(device, screen):
    shape = screen.cursor()
    assert shape is not None
    assert len(shape.rgba) == shape.width * shape.height * 4 > 0
    assert screen.cursor() is None
    with closing(X11Input(device.display)) as hands:
        hands.move(321, 654)
    until(lambda: screen.pointer() == (321, 654), "the pointer is there")


def test_a_prompt_is_known_from_the_first_picture_that_could_show_it(device, screen):
    """The picture with the prompt in it is compared with what was hidden in that very picture."""
    device.start("xterm", "-class", "Pinentry-gtk-2", "-geometry", "60x12+300+300", "-bg", "#00ff00", "-fg", "#00ff00")  # fmt: skip
    seen = []

    def look():
        address, stride = screen.grab(Area(0, 0, 1280, 800))
        pixels = ctypes.string_at(address, stride * 800)
        hidden = screen.hidden()
        for x, y in ((420, 400), (350, 340)):
            if pixels[y * stride + x * 4 : y * stride + x * 4 + 3] == bytes([0, 255, 0]):
                covered = any(
                    a.x <= x < a.x + a.width and a.y <= y < a.y + a.height for a in hidden
                )
                seen.append(covered)
        return len(seen) > 40

    until(look, "the prompt is in the picture")
    assert all(seen)


def test_other_windows_are_no_prompts(device, screen):
    device.start("xterm", "-geometry", "40x10+100+100")
    window = device.target(700, 500, 100, 100)
    assert window.events("ready")
    until(lambda: not screen.prompts(), "ordinary windows are told apart")


def test_a_real_pinentry_is_a_prompt_until_it_is_gone(device, screen):
    process = subprocess.Popen(
        ["pinentry-gtk-2", "--display", device.display],
        env=device.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    with process.stdin:
        process.stdin.write(b"SETDESC Your passphrase\nGETPIN\n")
        process.stdin.flush()
        until(screen.prompts, "the prompt is known")
        process.kill()
    process.wait(10)
    until(lambda: not screen.prompts(), "the prompt is gone")


def test_injected_input_is_not_taken_for_the_persons_own(device):
    """Xephyr has a mouse of its own: the pointer of the X server that it is a window of."""
    inner = device.start(
        "Xephyr", ":4501", "-screen", "400x300", "-nolisten", "tcp", log="xephyr.log"
    )
    used, lost = [], threading.Event()

    def connected():
        assert inner.poll() is None, (device.folder / "xephyr.log").read_text()
        try:
            return X11Input(":4501")
        except UnavailableError:
            return None

    hands = until(connected, "the inner server is there")
    watch = X11LocalUse(":4501")
    watch.start(lambda: used.append(1), lost.set)
    try:
        with closing(hands), closing(X11Input(device.display)) as outer:
            for place in range(20):
                hands.move(10 + place, 10)
            hands.key("KeyA", "a", is_down=True, modifiers=0)
            hands.key("KeyA", "a", is_down=False, modifiers=0)
            assert used == []

            def moves():
                for place in range(0, 1280, 40):
                    outer.move(place, place * 800 // 1280)
                return used

            until(moves, "real use is told")
        # When it cannot be seen any more, that is told too: input stays off then.
        assert not lost.is_set()
        inner.terminate()
        assert lost.wait(20)
    finally:
        watch.stop()
