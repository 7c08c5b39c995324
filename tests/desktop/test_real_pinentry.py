"""A real pinentry, which takes the keyboard of the whole desktop for itself: the helper neither sees nor uses it before elevation."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from remotehelp_app.platform.x11.windows import WindowWatch

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.forged import what_came_before_is_there
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
HIDDEN = (0x50, 0x50, 0x50)


class Pinentry:
    def __init__(self, device) -> None:
        self._said: Path = device.folder / "pinentry.txt"
        out = device.stack.enter_context(self._said.open("ab"))
        self._process = subprocess.Popen(
            ["pinentry-gtk-2", "--display", device.display],
            env=device.env, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        device.stack.callback(self.close)
        assert self._process.stdin is not None
        self._process.stdin.write("SETDESC Your passphrase\nGETPIN\n")
        self._process.stdin.flush()

    @property
    def answer(self) -> str:
        """What was entered, once it was."""
        told = [line for line in self._said.read_text().splitlines() if line.startswith("D ")]
        return told[-1][2:] if told else ""

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdin is not None
        self._process.stdin.close()


def place_of_prompt(device) -> tuple[int, int]:
    with closing(WindowWatch(device.display)) as windows:
        windows.start()

        def area():
            windows.catch_up()
            return next(iter(windows.areas()), None)

        found = until(area, "the prompt is there")
    return found.x + found.width // 2, found.y + found.height // 2


def test_a_real_pinentry_is_neither_seen_nor_used_before_elevation(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    pinentry = Pinentry(device)
    place = place_of_prompt(device)
    expect(helper.locator("[data-control-state]")).to_contain_text("privilege prompt is open")

    def pixel():
        return helper.evaluate(PIXEL, [*place, 1280])

    until(lambda: near(pixel(), HIDDEN), lambda: f"the prompt is hidden at {place}: {pixel()}")
    helper.mouse.click(*point_at(helper, *place))
    helper.keyboard.type("secret")
    helper.keyboard.press("Enter")
    what_came_before_is_there(device, helper)
    assert pinentry.answer == ""
    assert near(pixel(), HIDDEN)

    helper.get_by_role("button", name="Request elevation").click()
    # The prompt has the keyboard of the desktop; the person answers with the mouse, as a screen reader would.
    device.press("Allow elevation")
    expect(helper.get_by_role("button", name="Elevation granted")).to_be_visible()
    until(lambda: not near(pixel(), HIDDEN), "the prompt is seen")
    helper.locator("[data-screen]").focus()
    helper.keyboard.type("yes")
    helper.keyboard.press("Enter")
    until(lambda: pinentry.answer, "the prompt is answered")
    assert pinentry.answer == "yes"
    until(lambda: device.keys_down() == [], "no key is held")
