"""Mouse and keyboard of Windows: what the device's programs get."""

from __future__ import annotations

import itertools
import subprocess
from contextlib import closing, contextmanager, nullcontext

import pytest
from Xlib import X
from Xlib.ext import xtest

from tests.browser.conftest import until
from tests.windows.machine import Program, RefusedError

pytestmark = pytest.mark.windows
SHIFT, CTRL, ALT_GRAPH, NUM = 1, 2, 16, 64
CAPS_LOCK, NUM_LOCK = 66, 77  # X keycodes
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIGNS = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
FOREIGN = "äöüß€éèçàñ日本語Привет😀"
EXTENDED = 0x100


@pytest.fixture
def layout(pc):
    """The keyboard of the screen; for programs that are started afterwards."""

    def choose(name):
        command = ["setxkbmap", "-display", pc.display, name]
        subprocess.run(command, check=True, capture_output=True)

    yield choose
    choose("us")


@pytest.fixture
def both(pc):
    """A target with the keyboard, and the parts."""

    def start():
        target = pc.program("target")
        target.ask("show", name="Target", place=[0, 0, 1280, 800])
        parts = pc.program("parts")
        stack.extend((parts, target))
        parts.ask("click", x=640, y=400)
        until(lambda: target.ask("has_focus"), "the target has the keyboard")
        until(lambda: [e for e in target.ask("events") if e["event"] == "up"], "the click arrives")
        target.ask("forget")
        return target, parts

    stack: list[Program] = []
    yield start
    for program in stack:
        program.close()


def events(target, *names):
    return [e for e in target.ask("events") if e["event"] in names]


@pytest.mark.parametrize("name", ["us", "de", "fr"])
def test_what_the_helper_types_appears_whatever_layout_the_device_has(both, layout, name):
    layout(name)
    target, parts = both()
    parts.ask("type_each", text=LETTERS + SIGNS)
    until(lambda: target.ask("typed") == LETTERS + SIGNS, lambda: target.ask("typed"))
    parts.ask("text", text=f"{FOREIGN}\n{LETTERS}\tend")
    wanted = f"{LETTERS}{SIGNS}{FOREIGN}\r{LETTERS}\tend"
    until(lambda: target.ask("typed") == wanted, lambda: target.ask("typed"))
    assert parts.ask("down") == []


def test_a_held_shift_of_the_helper_does_not_change_what_the_character_says(both, layout):
    """On a French keyboard digits need Shift; the helper's needs none, and the other way round."""
    layout("fr")
    target, parts = both()
    parts.ask("tap", code="Digit1", key="1")
    parts.ask("key", code="ShiftLeft", key="Shift", is_down=True, modifiers=SHIFT)
    parts.ask("tap", code="Digit1", key="!", modifiers=SHIFT)
    parts.ask("tap", code="KeyA", key="A", modifiers=SHIFT)
    parts.ask("key", code="ShiftLeft", key="Shift", is_down=False, modifiers=0)
    parts.ask("tap", code="KeyA", key="a")
    parts.ask("key", code="AltRight", key="AltGraph", is_down=True, modifiers=ALT_GRAPH)
    parts.ask("tap", code="KeyQ", key="@", modifiers=ALT_GRAPH)
    parts.ask("key", code="AltRight", key="AltGraph", is_down=False, modifiers=0)
    until(lambda: target.ask("typed") == "1!Aa@", lambda: target.ask("typed"))
    assert parts.ask("down") == []


def test_a_shortcut_goes_by_the_character_on_the_devices_layout(both, layout):
    layout("fr")
    target, parts = both()
    parts.ask("key", code="ControlLeft", key="Control", is_down=True, modifiers=CTRL)
    parts.ask("tap", code="KeyA", key="a", modifiers=CTRL)
    parts.ask("key", code="ControlLeft", key="Control", is_down=False, modifiers=0)
    until(lambda: len(events(target, "key up")) >= 2, "the keys arrive")
    # On a French keyboard the A is where others have the Q.
    assert [e["scan"] for e in events(target, "key down")] == [0x1D, 0x10]
    assert events(target, "key down")[1]["key"] == ord("A")


