"""What the device lets nobody do, whatever the server or the helper's page say (S5, S7)."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
HIDDEN = (0x50, 0x50, 0x50)
# What a page of ours never does: events on the channel of a session in which only viewing was allowed.
FORGE = """() => {
  const kept = window.seen.channels.at(-1);
  kept.send(JSON.stringify({
    view: 1, n: 1, move: [100, 400],
    events: [["down", 0, 100, 400], ["up", 0, 100, 400], ["key", "KeyA", "a", true, 0], ["text", "hello"]],
  }));
  return kept.readyState;
}"""
KEEP_CHANNELS = """
  window.seen.channels = [];
  const open = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const made = open.apply(this, args);
    if (args[0] === "input") window.seen.channels.push(made);
    return made;
  };
"""


def test_a_forged_helper_moves_nothing_in_a_view_only_session(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    helper.add_init_script(KEEP_CHANNELS)
    go_live(device, helper, "View screen")
    target = device.target(0, 200, 1280, 600)
    assert helper.evaluate(FORGE) == "open"
    # What is said after the events has arrived: so have they.
    helper.get_by_role("button", name="Chat").click()
    helper.get_by_role("textbox", name="Message").fill("Are you there?")
    helper.get_by_role("button", name="Send").click()
    device.find("push button", "Chat (1 new)")
    assert target.events("down", "key down", "move") == []
    assert device.keys_down() == []


def test_a_prompt_is_neither_seen_nor_used_before_elevation(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    prompt = device.start("xterm", "-class", "Pinentry-test", "-name", "pinentry-test",
                          "-geometry", "60x12+300+300", "-bg", "#00ff00", "-fg", "#00ff00",
                          "-e", "cat > typed.txt", log="prompt.log")  # fmt: skip
    assert prompt.poll() is None
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
    typed = device.folder / "typed.txt"
    until(lambda: typed.exists() and typed.read_text().endswith("\n"), "the prompt is used")
    assert typed.read_text() == "yes\n"

    device.press("Take elevation back")
    until(lambda: near(helper.evaluate(PIXEL, [*inside, 1280]), HIDDEN), "the prompt is hidden")


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
