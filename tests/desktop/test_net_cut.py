"""A real session whose network fails: what the helper and the device make of it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.desktop.desk import Desktop
from tests.desktop.far import Place, picture_follows
from tests.desktop.steps import click_and_type, point_at

pytestmark = pytest.mark.desktop


def hold_a_key(device: Desktop, helper: Page) -> None:
    helper.mouse.click(*point_at(helper, 640, 499))
    helper.keyboard.down("Shift")
    until(device.keys_down, "a key is held")


def test_a_network_that_is_cut_for_ten_seconds_brings_the_same_session_back(
    place: Place, far_helper: Page, device: Desktop
) -> None:
    address = far_helper.url
    hold_a_key(device, far_helper)
    place.way.is_cut = True
    cut_at = time.monotonic()
    until(lambda: device.keys_down() == [], "the device lets go by itself")
    expect(far_helper.get_by_text("The connection is interrupted")).to_be_visible(timeout=20_000)
    until(lambda: time.monotonic() > cut_at + 10, "the ten seconds are over")
    place.way.is_cut = False
    expect(far_helper.locator("[data-status]")).to_be_hidden(timeout=25_000)
    far_helper.keyboard.up("Shift")
    picture_follows(device, far_helper, changes=2)
    click_and_type(device, far_helper)
    assert device.keys_down() == []
    assert far_helper.url == address
    expect(far_helper.locator("body[data-state=active]")).to_be_attached()
    far_helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")


def test_a_network_that_stays_cut_ends_the_session_as_lost_on_both_sides(
    place: Place, far_helper: Page, device: Desktop
) -> None:
    hold_a_key(device, far_helper)
    place.way.is_cut = True
    until(lambda: device.keys_down() == [], "the device lets go by itself")
    expect(far_helper.get_by_text("The connection was lost.")).to_be_visible(timeout=60_000)
    device.reads(
        "The session has ended", seconds=60
    )  # it hears of nothing, and comes to it by itself
    device.reads("The connection was lost.")
    assert device.keys_down() == []
