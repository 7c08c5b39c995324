"""The mission, on a real desktop: the helper sees the screen, and mouse and keyboard act on it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.marker import Marker
from tests.browser.steps import get_code, until_seen

pytestmark = pytest.mark.desktop


def sign_in(device, desk, browser, role="sharer"):
    """The app through the person's own browser, by its loopback address."""
    device.start_app("--server", desk.site.url)
    device.press("Sign in")
    page = desk.page(browser, role)
    address = device.browser_asked()
    assert urlsplit(address).path.endswith("/authorize")
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    device.find("text", "Security code")


def introduce(device, helper):
    code = get_code(helper)
    device.fill("Security code", code.lower())
    device.press("Submit")
    device.reads("This person wants to help you")
    expect(helper.locator("[data-trust-card]")).to_be_visible()


def test_a_helper_takes_full_control(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    introduce(device, helper)
    helper.get_by_role("button", name="Full control").click()
    device.press("Allow full control")
    expect(helper.locator("body[data-state=active]")).to_be_attached(timeout=20_000)
    marker = Marker(device.display, from_right=260, y=300, edge=200)
    try:
        until_seen(helper, marker, (255, 0, 0))
    finally:
        marker.close()
    device.reads("Hanna")
