"""What the person at the device has in hand: the bar above everything, the keyboard alone, and mouse and keyboard first."""

from __future__ import annotations

import subprocess
from contextlib import closing

import pytest
from playwright.sync_api import expect
from remotehelp_app.platform.x11.connect import connect
from remotehelp_app.platform.x11.input import X11Input

from tests.browser.conftest import until
from tests.browser.steps import get_code
from tests.desktop.desk import APP, desktop, xephyr
from tests.desktop.keyboards import Typist
from tests.desktop.programs import Terminal
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop


def on_top_at(device, x: int, y: int) -> str:
    """The class of the window that a click there would reach."""
    look = connect(device.display)
    with closing(look):
        top = look.screen().root.translate_coords(look.screen().root, x, y).child
        parts = [top, *top.query_tree().children] if top else []
        found = [part.get_wm_class() for part in parts]
        return next((name[1] for name in found if name), "")


def beside(device, there: str, wanted: str):
    """The box of the button in the same row as another: the app's window has a *Leave*, too."""
    row = device.find("push button", there)["box"][1]
    found = [n["box"] for n in device.ask(do="tree") if n["name"] == wanted and n["box"][1] == row]
    assert len(found) == 1, found
    return found[0]


def middle(box) -> tuple[int, int]:
    x, y, width, height = box
    return x + width // 2, y + height // 2


def click_as_the_person(device, x: int, y: int) -> None:
    with closing(X11Input(device.display)) as hand:
        hand.move(x, y)
        hand.button(0, is_down=True)
        hand.button(0, is_down=False)


