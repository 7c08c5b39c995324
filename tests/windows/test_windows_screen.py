"""What the screen's thread knows of a Windows desktop: pixels, monitors, pointer, prompts."""

from __future__ import annotations

from contextlib import closing

import pytest
from Xlib import display as xdisplay

from tests.browser.conftest import until
from tests.browser.marker import Marker
from tests.windows.machine import RefusedError

pytestmark = pytest.mark.windows


def test_both_monitors_are_found_with_their_places(parts):
    found = parts.ask("monitors")
    assert [(m["x"], m["y"], m["width"], m["height"], m["is_primary"]) for m in found] == [
        (0, 0, 1280, 800, True),
        (1280, 0, 1024, 768, False),
    ]
    assert [m["id"] for m in found] == ["windows:DISPLAY1", "windows:DISPLAY2"]
    assert all(m["name"] for m in found)
    assert not parts.ask("has_new_shape")


@pytest.mark.parametrize("from_right", [1324, 300])
def test_a_change_is_told_and_its_pixels_are_read_on_either_monitor(wide_pc, parts, from_right):
    marker = Marker(wide_pc.display, from_right=from_right, y=100, edge=200)
    with closing(marker):
        x, y = marker.centre
        parts.ask("grab", x=x - 50, y=y - 50, width=100, height=100)
        until(lambda: not parts.ask("wait", seconds=0.2), "the desktop is at rest")
        marker.colour(10, 200, 30)
        until(lambda: parts.ask("wait", seconds=0.5), "the change is told")
        until(lambda: parts.ask("pixel", x=x, y=y) == [10, 200, 30], lambda: str(parts.ask("pixel", x=x, y=y)))  # fmt: skip


def test_a_row_has_as_many_bytes_as_its_pixels(parts):
    assert parts.ask("grab", x=7, y=9, width=102, height=50) == 408


def test_an_area_beyond_the_screen_is_refused(parts):
    with pytest.raises(RefusedError):
        parts.ask("grab", x=2000, y=0, width=1280, height=800)
    parts.ask("grab", x=0, y=0, width=1280, height=800)


def test_the_pointer_has_a_place_on_either_monitor(wide_pc, parts):
    look = xdisplay.Display(wide_pc.display)
    with closing(look):
        for place in ((200, 150), (1500, 400)):
            look.screen().root.warp_pointer(*place)
            look.sync()
            until(lambda: parts.ask("pointer") == list(place), lambda: str(parts.ask("pointer")))  # noqa: B023


def test_the_pointer_has_a_shape_of_every_kind(wide_pc, parts):
    target = wide_pc.program("target")
    with closing(target):
        target.ask("show", name="Target", place=[0, 0, 1280, 800])
        parts.ask("move", x=640, y=400)
        shapes = {}

        def is_another(kind):
            def look():
                found = parts.ask("cursor")
                return found is not None and shapes.update({kind: found}) is None

            return look

        for kind in ("none", "arrow", "text", "turning", "none"):
            target.ask("cursor", kind=kind)
            until(is_another(kind), f"the cursor changes to {kind}")
    for kind in ("arrow", "text"):
        shape = shapes[kind]
        assert 0 < shape["clear"] < shape["width"] * shape["height"]
        assert shape["rgba"] == shape["width"] * shape["height"] * 4
        assert 0 <= shape["x"] < shape["width"]
        assert 0 <= shape["y"] < shape["height"]
    turning = shapes["turning"]
    assert (turning["width"], turning["height"], turning["x"], turning["y"]) == (32, 32, 5, 6)
    assert turning["clear"] == 32 * 16
    assert shapes["none"]["width"] == 0


def test_a_window_of_windows_own_prompt_is_hidden_and_another_is_not(wide_pc, parts):
    ordinary = wide_pc.program("target")
    with closing(ordinary):
        ordinary.ask("show", name="Target", place=[50, 50, 300, 200])
        assert parts.ask("prompts") == []
        prompt = wide_pc.program("target", called="consent.exe")
        with closing(prompt):
            prompt.ask("show", name="Question", place=[400, 300, 200, 100])
            parts.ask("pixel", x=450, y=350)
            found = parts.ask("hidden")
            assert found == parts.ask("prompts")
            assert [(a["x"], a["y"], a["width"], a["height"]) for a in found] == [(396, 296, 208, 108)]  # fmt: skip
        until(lambda: parts.ask("prompts") == [], "the prompt is gone")
        # What went while the picture was read may be in it.
        assert len(parts.ask("hidden")) == 1
        parts.ask("pixel", x=450, y=350)
        assert parts.ask("hidden") == []


def test_a_window_that_says_it_is_a_prompt_is_hidden(wide_pc, parts):
    prompt = wide_pc.program("target")
    with closing(prompt):
        prompt.ask("show", name="Credential Dialog Xaml Host", place=[10, 10, 100, 100])
        assert len(parts.ask("prompts")) == 1


def test_nothing_is_read_of_the_secure_desktop(wide_pc, parts):
    """With a stand-in for it: Wine has none."""
    marker = Marker(wide_pc.display, from_right=2304, y=0, edge=200)
    with closing(marker):
        marker.colour(10, 200, 30)
        until(lambda: parts.ask("pixel", x=50, y=50) == [10, 200, 30], "the marker is read")
        parts.ask("secure", is_there=True)
        try:
            assert parts.ask("pixel", x=50, y=50) == [0x50, 0x50, 0x50]
            whole = {"x": 0, "y": 0, "width": 2304, "height": 800}
            assert parts.ask("prompts") == parts.ask("hidden") == [whole]
        finally:
            parts.ask("secure", is_there=False)
        assert parts.ask("pixel", x=50, y=50) == [10, 200, 30]