def test_the_keys_of_a_full_keyboard_go_down_and_up(both):
    target, parts = both()
    codes = {
        "Escape": 0x01, "Digit1": 0x02, "Backspace": 0x0E, "Tab": 0x0F, "KeyQ": 0x10, "Enter": 0x1C, "ControlLeft": 0x1D,
        "KeyA": 0x1E, "ShiftLeft": 0x2A, "Backslash": 0x2B, "KeyZ": 0x2C, "Space": 0x39, "F1": 0x3B, "F9": 0x43,
        "F11": 0x57, "F12": 0x58, "ScrollLock": 0x46, "IntlBackslash": 0x56, "NumpadMultiply": 0x37,
        "NumpadEnter": EXTENDED | 0x1C, "ControlRight": EXTENDED | 0x1D, "NumpadDivide": EXTENDED | 0x35,
        "Home": EXTENDED | 0x47, "ArrowUp": EXTENDED | 0x48, "PageUp": EXTENDED | 0x49, "ArrowLeft": EXTENDED | 0x4B,
        "ArrowRight": EXTENDED | 0x4D, "End": EXTENDED | 0x4F, "ArrowDown": EXTENDED | 0x50,
        "PageDown": EXTENDED | 0x51, "Insert": EXTENDED | 0x52, "Delete": EXTENDED | 0x53,
        "MetaLeft": EXTENDED | 0x5B, "ContextMenu": EXTENDED | 0x5D,
    }  # fmt: skip
    for code in codes:
        parts.ask("tap", code=code, key="Unidentified" if code.startswith("Numpad") else code)
    until(
        lambda: len(events(target, "key up")) >= len(codes),
        lambda: str([e["scan"] for e in events(target, "key up")]),
    )
    assert [e["scan"] for e in events(target, "key down")] == [*codes.values()]
    assert [e["scan"] for e in events(target, "key up")] == [*codes.values()]
    assert parts.ask("down") == []


def test_a_lock_key_of_the_helper_locks_nothing(both):
    target, parts = both()
    for code in ("CapsLock", "NumLock"):
        parts.ask("tap", code=code, key=code)
    parts.ask("tap", code="KeyA", key="A")
    until(lambda: target.ask("typed") == "A", lambda: target.ask("typed"))


def test_what_is_locked_on_the_device_changes_nothing_of_what_the_helper_means(pc, both):
    target, parts = both()
    with pressed_by_the_person(pc, CAPS_LOCK):
        until(lambda: events(target, "key up"), "the person's key arrives")
        parts.ask("type_each", text="aAzZ1!")
        until(lambda: target.ask("typed") == "aAzZ1!", lambda: target.ask("typed"))
    target.ask("forget")
    keypad = [("Numpad7", "7", NUM), ("Numpad7", "Home", 0), ("NumpadDecimal", ".", NUM)]
    keypad += [("NumpadDecimal", "Delete", 0), ("Numpad5", "5", NUM), ("NumpadAdd", "+", NUM)]
    for is_locked in (False, True):
        with pressed_by_the_person(pc, NUM_LOCK) if is_locked else nullcontext():
            until(lambda: not is_locked or events(target, "key up"), "the person's key arrives")  # noqa: B023
            target.ask("forget")
            for code, key, modifiers in keypad:
                parts.ask("tap", code=code, key=key, modifiers=modifiers)
            until(lambda: target.ask("typed") == "7.5+", lambda: target.ask("typed"))
            gone = [e["key"] for e in events(target, "key up") if e["key"] in (0x24, 0x2E)]
            assert gone == [0x24, 0x2E]  # Home and Delete
    assert parts.ask("down") == []


@contextmanager
def pressed_by_the_person(pc, keycode):
    """A lock key; it is let go of again, and unlocked at the end."""
    with pc.at_the_screen() as person:

        def press():
            for kind in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(person, kind, keycode)
            person.sync()

        press()
        try:
            yield
        finally:
            press()


