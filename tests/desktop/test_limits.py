"""What the device lets nobody do, whatever the server or the helper's page say (S5, S7)."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.forged import FORGE, KEEP_CHANNELS, what_came_before_is_there
from tests.desktop.programs import prompt
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
HIDDEN = (0x50, 0x50, 0x50)


def test_a_forged_helper_moves_nothing_in_a_view_only_session(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    helper.add_init_script(KEEP_CHANNELS)
    go_live(device, helper, "View screen")
    target = device.target(0, 200, 1280, 600)
    assert helper.evaluate(FORGE) == "open"
    what_came_before_is_there(device, helper)
    assert target.events("down", "key down", "move") == []
    assert device.keys_down() == []


@pytest.mark.parametrize("name", ["pinentry-test", "polkit-gnome-authentication-agent-1"])
def test_a_prompt_is_neither_seen_nor_used_before_elevation(desk, helper_browser, device, name):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    typed = prompt(device, name)
    expect(helper.locator("[data-control-state]")).to_contain_text("privilege prompt is open")
    inside = (420, 400)
    until(lambda: near(helper.evaluate(PIXEL, [*inside, 1280]), HIDDEN), "the prompt is hidden")
    helper.mouse.click(*point_at(helper, *inside))
    helper.keyboard.type("secret")

    helper.get_by_role("button", name="Request elevation").click()
    device.press("Allow elevation")
    expect(helper.get_by_role("button", name="Elevation granted")).to_be_visible()
    until(lambda: near(helper.evaluate(PIXEL, [*inside, 1280]), (0, 255, 0)), "the prompt is seen")
    helper.mouse.click(*point_at(helper, *inside))
    helper.keyboard.type("yes")
    helper.keyboard.press("Enter")
    until(lambda: typed().endswith("\n"), "the prompt is used")
    assert typed() == "yes\n"

    device.press("Take elevation back")
    until(lambda: near(helper.evaluate(PIXEL, [*inside, 1280]), HIDDEN), "the prompt is hidden")
    helper.mouse.click(*point_at(helper, *inside))
    helper.keyboard.type("no")
    helper.keyboard.press("Enter")
    what_came_before_is_there(device, helper)
    assert typed() == "yes\n"


def test_a_killed_app_leaves_no_key_down_and_the_session_ends_as_lost(desk, helper_browser, device):
    app = sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    device.target(0, 200, 1280, 600)
    helper.mouse.click(*point_at(helper, 600, 500))
    helper.keyboard.down("Shift")
    until(device.keys_down, "a key is held")
    os.kill(app.pid, signal.SIGKILL)
    until(lambda: device.keys_down() == [], "the watchdog lets go")
    expect(helper.get_by_text("The connection was lost.")).to_be_visible(timeout=60_000)


def test_an_app_that_is_told_to_stop_leaves_the_session_first_and_asks_nobody(
    desk, helper_browser, device
):
    """SIGTERM, as at the end of the desktop's session; even where the window would ask (S8)."""
    app = sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    helper.get_by_role("button", name="Request elevation").click()
    device.press("Allow elevation")
    expect(helper.get_by_role("button", name="Elevation granted")).to_be_visible()
    app.terminate()
    assert app.wait(20) == 0
    expect(helper.get_by_text("Sami Virtanen ended the session.")).to_be_visible()
