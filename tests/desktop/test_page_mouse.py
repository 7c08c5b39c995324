"""The helper's mouse, the choice of the monitor and the drawer of keys, on the helper's real page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.desktop.keyboards import use_layout
from tests.desktop.programs import Terminal
from tests.desktop.steps import go_live, picture_size, point_at, sign_in

pytestmark = pytest.mark.desktop
LEFT, MIDDLE, RIGHT, UP, DOWN, TO_LEFT, TO_RIGHT = range(1, 8)
LEFT_HELD = 256  # X's Button1Mask
TEXT = "Grüße: 10 € für 日本語, Ærøskøbing, Привет 😀\nZweite Zeile\tEnde"


def take_over(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    return helper


def show(helper: Page, monitor: str, width: int, height: int) -> None:
    """Chooses the monitor; its picture is there."""
    helper.get_by_label("Monitor").select_option(monitor)
    until(lambda: picture_size(helper) == [width, height], lambda: f"{picture_size(helper)}")
    expect(helper.get_by_label("Monitor")).to_have_value(monitor)


def drawer(helper: Page) -> None:
    helper.get_by_role("button", name="Keys").click()
    expect(helper.get_by_role("complementary", name="Keys")).to_be_visible()


def test_clicks_hit_the_pixel_on_two_monitors_of_different_size(desk, helper_browser, device):
    device.split("L 640/170x800/210+0+0", "R 640/170x600/160+640+0")
    helper = take_over(desk, helper_browser, device)
    target = device.target(0, 100, 1280, 700)
    wanted = []

    def click(left: int, top: int, *places: tuple[int, int]) -> None:
        for x, y in places:
            helper.mouse.click(*point_at(helper, x, y))
            wanted.append((left + x, top + y))
        until(lambda: len(target.events("up")) == len(wanted), lambda: str(target.events("up")))

    show(helper, "x11:L", 640, 800)
    click(0, 0, (0, 799), (639, 799), (0, 150), (639, 150), (321, 401))
    show(helper, "x11:R", 640, 600)
    click(640, 0, (0, 599), (639, 599), (0, 150), (639, 150), (321, 401))
    show(helper, "all", 1280, 800)
    click(0, 0, (0, 799), (1279, 599), (639, 400), (640, 400))
    assert [(e["x"], e["y"]) for e in target.events("down")] == wanted
    assert [(e["x"], e["y"]) for e in target.events("up")] == wanted


def test_an_unplugged_monitor_is_left_for_the_others_and_input_goes_on(
    desk, helper_browser, device
):
    device.split("L 640/170x800/210+0+0", "R 640/170x600/160+640+0")
    helper = take_over(desk, helper_browser, device)
    target = device.target(0, 100, 1280, 700)
    show(helper, "x11:R", 640, 600)
    device.xrandr("--delmonitor", "R")
    # The only one that is left, whether the page calls it by name or as all of them.
    until(lambda: picture_size(helper) == [640, 800], lambda: f"{picture_size(helper)}")
    expect(helper.get_by_label("Monitor")).to_be_hidden()

    def clicked():
        helper.mouse.click(*point_at(helper, 321, 401))
        return target.events("up")

    until(clicked, "a click on what is left arrives")
    assert {(e["x"], e["y"]) for e in target.events("down")} == {(321, 401)}


def test_drag_buttons_and_wheel_arrive(desk, helper_browser, device):
    helper = take_over(desk, helper_browser, device)
    target = device.target(0, 100, 1280, 700)
    begin, end = (200, 300), (900, 650)
    helper.mouse.move(*point_at(helper, *begin))
    helper.mouse.down()
    helper.mouse.move(*point_at(helper, *end), steps=8)
    helper.mouse.up()
    until(lambda: target.events("up"), "the drag arrives")
    (down,), (up,) = target.events("down"), target.events("up")
    assert [(e["detail"], e["x"], e["y"]) for e in (down, up)] == [(LEFT, *begin), (LEFT, *end)]
    passed = [e for e in target.events("move") if down["time"] <= e["time"] <= up["time"]]
    assert (passed[-1]["x"], passed[-1]["y"]) == end
    assert any(e["state"] & LEFT_HELD for e in passed)

    target.forget()
    for button in ("middle", "right"):
        helper.mouse.click(*point_at(helper, 500, 400), button=button)
    for turn in ((0, 300), (0, -100), (200, 0), (-100, 0)):
        helper.mouse.wheel(*turn)
    wanted = [MIDDLE, RIGHT, DOWN, DOWN, DOWN, UP, TO_RIGHT, TO_RIGHT, TO_LEFT]
    until(lambda: len(target.events("up")) >= len(wanted), lambda: str(target.events("up")))
    assert [e["detail"] for e in target.events("down")] == wanted
    clicked, turned = target.events("down")[:2], target.events("down")[2:]
    assert {(e["x"], e["y"]) for e in clicked} == {(500, 400)}
    # Browsers tell the place of a wheel in whole pixels of the page.
    assert all(abs(e["x"] - 500) <= 1 and abs(e["y"] - 400) <= 1 for e in turned)


def test_any_text_is_typed_from_the_box_on_each_layout(desk, helper_browser, device):
    helper = take_over(desk, helper_browser, device)
    terminal = Terminal(device)
    helper.mouse.click(*point_at(helper, *terminal.place))
    drawer(helper)
    wanted = ""
    for layout in ("us", "de", "fr"):
        use_layout(device.display, layout)
        helper.get_by_label("Text to type on the device").fill(TEXT)
        helper.get_by_role("button", name="Type it").click()
        wanted += TEXT
        terminal.has(wanted)
        expect(helper.locator("[data-type-progress]")).to_have_text("Typed on the device.")
    assert device.keys_down() == []


def test_the_drawers_keys_are_held_long_enough_to_be_seen(desk, helper_browser, device):
    helper = take_over(desk, helper_browser, device)
    first = Terminal(device)
    helper.mouse.click(*point_at(helper, *first.place))
    until(device.active_window, "the first window has the keyboard")
    one = device.active_window()
    device.start("xterm", "-geometry", "40x10+700+150")
    until(lambda: device.active_window() not in (0, one), "the second window has the keyboard")
    two = device.active_window()

    drawer(helper)
    helper.get_by_role("button", name="Alt+Tab").click()
    until(lambda: device.active_window() == one, "Alt+Tab goes to the first window")
    helper.get_by_role("button", name="Alt+Tab").click()
    until(lambda: device.active_window() == two, "Alt+Tab goes back")

    target = device.target(0, 100, 1280, 700)
    for number, name in enumerate(("System key", "Esc", "F11"), 1):
        helper.get_by_role("button", name=name).click()
        # A key of the drawer that follows at once lets go of the one before.
        until(lambda: len(target.events("key up")) == number, lambda: str(target.events()))  # noqa: B023
    assert target.keys("key down") == ["MetaLeft", "Escape", "F11"]
    for down, up in zip(target.events("key down"), target.events("key up"), strict=True):
        assert down["detail"] == up["detail"]
    # X11 has no such keys of the system's own.
    expect(helper.get_by_role("button", name="Ctrl+Alt+Del")).to_be_hidden()
    assert device.keys_down() == []