def log_of(device) -> str:
    done = subprocess.run(
        [str(APP), "log"], env=device.env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_bar_stays_above_a_full_screen_window_and_only_the_person_can_use_it(
    desk, helper_browser, device
):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    device.start("xterm", "-fullscreen", "-class", "Film")
    until(lambda: on_top_at(device, 100, 700) == "Film", "the film fills the screen")
    # Another that lays itself above all, as some games do.
    game = device.target()
    leave = middle(beside(device, "Chat", "Leave"))
    until(lambda: on_top_at(device, *leave) == "remotehelp-app", lambda: on_top_at(device, *leave))

    # The helper's click goes nowhere; the person's ends the session.
    helper.mouse.click(*point_at(helper, *leave))
    helper.mouse.click(*point_at(helper, 100, 700))
    until(lambda: game.events("up"), "what came after the click on the bar has arrived")
    assert [(e["x"], e["y"]) for e in game.events("down")] == [(100, 700)]
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    click_as_the_person(device, *leave)
    expect(helper.get_by_text("Sami Virtanen ended the session.")).to_be_visible()


def test_the_whole_journey_by_keyboard_alone(desk, helper_browser, device):
    """From the app's start to the end of an elevated session: no mouse at the device, and each step is there for a screen reader."""
    device.env["REMOTEHELP_APP_SIGN_OUT_COMMAND"] = '["/bin/true"]'
    with closing(Typist(device.display)) as keys, closing(X11Input(device.display)) as writer:
        device.start_app("--server", desk.site.url)
        device.is_at("push button", "Sign in")
        keys.press("Space")
        page = desk.page(helper_browser, "sharer")
        page.goto(device.browser_asked())
        page.get_by_role("button", name="Sign in").click()
        device.is_at("text", "Security code")

        helper = desk.page(helper_browser, "helper")
        writer.text(f"{get_code(helper).lower()}\n")
        device.is_at("label", "This person wants to help you")
        helper.get_by_role("button", name="Full control").click()
        device.is_at("label", "Hanna Korhonen asks for full control")
        go_to(device, keys, "push button", "Allow full control")
        keys.press("Space")
        expect(helper.locator("body[data-state=active]")).to_be_attached(timeout=20_000)

        keys.press("Tab", "AltLeft")
        go_to(device, keys, "push button", "Go to the session bar")
        keys.press("Space")
        device.is_at("push button", "Chat")
        keys.press("Space")
        device.is_at("text", "Message")
        writer.text("Can you hear me?\n")
        helper.get_by_role("button", name="Chat").click()
        expect(helper.get_by_text("Can you hear me?")).to_be_visible()

        helper.get_by_role("button", name="Request elevation").click()
        device.is_at("push button", "Refuse")
        go_to(device, keys, "push button", "Allow elevation")
        keys.press("Space")
        expect(helper.get_by_role("button", name="Elevation granted")).to_be_visible()

        keys.press("Tab", "AltLeft")
        go_to(device, keys, "push button", "Go to the session bar")
        keys.press("Space")
        device.is_at("push button", "Take elevation back")
        keys.press("Space")
        expect(helper.get_by_role("button", name="Request elevation")).to_be_visible()
        go_to(device, keys, "push button", "Leave")
        keys.press("Space")
        device.is_at("push button", "Stay")
        go_to(device, keys, "push button", "Leave and sign out")
        keys.press("Space")
        device.is_at("push button", "Done")
        expect(helper.get_by_text("Sami Virtanen ended the session.")).to_be_visible()


def step(device, keys: Typist) -> None:
    before = device.focused()
    keys.press("Tab")
    until(lambda: device.focused() != before, lambda: f"something after {before}")


def go_to(device, keys: Typist, role: str, name: str) -> None:
    """By Tab, as far as it takes. What allows something lets nobody in before it has been there for a moment."""
    device.find_enabled(role, name)
    for _key in range(12):
        if device.has_focus(role, name):
            break
        step(device, keys)
    device.is_at(role, name)


def test_the_person_at_the_device_goes_first_and_both_sides_are_told(
    desk, helper_browser, device, tmp_path
):
    """Xephyr has a mouse of its own: the pointer of the X server that it is a window of."""
    inner_folder = tmp_path / "inner"
    inner_folder.mkdir()
    with desktop(inner_folder, server=xephyr(device)) as inner:
        sign_in(inner, desk, helper_browser)
        helper = desk.page(helper_browser, "helper")
        go_live(inner, helper, "Full control")
        target = inner.target(0, 200, 1280, 600)
        helper.mouse.click(*point_at(helper, 600, 500))
        until(lambda: target.events("up"), "the helper has control")
        helper.keyboard.down("Shift")
        until(inner.keys_down, "a key is held")

        state = helper.locator("[data-control-state]")
        with closing(X11Input(device.display)) as person:

            def used() -> bool:
                """The person keeps on moving the mouse."""
                for x in range(100, 900, 40):
                    person.move(x, 400)
                return bool(inner.ask(do="find", role="label", name="You have mouse and keyboard."))

            until(used, "the person is told")

            def told() -> bool:
                used()
                return state.is_visible() and "using mouse" in state.inner_text()

            until(told, "the helper is told")
            until(lambda: used() and inner.keys_down() == [], "what the helper held is let go of")
            target.forget()
            used()
            helper.mouse.click(*point_at(helper, 300, 600))
        expect(state).to_be_hidden()
        helper.keyboard.up("Shift")
        helper.mouse.click(*point_at(helper, 640, 640))
        until(lambda: target.events("up"), "the helper has control again")
        assert [(e["x"], e["y"]) for e in target.events("down")] == [(640, 640)]


def test_a_second_copy_says_so_and_ends(device):
    device.start_app()
    device.find("text", "Address of your Remote Help site")

    def second(**env: str):
        return subprocess.run(
            [str(APP)],
            env=device.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    done = second()
    assert (done.returncode, done.stderr) == (
        2,
        "Remote Help is already running on this desktop.\n",
    )
    assert second(DISPLAY=f"{device.display}.0").returncode == 2
    folder = device.folder / "other"
    folder.mkdir()
    with desktop(folder) as other:
        elsewhere = second(DISPLAY=other.display)
    assert elsewhere.returncode == 2
    assert f"on another desktop ({device.display})" in elsewhere.stderr


@pytest.mark.parametrize("display", ["", ":4095"])
def test_without_a_display_the_app_says_so_in_a_sentence(device, display):
    done = subprocess.run(
        [str(APP)], env=device.env | {"DISPLAY": display},
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "display" in done.stderr.lower()


def test_a_session_that_is_opened_elsewhere_is_not_noted_as_lost(desk, helper_browser, device):
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "View screen")
    sharer = desk.page(helper_browser, "sharer")
    sharer.goto(helper.url)
    device.reads("The session has ended")
    device.reads("This session was opened in another place")
    told = log_of(device)
    assert "ended: taken over." in told
    assert "lost" not in told
    assert "interrupted" not in told


def test_input_reaches_a_program_that_started_meanwhile(desk, helper_browser, device):
    """The injector follows windows while nothing is pressed."""
    sign_in(device, desk, helper_browser)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    terminal = Terminal(device)
    helper.mouse.click(*point_at(helper, *terminal.place))
    helper.keyboard.type("hello")
    terminal.has("hello")
