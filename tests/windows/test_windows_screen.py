"""What the screen's thread knows of a Windows desktop: pixels, monitors, pointer, prompts."""

from __future__ import annotations

from contextlib import closing

import pytest

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
    with wide_pc.at_the_screen() as look:
        for place in ((200, 150), (1500, 400)):
            look.screen().root.warp_pointer(*place)
            look.sync()
            until(lambda: parts.ask("pointer") == list(place), lambda: str(parts.ask("pointer")))  # noqa: B023


def test_clicks_arrive_to_the_pixel_on_both_monitors(wide_pc, parts):
    """A window for each: Wine gives one that spans both to one of them only."""
    windows = [([100, 100, 1100, 600], [(100, 100), (1199, 699), (640, 400)])]
    windows += [([1300, 50, 1000, 700], [(1300, 50), (2299, 749), (1800, 333)])]
    for place, points in windows:
        with closing(wide_pc.program("target")) as target:
            target.ask("show", name="Target", place=place)
            for count, (x, y) in enumerate(points, 1):
                until(lambda: pointed_at(parts, x, y), "the pointer is there")  # noqa: B023
                parts.ask("button", button=0, is_down=True)
                parts.ask("button", button=0, is_down=False)
                until(lambda: len(clicks(target, "up")) == count, "the click arrives")  # noqa: B023
            assert clicks(target, "down") == points


def clicks(target, name):
    return [(e["x"], e["y"]) for e in target.ask("events") if e["event"] == name]


def pointed_at(parts, x, y):
    """Xephyr itself moves the pointer once more when it comes to another screen."""
    parts.ask("move", x=x, y=y)
    return parts.ask("pointer") == [x, y]


def test_the_pointer_has_a_shape_of_every_kind(wide_pc, parts):
    """Asked of the program whose pointer it is: under Wine no other is told."""
    with closing(wide_pc.program("target")) as target:
        target.ask("show", name="Target", place=[100, 100, 1000, 600])
        parts.ask("click", x=640, y=400)
        target.ask("cursor", kind="turning")
        turning = {"width": 32, "height": 32, "x": 5, "y": 6, "rgba": 4096, "clear": 32 * 16}
        until(lambda: target.ask("shape") == turning, lambda: str(target.ask("shape")))
        before = turning
        for kind in ("arrow", "text"):
            target.ask("cursor", kind=kind)
            shape = until(lambda: is_another(target.ask("shape"), before), f"it is the {kind}")  # noqa: B023
            assert 0 < shape["clear"] < shape["width"] * shape["height"]
            assert shape["rgba"] == shape["width"] * shape["height"] * 4
            assert 0 <= shape["x"] < shape["width"]
            assert 0 <= shape["y"] < shape["height"]
            before = shape


def is_another(shape, before):
    return shape if shape["width"] and shape != before else None


def test_a_pointer_that_comes_and_goes_is_told(wide_pc, parts):
    with closing(wide_pc.program("target")) as target:
        target.ask("show", name="Target", place=[100, 100, 1000, 600])
        parts.ask("click", x=640, y=400)
        for kind, is_there in (("none", False), ("text", True), ("none", False)):
            target.ask("cursor", kind=kind)
            until(
                lambda: (told := parts.ask("cursor")) and (told["width"] > 0) == is_there,  # noqa: B023
                f"the pointer is {kind}",
            )


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
