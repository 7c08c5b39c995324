"""From a device's page to a live screen without a code: enrolled, called, opened, allowed (D1, D4)."""

from __future__ import annotations

import platform

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.desktop.steps import call, device_page, enrol, make_token, point_at, sign_in

pytestmark = pytest.mark.desktop

HANNA = "Hanna Korhonen wants to help you"


@pytest.fixture
def called(desk, helper_browser, device):
    """Sami's device is enrolled with a token that an administrator made; Hanna has opened its page."""
    token = make_token(desk.page(helper_browser, "tenant_admin"))
    sign_in(device, desk, helper_browser)
    enrol(device, token)
    return desk.page(helper_browser, "helper")


def test_the_whole_story_from_the_token_to_the_report(desk, helper_browser, device, called):
    notices = device.notices("body", "body-markup", "actions")
    helper = called
    target = device.target()
    call(helper)
    sent = "A notice was sent to the device of Sami Virtanen"
    expect(helper.get_by_role("heading", name=sent)).to_be_visible()
    notice = notices.shown(HANNA)
    assert "Service desk specialist, Contoso Oy" in notice["text"]
    assert notice["actions"][0] == "default"
    expect(helper.get_by_text("The notice is on the screen")).to_be_visible()

    # The window has come forward with the question; the keyboard is on its heading, not on a button.
    device.reads(HANNA)
    device.reads("Go on only if you asked for help")
    assert "focused" in device.find("label", HANNA)["states"]
    device.press("Open")
    device.reads("This person wants to help you")
    until(lambda: notices.events("closed"), "the notice is withdrawn")
    expect(helper.locator("[data-trust-card]")).to_be_visible()

    # Opening has allowed nothing.
    helper.get_by_role("button", name="Full control").click()
    device.press("Allow full control")
    expect(helper.locator("body[data-state=active]")).to_be_attached(timeout=20_000)
    expect(helper.locator("[data-status]")).to_be_hidden(timeout=20_000)
    helper.mouse.click(*point_at(helper, 400, 300))
    until(lambda: target.events("down"), "the click reaches the device")

    helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")
    admin = desk.page(helper_browser, "tenant_admin")
    admin.goto("/reports/sessions/")
    row = admin.get_by_role("row").nth(1)
    expect(row).to_contain_text(platform.node())
    expect(row).to_contain_text("Full control")
    row.get_by_role("link").click()
    for line in (
        "Hanna Korhonen started a session at this device.",
        "The notice was shown on the device.",
        "Sami Virtanen opened the invitation.",
    ):
        expect(admin.get_by_text(line)).to_be_visible()
    device_page(admin)
    expect(admin.get_by_role("region", name="Sessions of the last 30 days")).to_contain_text(
        "Hanna Korhonen"
    )


def test_declining_is_told_to_the_helper_and_ends_it(device, called):
    call(called)
    device.reads(HANNA)
    device.press("Decline")
    device.find("text", "Security code")
    declined = "Sami Virtanen declined the invitation on "
    expect(called.get_by_role("heading", name=declined)).to_be_visible()


def test_what_is_put_off_stays_listed_and_goes_when_the_helper_goes(device, called):
    notices = device.notices()
    device.fill("Security code", "ABCD")
    call(called)
    device.reads(HANNA)
    device.press("Not now")
    assert device.find("text", "Security code")
    device.press("Show the invitation of Hanna Korhonen")
    device.reads("Nothing is shared yet.")
    device.press("Not now")
    # A notice that is pressed shows it again, too, and brings the window to the front.
    notices.press(notices.shown(HANNA)["number"])
    device.reads("Nothing is shared yet.")
    called.get_by_role("button", name="Cancel").click()
    device.find("text", "Security code")
    until(
        lambda: not any(n["name"].startswith(HANNA) for n in device.ask(do="tree")),
        "the invitation is gone",
    )


def test_the_helpers_page_follows_the_device_as_it_comes_and_goes(
    desk, helper_browser, device, called
):
    call(called)
    device.reads(HANNA)
    device.processes[-1].terminate()
    expect(called.get_by_role("heading", name="is not connected")).to_be_visible()
    # The code is at hand now, and it is the one that was made with the session.
    code = called.locator("[data-code-shown]")
    expect(code).to_be_visible()
    device.processes[-1].wait(20)

    device.start_app("--server", desk.site.url)
    sent = called.get_by_role("heading", name="A notice was sent")
    expect(sent).to_be_visible(timeout=30_000)
    device.reads(HANNA)
    device.press("Open")
    expect(called.locator("[data-trust-card]")).to_be_visible()


def test_the_code_works_on_the_device_that_is_meant_and_in_no_browser(
    desk, helper_browser, device, called
):
    call(called)
    called.get_by_text("Use the security code instead").click()
    code = called.locator("[data-code-shown]").inner_text()
    sharer = desk.page(helper_browser, "sharer")
    sharer.goto("/get/")
    sharer.get_by_label("Security code").fill(code)
    sharer.get_by_role("button", name="Submit").click()
    expect(sharer.get_by_text("This session was started for another device.")).to_be_visible()
    device.press("Not now")
    device.fill("Security code", code)
    device.press("Submit")
    device.reads("This person wants to help you")
    expect(called.locator("[data-trust-card]")).to_be_visible()


def test_who_is_in_a_session_is_told_of_another_helper_and_goes_on(
    desk, helper_browser, device, called
):
    call(called)
    device.press("Open")
    device.reads("This person wants to help you")
    trainee = desk.page(helper_browser, "helper_view_only")
    call(trainee)
    device.reads("Oskar Lindqvist wants to help you, too.")
    device.reads("The invitation stays listed.")
    called.get_by_role("button", name="Leave").click()
    device.press("Done")
    device.reads("Oskar Lindqvist wants to help you")
    device.press("Open")
    device.reads("This person wants to help you")
    expect(trainee.locator("[data-trust-card]")).to_be_visible()