def test_buttons_drag_and_wheel_arrive_to_the_pixel(both):
    target, parts = both()
    parts.ask("move", x=100, y=100)
    parts.ask("button", button=0, is_down=True)
    parts.ask("move", x=333, y=444)
    parts.ask("button", button=0, is_down=False)
    for button in (1, 2, 3, 4):
        parts.ask("button", button=button, is_down=True)
        parts.ask("button", button=button, is_down=False)
    parts.ask("click", x=1279, y=799)
    parts.ask("click", x=0, y=0)
    parts.ask("wheel", dx=-1, dy=2)
    until(lambda: len(events(target, "wheel", "wheel across")) == 3, "the wheel arrives")
    until(lambda: len(events(target, "up")) == 7, "the buttons arrive")
    assert [(e["button"], e["x"], e["y"]) for e in events(target, "down")] == [
        (0, 100, 100),
        *((button, 333, 444) for button in (1, 2, 3, 4)),
        (0, 1279, 799),
        (0, 0, 0),
    ]
    first = events(target, "up")[0]
    assert (first["button"], first["x"], first["y"]) == (0, 333, 444)
    assert [(e["event"], e["count"]) for e in events(target, "wheel", "wheel across")] == [
        ("wheel", -1),
        ("wheel", -1),
        ("wheel across", -1),
    ]


def test_what_was_not_pressed_is_not_let_go(both):
    target, parts = both()
    parts.ask("button", button=0, is_down=False)
    parts.ask("key", code="KeyA", key="a", is_down=False, modifiers=0)
    parts.ask("click", x=10, y=10)
    until(lambda: events(target, "up"), "the click arrives")
    assert len(events(target, "up")) == 1
    assert events(target, "key up") == []


def test_everything_held_is_let_go_at_once(both):
    _target, parts = both()
    parts.ask("key", code="ShiftLeft", key="Shift", is_down=True, modifiers=0)
    parts.ask("key", code="KeyB", key="B", is_down=True, modifiers=SHIFT)
    parts.ask("button", button=2, is_down=True)
    until(lambda: {ord("B"), 0x10, 2} <= {*parts.ask("down")}, lambda: str(parts.ask("down")))
    parts.ask("release_all")
    until(lambda: parts.ask("down") == [], lambda: str(parts.ask("down")))
    parts.ask("release_all")


def test_a_killed_process_leaves_no_key_down(pc, both):
    target, parts = both()
    parts.ask("key", code="ControlLeft", key="Control", is_down=True, modifiers=0)
    parts.ask("key", code="KeyX", key="x", is_down=True, modifiers=CTRL)
    until(lambda: len(events(target, "key down")) == 2, "the keys arrive")
    parts.kill()
    until(lambda: len(events(target, "key up")) == 2, "the watchdog lets go")
    with closing(pc.program("parts")) as look:
        assert look.ask("down") == []


def test_whose_the_keyboard_is_is_told_by_the_process(pc, both):
    _target, parts = both()
    with closing(pc.program("target")) as other:
        mine = other.ask("show", name="Other", place=[0, 0, 100, 100])

        def has_it_after_a_click_at(x, y):
            parts.ask("click", x=x, y=y)
            return parts.ask("has_focus", window=mine)

        until(lambda: has_it_after_a_click_at(50, 50), "the other one has the keyboard")
        until(lambda: not has_it_after_a_click_at(640, 400), "it has the keyboard no more")


def test_a_prompt_gets_neither_click_nor_key_and_beside_it_the_mouse_acts(pc, both):
    target, parts = both()
    prompt = pc.program("target", called="consent.exe")
    with closing(prompt):
        prompt.ask("show", name="Question", place=[400, 300, 200, 100])
        for refused in (
            {"do": "click", "x": 500, "y": 350},
            {"do": "move", "x": 500, "y": 350},
            {"do": "tap", "code": "KeyA", "key": "a"},
            {"do": "text", "text": "a"},
        ):
            with pytest.raises(RefusedError):
                ask_guarded(parts, refused)
        ask_guarded(parts, {"do": "click", "x": 640, "y": 500})
        until(lambda: len(events(target, "up")) == 1, "the click beside it arrives")
        assert [(e["x"], e["y"]) for e in events(target, "down")] == [(640, 500)]
        assert events(prompt, "down", "key down", "character") == []
        parts.ask("move", x=500, y=350)
        with pytest.raises(RefusedError):
            ask_guarded(parts, {"do": "wheel", "dx": 0, "dy": 1})
        assert events(prompt, "wheel") == []
    until(lambda: typed_guarded(parts), "the keys act again")
    until(lambda: target.ask("typed").endswith("a"), lambda: target.ask("typed"))


