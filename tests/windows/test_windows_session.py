"""A whole session: the app on Windows as Wine has it, a real site, and a helper in a real browser."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial

import pytest
import Xlib.X
from playwright.sync_api import expect
from Xlib.ext import xtest

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.forged import FORGE, KEEP_CHANNELS, what_came_before_is_there
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.windows
WIDTH = 1280
PLACE = [100, 200, 1000, 500]
BESIDE = (600, 300)
ORANGE, GREEN = (0xF0, 0x80, 0x10), (0x10, 0xA0, 0x40)


X_SHIFT = 50  # X keycode
SHIFT, X = 0x10, 0x58  # virtual keys
MIXED = "Grüße, 12 € für 日本 😀"


def colour_of(red: int, green: int, blue: int) -> int:
    """As Windows writes it (COLORREF)."""
    return red | green << 8 | blue << 16


def until_seen(helper, colour):
    until(
        lambda: near(helper.evaluate(PIXEL, [600, 450, WIDTH]), colour),
        lambda: f"the helper sees {colour}, not {helper.evaluate(PIXEL, [600, 450, WIDTH])}",
        30,
    )


def show_target(device, helper, colour):
    """A window of a Windows program, from the moment that the helper sees it."""
    target = device.pc.program("target")
    target.ask("show", name="Target", place=PLACE, colour=colour_of(*colour))
    until_seen(helper, colour)
    return target


def told(target, *names):
    return [e for e in target.ask("events") if e["event"] in names]


def at(event):
    return event["x"], event["y"]


def was_clicked(target, place):
    return at(told(target, "up")[-1]) == place


def click_until_it_acts(device, helper, target):
    """Wine takes the pointer's coming into a new window for the person's, and the person's goes first for a second."""

    def clicked():
        helper.mouse.click(*point_at(helper, *BESIDE))
        return told(target, "up")

    until(clicked, lambda: f"a click arrives; {device.said()}")


def test_the_helper_sees_a_windows_screen_and_acts_on_it(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    device.reads("Hanna Korhonen sees and controls this screen")
    target = show_target(device, helper, ORANGE)
    click_until_it_acts(device, helper, target)

    places = [(107, 207), (640, 499), (1093, 691), (333, 444)]
    for place in places:
        helper.mouse.click(*point_at(helper, *place))
        until(partial(was_clicked, target, place), lambda: f"{place} in {told(target, 'up')}")  # noqa: B023
    assert [at(e) for e in told(target, "down") if at(e) != BESIDE] == places

    helper.keyboard.press("a")
    helper.keyboard.press("Shift+B")
    helper.keyboard.press("Enter")
    until(lambda: target.ask("typed") == "aB\r", lambda: repr(target.ask("typed")))
    until(
        lambda: len(told(target, "key up")) == len(told(target, "key down")) == 4,
        "all keys are let go of",
    )

    target.close()
    show_target(device, helper, GREEN)

    helper.get_by_role("button", name="Leave").click()
    device.reads("The session has ended")
    device.reads("Hanna Korhonen ended the session.")
    noted = "\n".join(device.pc.program("parts").ask("read_log"))
    assert "info: Session with Hanna Korhonen allowed: full control." in noted
    assert "Session with Hanna Korhonen ended" in noted


def test_the_person_goes_first_and_a_killed_app_lets_go(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    target = show_target(device, helper, ORANGE)
    click_until_it_acts(device, helper, target)

    helper.get_by_role("button", name="Keys").click()
    helper.get_by_label("Text to type on the device").fill(MIXED)
    helper.get_by_role("button", name="Type it").click()
    until(lambda: target.ask("typed") == MIXED, lambda: repr(target.ask("typed")))

    note = helper.get_by_text("The sharer is using mouse and keyboard.")
    with at_the_keyboard(device):
        expect(note).to_be_visible()
        target.ask("forget")
        helper.mouse.click(*point_at(helper, *BESIDE))
        helper.keyboard.press("a")
        what_came_before_is_there(device, helper)
        assert told(target, "down", "character") == []
    expect(note).to_be_hidden()
    click_until_it_acts(device, helper, target)

    target.ask("forget")
    helper.keyboard.down("Shift")
    helper.keyboard.down("X")
    until(lambda: [e["key"] for e in told(target, "key down")][:2] == [SHIFT, X], "both are down")
    device.app.kill()
    until(lambda: {e["key"] for e in told(target, "key up")} == {SHIFT, X}, "both are let go of")
    helper.keyboard.up("X")
    helper.keyboard.up("Shift")
    expect(helper.locator("[data-status]")).to_be_visible(timeout=30_000)


@contextmanager
def at_the_keyboard(device):
    """The person presses Shift again and again."""
    is_over = threading.Event()

    def press():
        with device.pc.at_the_screen() as person:
            while not is_over.wait(0.05):
                for kind in (Xlib.X.KeyPress, Xlib.X.KeyRelease):
                    xtest.fake_input(person, kind, X_SHIFT)
                person.sync()

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_where_only_viewing_was_allowed_nothing_acts(desk, helper_browser, device):
    """Also not what a forged page says."""
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    helper.add_init_script(KEEP_CHANNELS)
    go_live(device, helper, "View screen")
    target = show_target(device, helper, ORANGE)
    assert helper.evaluate(FORGE) == "open"
    what_came_before_is_there(device, helper)
    assert told(target, "down", "key down", "character") == []
