"""Mouse and keyboard on a real X server: what the device's programs get."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.x11.input import X11Input
from remotehelp_app.platform.x11.positions import KEYCODES

from tests.browser.conftest import until

pytestmark = pytest.mark.desktop
SHIFT, CTRL, ALT_GRAPH = 1, 2, 16
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIGNS = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
FOREIGN = "äöüß€éèçàñ日本語Привет😀"
# The window manager takes it for itself, as many do.
TAKEN = {"PrintScreen"}


def terminal(device):
    """A real program that keeps what is typed into it."""
    command = "stty -icanon min 1 -isig -ixon; printf ready > ready.txt; cat > typed.txt"
    device.start("xterm", "-geometry", "80x20+0+0", "-e", command)
    until((device.folder / "ready.txt").exists, "the terminal is there")


def typed(device) -> str:
    return (
        (device.folder / "typed.txt").read_text() if (device.folder / "typed.txt").exists() else ""
    )


def click(hands, x, y):
    hands.move(x, y)
    hands.button(0, is_down=True)
    hands.button(0, is_down=False)


def tap(hands, code, key, modifiers=0):
    hands.key(code, key, is_down=True, modifiers=modifiers)
    hands.key(code, key, is_down=False, modifiers=modifiers)


def layout(device, name):
    subprocess.run(["setxkbmap", name], env=device.env, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["us", "de", "fr"])
def test_what_the_helper_types_appears_whatever_layout_the_device_has(device, name):
    with closing(X11Input(device.display)) as hands:
        layout(device, name)
        terminal(device)
        click(hands, 60, 60)
        for character in LETTERS + SIGNS:
            tap(hands, "", character, SHIFT if character.isupper() else 0)
        until(lambda: typed(device) == LETTERS + SIGNS, lambda: typed(device))
        assert device.keys_down() == []


@pytest.mark.parametrize("name", ["us", "de", "fr"])
def test_any_text_arrives_exactly(device, name):
    layout(device, name)
    terminal(device)
    with closing(X11Input(device.display)) as hands:
        click(hands, 60, 60)
        hands.text(f"{FOREIGN}\n{LETTERS}\tend")
        until(lambda: typed(device).endswith("end"), lambda: typed(device))
        assert typed(device) == f"{FOREIGN}\n{LETTERS}\tend"


def test_a_layout_that_changes_in_between_is_followed(device):
    terminal(device)
    with closing(X11Input(device.display)) as hands:
        click(hands, 60, 60)
        hands.text("yz-us ")
        until(lambda: typed(device) == "yz-us ", lambda: typed(device))
        layout(device, "de")
        hands.text("yz-de ß")
        until(lambda: typed(device) == "yz-us yz-de ß", lambda: typed(device))


def test_a_lent_key_that_a_new_layout_took_back_is_lent_again(device):
    terminal(device)
    with closing(X11Input(device.display)) as hands:
        click(hands, 60, 60)
        hands.text("²日")
        until(lambda: typed(device) == "²日", lambda: typed(device))
        layout(device, "us")
        hands.text("²日")
        until(lambda: typed(device) == "²日²日", lambda: typed(device))
        layout(device, "fr")
        hands.text("²日")
        until(lambda: typed(device) == "²日²日²日", lambda: typed(device))


def test_a_held_shift_of_the_helper_does_not_change_what_the_character_says(device):
    """On a French keyboard digits need Shift; the helper's needs none, and the other way round."""
    layout(device, "fr")
    terminal(device)
    with closing(X11Input(device.display)) as hands:
        click(hands, 60, 60)
        tap(hands, "Digit1", "1")
        hands.key("ShiftLeft", "Shift", is_down=True, modifiers=SHIFT)
        tap(hands, "Digit1", "!", SHIFT)
        tap(hands, "KeyA", "A", SHIFT)
        hands.key("ShiftLeft", "Shift", is_down=False, modifiers=0)
        tap(hands, "KeyA", "a")
        hands.key("AltRight", "AltGraph", is_down=True, modifiers=ALT_GRAPH)
        tap(hands, "KeyQ", "@", ALT_GRAPH)
        hands.key("AltRight", "AltGraph", is_down=False, modifiers=0)
        until(lambda: typed(device) == "1!Aa@", lambda: typed(device))
        assert device.keys_down() == []