def ask_guarded(parts, what, own_window=0):
    question = {"act": what["do"], "arguments": {k: v for k, v in what.items() if k != "do"}}
    return parts.ask("guarded", own_window=own_window, **question)


def typed_guarded(parts):
    try:
        return ask_guarded(parts, {"do": "tap", "code": "KeyA", "key": "a"})
    except RefusedError:
        return False


def test_a_window_of_our_own_gets_neither_click_nor_key(pc, both):
    target, parts = both()
    with closing(pc.program("target")) as other:
        mine = other.ask("show", name="Other", place=[0, 0, 100, 100])
        until(lambda: parts.ask("has_focus", window=mine), "ours has the keyboard")
        for refused in (
            {"do": "click", "x": 50, "y": 50},
            {"do": "tap", "code": "KeyA", "key": "a"},
            {"do": "text", "text": "a"},
        ):
            with pytest.raises(RefusedError):
                ask_guarded(parts, refused, mine)
        until(lambda: parts.ask("has_focus", window=mine), "ours still has the keyboard")
        click = {"do": "click", "x": 640, "y": 400}
        assert ask_guarded(parts, click, mine) == [[False, False], [False, False]]
        until(lambda: events(target, "up"), "the click beside it arrives")
        assert events(other, "down", "key down", "character") == []


def test_a_long_text_is_asked_about_character_by_character(both):
    target, parts = both()
    with pytest.raises(RefusedError):
        parts.ask("guarded", act="text", arguments={"text": LETTERS}, at_most=5)
    until(lambda: target.ask("typed") == LETTERS[:5], lambda: target.ask("typed"))
    parts.ask("text", text="!")
    until(lambda: target.ask("typed") == f"{LETTERS[:5]}!", lambda: target.ask("typed"))
    assert parts.ask("down") == []


def test_a_press_is_refused_where_the_person_has_moved_the_pointer(pc, both):
    target, parts = both()
    parts.ask("move", x=300, y=300)
    with pc.at_the_screen() as person:
        xtest.fake_input(person, X.MotionNotify, x=700, y=500)
        person.sync()
        until(lambda: parts.ask("pointer") == [700, 500], "the person's mouse is told")
        with pytest.raises(RefusedError):
            ask_guarded(parts, {"do": "button", "button": 0, "is_down": True})
    ask_guarded(parts, {"do": "click", "x": 300, "y": 300})
    until(lambda: events(target, "up"), "the next click arrives")
    assert [(e["x"], e["y"]) for e in events(target, "down")] == [(300, 300)]


def test_ctrl_alt_del_is_not_offered(both):
    _target, parts = both()
    with pytest.raises(RefusedError):
        parts.ask("attention")


def test_the_persons_own_mouse_and_keyboard_are_told_from_ours(pc, both):
    target, parts = both()
    parts.ask("watch")
    parts.ask("click", x=200, y=300)
    parts.ask("type_each", text="ours")
    parts.ask("text", text="日")
    parts.ask("wheel", dx=0, dy=1)
    until(lambda: target.ask("typed") == "ours日", lambda: target.ask("typed"))
    assert parts.ask("uses") == 0
    with pc.at_the_screen() as person:
        for kind in (X.KeyPress, X.KeyRelease):
            xtest.fake_input(person, kind, 38)
        person.sync()
        until(lambda: parts.ask("uses") > 0, "the person's key is told")
        before = parts.ask("uses")

        def is_told_of_a_move(places=itertools.cycle((700, 710))):  # noqa: B008 one for all looks
            xtest.fake_input(person, X.MotionNotify, x=next(places), y=500)
            person.sync()
            return parts.ask("uses") > before

        until(is_told_of_a_move, "the person's mouse is told")
    parts.ask("unwatch")
