"""A whole session: the app on Windows as Wine has it, a real site, and a helper in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.windows
WIDTH = 1280
PLACE = [100, 200, 1000, 500]
ORANGE, GREEN = (0xF0, 0x80, 0x10), (0x10, 0xA0, 0x40)


def colour_of(red: int, green: int, blue: int) -> int:
    """As Windows writes it (COLORREF)."""
    return red | green << 8 | blue << 16


def until_seen(helper, colour):
    until(
        lambda: near(helper.evaluate(PIXEL, [600, 450, WIDTH]), colour),
        lambda: f"the helper sees {colour}, not {helper.evaluate(PIXEL, [600, 450, WIDTH])}",
        30,
    )


def test_the_helper_sees_a_windows_screen_and_acts_on_it(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    device.reads("Hanna Korhonen sees and controls this screen")

    target = device.pc.program("target")
    target.ask("show", name="Target", place=PLACE, colour=colour_of(*ORANGE))
    until_seen(helper, ORANGE)

    def told(*names):
        return [e for e in target.ask("events") if e["event"] in names]

    def at(event):
        return event["x"], event["y"]

    def clicked():
        helper.mouse.click(*point_at(helper, 600, 300))
        return told("up")

    # Wine takes the pointer's coming into a new window for the person's, and the person's goes first for a second.
    until(clicked, lambda: f"a click arrives; {device.said()}")
    places = [(107, 207), (640, 499), (1093, 691), (333, 444)]
    for place in places:
        helper.mouse.click(*point_at(helper, *place))
        until(lambda: place == at(told("up")[-1]), lambda: f"{place} in {told('down', 'up')}")  # noqa: B023
    assert [at(e) for e in told("down") if at(e) != (600, 300)] == places

    helper.keyboard.press("a")
    helper.keyboard.press("Shift+B")
    helper.keyboard.press("Enter")
    until(lambda: target.ask("typed") == "aB\r", lambda: repr(target.ask("typed")))
    until(lambda: len(told("key up")) == len(told("key down")) == 4, "all keys are let go of")

    target.close()
    device.pc.program("target").ask("show", name="Target", place=PLACE, colour=colour_of(*GREEN))
    until_seen(helper, GREEN)

    helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")
    device.reads("Hanna Korhonen ended the session.")
