"""The mission, on a real desktop: the helper sees the screen, and mouse and keyboard act on it (S4, S6)."""

from __future__ import annotations

import pytest

from tests.browser.conftest import until
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
A, SHIFT = 38, 50  # X keycodes


def test_the_helpers_mouse_and_keyboard_act_on_the_device(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    device.reads("Hanna")

    marker = Marker(device.display, from_right=260, y=300, edge=200)
    marker.colour(255, 0, 0)
    until_seen(helper, marker, (255, 0, 0))
    marker.colour(0, 0, 255)
    until_seen(helper, marker, (0, 0, 255))
    marker.close()

    target = device.target(0, 200, 1280, 600)
    places = [(7, 207), (640, 499), (1272, 791), (333, 444)]
    for x, y in places:
        helper.mouse.click(*point_at(helper, x, y))
    until(lambda: len(target.events("up")) == len(places), "the clicks arrive")
    assert [(e["x"], e["y"]) for e in target.events("down")] == places

    helper.keyboard.press("a")
    helper.keyboard.press("Shift+A")
    until(lambda: len(target.events("key up")) >= 3, "the keys arrive")
    downs = [e["detail"] for e in target.events("key down")]
    assert downs == [A, SHIFT, A]
    until(lambda: device.keys_down() == [], "no key is held")

    helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")
    device.reads("Hanna Korhonen ended the session.")
