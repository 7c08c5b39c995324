"""How an elevated session ends (S8), and what stands in the report and in the device's own log afterwards (M3, M6)."""

from __future__ import annotations

import json
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.desktop.desk import APP
from tests.desktop.steps import go_live, sign_in

pytestmark = pytest.mark.desktop


def sign_out_by_a_stand_in(device):
    """A desktop of a test has no login session to end; a command that leaves a mark stands in for it."""
    mark = device.folder / "signed-out"
    device.env["REMOTEHELP_APP_SIGN_OUT_COMMAND"] = json.dumps(["/usr/bin/touch", str(mark)])
    return mark


def elevate(device, helper):
    helper.get_by_role("button", name="Request elevation").click()
    device.reads("Hanna Korhonen asks for elevation")
    device.press("Allow elevation")
    expect(helper.get_by_role("button", name="Elevation granted")).to_be_visible()


def log_of(device) -> str:
    done = subprocess.run(
        [str(APP), "log"], env=device.env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_sharer_is_warned_and_then_signed_out(desk, helper_browser, device):
    mark = sign_out_by_a_stand_in(device)
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    elevate(device, helper)

    device.press("Leave")
    device.reads("You will be signed out of this device")
    device.press("Stay")
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    assert not mark.exists()

    device.press("Leave")
    device.press("Leave and sign out")
    until(mark.exists, "the person is signed out")
    expect(helper.get_by_text("Sami Virtanen ended the session.")).to_be_visible()

    told = log_of(device)
    for line in (
        "Session with Hanna Korhonen allowed: full control.",
        "Elevation granted.",
        "Session with Hanna Korhonen ended: sharer left.",
        "Signing the person out of this device.",
    ):
        assert line in told

    admin = desk.page(helper_browser, "tenant_admin")
    admin.goto("/reports/sessions/")
    expect(admin.get_by_role("row").nth(1)).to_contain_text("Full control with elevation")


def test_the_sharer_stays_signed_in_when_the_helper_ends_it(desk, helper_browser, device):
    mark = sign_out_by_a_stand_in(device)
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    elevate(device, helper)
    helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")
    assert "ended: helper left" in log_of(device)
    assert not mark.exists()


def test_a_refused_elevation_shows_nothing_and_can_be_asked_for_again(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    helper.get_by_role("button", name="Request elevation").click()
    device.press("Refuse")
    expect(helper.get_by_text("The sharer refused elevation.")).to_be_visible()
    elevate(device, helper)


def test_chat_goes_both_ways_and_into_no_log(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "View screen")
    helper.get_by_role("button", name="Chat").click()
    helper.get_by_role("textbox", name="Message").fill("Is it the printer?")
    helper.get_by_role("button", name="Send").click()
    device.press("Chat (1 new)")
    device.fill("Message", "No, the scanner.")
    device.press("Send")
    expect(helper.get_by_text("No, the scanner.")).to_be_visible()
    kept = log_of(device) + (device.folder / "app.log").read_text()
    assert "printer" not in kept
    assert "scanner" not in kept
