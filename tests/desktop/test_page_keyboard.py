"""The helper's real keyboard, in a real browser window on an X server of its own, and what the device's programs get of it."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from tests.browser.conftest import QUIET, until
from tests.desktop.desk import window_manager, x_server
from tests.desktop.keyboards import Typist, printed, use_layout
from tests.desktop.programs import Terminal
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop
MASKS = {"ShiftRight": 1, "ControlLeft": 4, "ControlRight": 4, "AltLeft": 8, "MetaLeft": 64}
LAYOUTS = ("us", "de", "fr")
# Keys without a character, each alone. Print screen is taken by the window manager, Caps Lock and Num Lock stay
# with the helper (docs/protocol.md), and a browser never hears of the power keys.
NAMES = """
    Escape Tab Enter Backspace Space ContextMenu Pause ScrollLock
    ShiftLeft ShiftRight ControlLeft ControlRight AltLeft AltRight MetaLeft MetaRight
    Insert Delete Home End PageUp PageDown ArrowUp ArrowDown ArrowLeft ArrowRight
    F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12
    NumpadDivide NumpadMultiply NumpadSubtract NumpadAdd NumpadEnter
    Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9 NumpadDecimal
"""
KEYS = NAMES.split()


@pytest.fixture
def office():
    """The helper's own X server."""
    with x_server((1440, 900)) as display, window_manager(display):
        yield display


@pytest.fixture
def office_browser(office, playwright, chromium):
    browser = playwright.chromium.launch(
        executable_path=chromium,
        headless=False,
        args=[*QUIET, "--window-position=0,0", "--window-size=1440,900"],
        env={**os.environ, "DISPLAY": office},
    )
    yield browser
    browser.close()


def take_over(desk, helper_browser, office_browser, device):
    """A live session with full control; gives the helper's page."""
    sign_in(device, desk, helper_browser)
    helper = desk.page(office_browser, "helper", no_viewport=True)
    go_live(device, helper, "Full control")
    return helper


def keyboard_to(helper, *place: int) -> None:
    helper.bring_to_front()
    helper.mouse.click(*point_at(helper, *place))


def test_each_character_of_three_keyboards_arrives_on_each_layout(
    desk, helper_browser, office_browser, office, device
):
    helper = take_over(desk, helper_browser, office_browser, device)
    terminal = Terminal(device)
    keyboard_to(helper, *terminal.place)
    with closing(Typist(office)) as typist:
        for mine in LAYOUTS:
            use_layout(office, mine)
            typist.press("ShiftLeft")  # a keyboard of XTEST hears of its layout with the next key
            for theirs in LAYOUTS:
                use_layout(device.display, theirs)
                type_all(typist, mine, terminal)
                until(lambda: device.keys_down() == [], "no key is held")


def test_dead_keys_of_the_helper_make_one_character(
    desk, helper_browser, office_browser, office, device
):
    helper = take_over(desk, helper_browser, office_browser, device)
    terminal = Terminal(device)
    keyboard_to(helper, *terminal.place)
    use_layout(office, "fr")
    with closing(Typist(office)) as typist:
        typist.press("ShiftLeft")
        for code, held in (
            ("BracketLeft", None),
            ("KeyE", None),
            ("BracketLeft", "ShiftLeft"),
            ("KeyI", None),
            ("KeyA", None),
        ):
            typist.press(code, held)
    terminal.has("êïq")
    until(lambda: device.keys_down() == [], "no key is held, though the browser tells of no end")


def type_all(typist, layout: str, terminal: Terminal) -> None:
    """Each key of the layout with a character, and just these characters came."""
    keys, before = printed(layout), terminal.typed()
    wanted = "".join(character for _code, _held, character in keys)
    for code, held, _character in keys:
        typist.press(code, held)
    terminal.has(before + wanted)


def test_each_key_of_a_full_keyboard_goes_down_and_up_on_the_device(
    desk, helper_browser, office_browser, office, device
):
    helper = take_over(desk, helper_browser, office_browser, device)
    target = device.target(0, 200, 1280, 600)
    keyboard_to(helper, 600, 500)
    until(lambda: target.events("up"), "the click arrives")
    with closing(Typist(office)) as typist:
        for code in KEYS:
            typist.press(code)
        until(lambda: len(target.keys("key up")) >= len(KEYS), lambda: str(target.keys("key up")))
    assert target.keys("key down") == KEYS
    assert target.keys("key up") == KEYS
    assert device.keys_down() == []


def test_modifiers_of_both_sides_and_shortcuts_arrive_with_what_is_held(
    desk, helper_browser, office_browser, office, device
):
    helper = take_over(desk, helper_browser, office_browser, device)
    target = device.target(0, 200, 1280, 600)
    keyboard_to(helper, 600, 500)
    until(lambda: target.events("up"), "the click arrives")
    with closing(Typist(office)) as typist:
        for held in (["ControlLeft"], ["ControlRight", "ShiftRight"], ["AltLeft"], ["MetaLeft"]):
            for code in held:
                typist.down(code)
            typist.press("KeyS")
            for code in reversed(held):
                typist.up(code)
            until(target.is_at_rest, lambda: str(target.events()))
            assert target.keys("key down") == [*held, "KeyS"]
            assert target.events("key down")[-1]["state"] == sum(MASKS[code] for code in set(held))
            target.forget()
        assert device.keys_down() == []
