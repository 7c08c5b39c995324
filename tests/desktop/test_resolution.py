"""The device's screen gets another resolution in the middle of a session."""

from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, until
from tests.desktop.desk import Desktop
from tests.desktop.far import picture_follows
from tests.desktop.steps import go_live, picture_size, point_at, sign_in

pytestmark = pytest.mark.desktop


def has_size(helper: Page, size: list[int]) -> bool:
    return picture_size(helper) == size


def test_the_picture_and_the_places_of_clicks_follow_the_resolution_down_and_up_again(
    desk: Desk, helper_browser: Browser, device: Desktop
) -> None:
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    target = device.target(0, 0, 1280, 800)
    wanted: list[tuple[int, int]] = []
    for width, height in ((1024, 700), (640, 480), (1280, 800)):
        device.resize(width, height)
        until(partial(has_size, helper, [width, height]), lambda: str(picture_size(helper)))
        picture_follows(device, helper, changes=2)
        right, bottom = width - 1, height - 1
        # Below the session bar, which the app keeps above everything at the upper edge.
        places = [(0, bottom), (right, bottom), (0, 150), (right, 150), (width // 2, height // 2)]
        for place in places:
            helper.mouse.click(*point_at(helper, *place))
        wanted.extend(places)
        until(lambda: len(target.events("up")) == len(wanted), lambda: str(target.events("up")))
        assert [(e["x"], e["y"]) for e in target.events("down")] == wanted
    helper.keyboard.press("a")
    until(lambda: target.events("key up"), "the key arrives")
    expect(helper.locator("[data-status]")).to_be_hidden()
    expect(helper.locator("body[data-state=active]")).to_be_attached()