def test_every_key_of_a_full_keyboard_goes_down_and_up(device):
    target = device.target()
    named = {code: keycode for code, keycode in KEYCODES.items() if code not in TAKEN}
    with closing(X11Input(device.display)) as hands:
        for code in named:
            tap(hands, code, "Unidentified" if code.startswith("Numpad") else code)
        wanted = [keycode for code, keycode in named.items() if code not in ("CapsLock", "NumLock")]
        until(
            lambda: len(target.events("key up")) >= len(wanted),
            lambda: str(set(wanted) - {e["detail"] for e in target.events("key up")}),
        )
        assert [e["detail"] for e in target.events("key down")] == wanted
        assert [e["detail"] for e in target.events("key up")] == wanted
        assert device.keys_down() == []


def test_a_shortcut_goes_by_the_character_on_the_devices_layout(device):
    layout(device, "fr")
    target = device.target()
    with closing(X11Input(device.display)) as hands:
        hands.key("ControlLeft", "Control", is_down=True, modifiers=CTRL)
        tap(hands, "KeyA", "a", CTRL)
        hands.key("ControlLeft", "Control", is_down=False, modifiers=0)
        until(lambda: len(target.events("key up")) >= 2, "the keys arrive")
        # On a French keyboard the A is where others have the Q.
        assert [e["detail"] for e in target.events("key down")] == [KEYCODES["ControlLeft"], KEYCODES["KeyQ"]]  # fmt: skip
        assert target.events("key down")[1]["state"] == 4


def test_buttons_drag_and_wheel_arrive_to_the_pixel(device):
    target = device.target()
    with closing(X11Input(device.display)) as hands:
        hands.move(100, 100)
        hands.button(0, is_down=True)
        hands.move(333, 444)
        hands.button(0, is_down=False)
        for button in (1, 2, 3, 4):
            hands.button(button, is_down=True)
            hands.button(button, is_down=False)
        hands.move(1279, 799)
        hands.wheel(-1, 2)
        until(lambda: len(target.events("up")) == 8, "the buttons arrive")
    downs = [(e["detail"], e["x"], e["y"]) for e in target.events("down")]
    assert downs == [
        (1, 100, 100),
        *((button, 333, 444) for button in (2, 3, 8, 9)),
        *((button, 1279, 799) for button in (5, 5, 6)),
    ]
    ups = target.events("up")
    assert (ups[0]["detail"], ups[0]["x"], ups[0]["y"]) == (1, 333, 444)


def test_a_button_that_was_not_pressed_is_not_let_go(device):
    target = device.target()
    with closing(X11Input(device.display)) as hands:
        hands.button(0, is_down=False)
        hands.key("KeyA", "a", is_down=False, modifiers=0)
        click(hands, 10, 10)
        until(lambda: target.events("up"), "the click arrives")
        assert len(target.events("up")) == 1
        assert target.events("key up") == []


def test_everything_held_is_let_go_at_once(device):
    with closing(X11Input(device.display)) as hands:
        device.target()
        hands.key("ShiftLeft", "Shift", is_down=True, modifiers=0)
        hands.key("KeyB", "B", is_down=True, modifiers=SHIFT)
        assert len(device.keys_down()) == 2
        hands.release_all()
        assert device.keys_down() == []
        hands.release_all()


KILLED = """
import sys, time
from remotehelp_app.platform.x11.input import X11Input
hands = X11Input(sys.argv[1])
hands.text("日")
hands.key("ControlLeft", "Control", is_down=True, modifiers=0)
hands.key("KeyX", "x", is_down=True, modifiers=2)
print("held", flush=True)
time.sleep(600)
"""


def test_a_killed_process_leaves_no_key_down_and_no_key_changed(device):
    with closing(X11Input(device.display)) as look:
        spare = look._layout.spare
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, device.display],
        env={**device.env, "PYTHONPATH": "agent"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"held\n"
    assert len(device.keys_down()) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    until(lambda: device.keys_down() == [], "the watchdog lets go")

    def is_as_before():
        with closing(X11Input(device.display)) as look:
            return look._layout.spare == spare

    until(is_as_before, "the lent key is given back")


def test_no_display_is_said_in_words():
    with pytest.raises(UnavailableError, match="no X11 display"):
        X11Input(":4095")
