"""What the two people do, with the device app on the sharer's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, until
from tests.browser.steps import get_code
from tests.desktop.desk import Desktop, Target

KEY_A = 38  # X keycode


def sign_in(
    device: Desktop,
    desk: Desk,
    browser: Browser,
    role: str = "sharer",
    *,
    server: str = "",
    options: Sequence[str] = (),
) -> Any:
    """The app, through the person's own browser, by its loopback address; `server` stands before the site."""
    server = server or desk.site.url
    app = device.start_app("--server", server, *options)
    device.press("Sign in")
    page = desk.page(browser, role)
    address = device.browser_asked()
    assert urlsplit(address).path.endswith("/authorize")
    page.goto(address.replace(server, desk.site.url, 1))
    page.get_by_role("button", name="Sign in").click()
    device.find("text", "Security code")
    return app


def make_token(admin: Page, *, uses: str = "") -> str:
    """An administrator makes an enrolment token on the page; gives its value."""
    admin.goto("/devices/enrolment/")
    admin.get_by_label("Name").fill("Warehouse")
    admin.get_by_label("Number of devices").fill(uses)
    admin.get_by_role("button", name="Make the token").click()
    value = admin.get_by_role("textbox", name="Enrolment token").input_value()
    assert value.startswith("rhe_")
    return value


def enrol(device: Desktop, token: str) -> None:
    """From the first page of the app to an enrolled device."""
    device.press("Enrol this device")
    device.fill("Enrolment token", token)
    device.press("Enrol")
    device.reads("This device, ")


def device_page(page: Page) -> None:
    """The page of the device that the site has seen last, which is that of the test."""
    page.goto("/devices/?order=seen")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", name="At a glance")).to_be_visible()


def call(helper: Page) -> None:
    """The helper starts a session from the device's page; the device is there."""
    device_page(helper)
    expect(helper.get_by_text("Connected: ")).to_be_visible()
    helper.get_by_role("button", name="New remote help session").click()
    expect(helper.get_by_role("heading", name="A notice was sent")).to_be_visible()


def introduce(device: Desktop, helper: Page) -> None:
    code = get_code(helper)
    device.fill("Security code", f"{code[:4]}-{code[4:]}".lower())
    device.press("Submit")
    device.reads("This person wants to help you")
    expect(helper.locator("[data-trust-card]")).to_be_visible()


def go_live(device: Desktop, helper: Page, kind: str) -> None:
    """From two signed-in people to a picture on the helper's page."""
    introduce(device, helper)
    helper.get_by_role("button", name=kind).click()
    device.press("Allow full control" if kind == "Full control" else "Allow")
    expect(helper.locator("body[data-state=active]")).to_be_attached(timeout=20_000)
    expect(helper.locator("[data-status]")).to_be_hidden(timeout=20_000)


def point_at(helper: Page, x: int, y: int) -> tuple[float, float]:
    """Where on the helper's page that pixel of the device's screen is, at its middle."""
    found: dict[str, float] = helper.evaluate(
        """([x, y]) => {
          const video = document.querySelector("[data-video]");
          const box = video.getBoundingClientRect();
          const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
          return {
            x: box.left + (box.width - video.videoWidth * scale) / 2 + (x + 0.5) * scale,
            y: box.top + (box.height - video.videoHeight * scale) / 2 + (y + 0.5) * scale,
          };
        }""",
        [x, y],
    )
    return found["x"], found["y"]


def picture_size(helper: Page) -> list[int]:
    found: list[int] = helper.evaluate(
        """() => {
          const video = document.querySelector("[data-video]");
          return [video.videoWidth, video.videoHeight];
        }"""
    )
    return found


def click_and_type(device: Desktop, helper: Page) -> Target:
    """The helper's mouse and keyboard reach a program on the device: a click to the pixel, and a key down and up."""
    target = device.target(0, 200, 1280, 600)
    x, y = 640, 499
    helper.mouse.click(*point_at(helper, x, y))
    until(lambda: target.events("up"), "the click arrives")
    assert [(e["x"], e["y"]) for e in target.events("down")] == [(x, y)]
    helper.keyboard.press("a")
    until(lambda: target.events("key up"), "the key arrives")
    assert [e["detail"] for e in target.events("key down")] == [KEY_A]
    return target
