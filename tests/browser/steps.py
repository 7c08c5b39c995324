"""What people do in a session, in the words on the buttons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.browser.marker import Marker

PIXEL = """([x, y, width]) => {
  const video = document.querySelector("video");
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const scale = video.videoWidth / width;
  return [...context.getImageData(x * scale, y * scale, 1, 1).data].slice(0, 3);
}"""


def get_code(helper: Page) -> str:
    helper.goto("/")
    helper.get_by_role("link", name="Give help").click()
    helper.get_by_role("button", name="Get a security code").click()
    shown = helper.locator("[data-code-shown]")
    expect(shown).to_be_visible()
    code = re.sub(r"\s", "", shown.inner_text())
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{8}", code), code
    return code


def enter_code(sharer: Page, code: str) -> None:
    sharer.goto("/")
    sharer.get_by_role("link", name="Get help").click()
    sharer.get_by_label("Security code").fill(code)
    sharer.get_by_role("button", name="Submit").click()


def introduce(helper: Page, sharer: Page) -> None:
    enter_code(sharer, get_code(helper))
    expect(helper.locator("[data-trust-card]")).to_be_visible()
    expect(sharer.locator("[data-trust-card]")).to_be_visible()


def ask_to_view(helper: Page) -> None:
    helper.get_by_role("button", name="View screen").click()


def go_live(helper: Page, sharer: Page) -> None:
    """From nothing to a live picture on the helper's page."""
    introduce(helper, sharer)
    ask_to_view(helper)
    sharer.get_by_role("button", name="Allow", exact=True).click()
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    expect(sharer.locator("body[data-state=active]")).to_be_attached()


def near(found: list[int] | None, wanted: tuple[int, int, int]) -> bool:
    """Whether a pixel that went through a video codec is that colour."""
    return found is not None and all(abs(a - b) < 60 for a, b in zip(found, wanted, strict=True))


def sees(helper: Page, marker: Marker, colour: tuple[int, int, int]) -> bool:
    return near(helper.evaluate(PIXEL, [*marker.centre, marker.screen_width]), colour)


def until_seen(helper: Page, marker: Marker, colour: tuple[int, int, int]) -> None:
    """Wait until the helper's picture shows the marker in that colour: the screen is live."""
    until(lambda: sees(helper, marker, colour), f"the helper sees {colour}", 30)


def axe_finds_nothing(page: Page) -> None:
    """No violation of WCAG 2.2 A or AA that axe can see, in the page as it stands."""
    results: Any = Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    found = [
        f"{page.url}: {v['id']}: {v['help']}: " + "; ".join(n["html"][:120] for n in v["nodes"])
        for v in results.response["violations"]
    ]
    if found:
        pytest.fail("axe found:\n" + "\n".join(found))
