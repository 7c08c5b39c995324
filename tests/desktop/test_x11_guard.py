"""Whether a press may be is asked about the very window that gets it, and nothing comes in between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from remotehelp_app.platform.interfaces import Reach, RefusedError
from remotehelp_app.platform.x11.connect import connect
from remotehelp_app.platform.x11.input import X11Input
from Xlib import X

from tests.browser.conftest import until

pytestmark = pytest.mark.desktop
KINDS = {X.KeyPress: "key", X.ButtonPress: "button"}


class Window:
    """A window of a program of its own, above the others; knows what was pressed in it."""

    def __init__(self, device, name: str, area: tuple[int, int, int, int]) -> None:
        self.display = connect(device.display)
        screen = self.display.screen()
        self.window = screen.root.create_window(
            *area, 0, screen.root_depth, X.InputOutput, override_redirect=True,
            event_mask=X.KeyPressMask | X.ButtonPressMask | X.StructureNotifyMask,
        )  # fmt: skip
        self.window.set_wm_class(name, name)
        self.display.sync()

    def ask_for_place(self) -> None:
        """Asks the X server to show it, and does not wait for the answer."""
        self.window.map()
        self.display.flush()

    def show(self) -> None:
        self.window.map()
        until(lambda: self.window.get_attributes().map_state == X.IsViewable, "it is shown")

    def take_keyboard(self) -> None:
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.display.sync()

    def pressed(self) -> list[str]:
        """All so far, once everything that the X server has for it came in."""
        self.display.sync()
        found = []
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type in KINDS:
                found.append(KINDS[event.type])
        return found

    def close(self) -> None:
        self.display.close()


@pytest.fixture
def hands(device):
    with closing(X11Input(device.display)) as made:
        yield made


@pytest.fixture
def window(device):
    """Makes windows that go with the test."""
    made: list[Window] = []

    def make(name: str, *area: int) -> Window:
        x, y, width, height = area
        made.append(Window(device, name, (x, y, width, height)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def no_prompts(reach: Reach) -> bool:
    return not reach.is_prompt and not reach.is_ours


def click(hands, x: int, y: int, may: Callable[[Reach], bool] = no_prompts, own: int = 0) -> None:
    with suppress(RefusedError), hands.guarded(may, own):
        hands.move(x, y)
        hands.button(0, is_down=True)
    hands.button(0, is_down=False)


def tap(hands, may: Callable[[Reach], bool] = no_prompts, own: int = 0) -> None:
    with suppress(RefusedError), hands.guarded(may, own):
        hands.key("KeyA", "a", is_down=True, modifiers=0)
    hands.key("KeyA", "a", is_down=False, modifiers=0)


def test_a_prompt_gets_neither_click_nor_key_and_the_window_beside_it_gets_the_click(hands, window):
    beside = window("editor", 0, 0, 400, 400)
    beside.show()
    beside.take_keyboard()
    click(hands, 50, 50)
    tap(hands)
    assert beside.pressed() == ["button", "key"]

    prompt = window("pinentry-gtk-2", 500, 0, 300, 300)
    prompt.show()
    click(hands, 600, 100)
    tap(hands)
    click(hands, 50, 50)
    assert prompt.pressed() == []
    assert beside.pressed() == ["button"]

    # What the gate says after the person allowed elevation.
    click(hands, 600, 100, lambda reach: True)
    prompt.take_keyboard()
    tap(hands, lambda reach: True)
    assert prompt.pressed() == ["button", "key"]


def test_a_prompt_cannot_slip_in_between_question_and_press(hands, window):
    editor = window("editor", 0, 0, 400, 400)
    editor.show()
    editor.take_keyboard()
    prompt = window("pinentry-gtk-2", 0, 0, 400, 400)

    def may(reach: Reach) -> bool:
        prompt.ask_for_place()  # a program that comes at the worst moment
        return no_prompts(reach)

    with suppress(RefusedError), hands.guarded(no_prompts, 0):
        hands.move(50, 50)
    with hands.guarded(may, 0):
        hands.button(0, is_down=True)
    hands.button(0, is_down=False)
    assert prompt.pressed() == []
    assert editor.pressed() == ["button"]
    click(hands, 50, 50)
    assert prompt.pressed() == []


def test_a_long_text_stops_at_the_character_before_the_prompt(hands, window):
    editor = window("editor", 0, 0, 400, 400)
    editor.show()
    editor.take_keyboard()
    prompt = window("polkit-gnome-authentication-agent-1", 500, 0, 300, 300)
    asked = []

    def may(reach: Reach) -> bool:
        asked.append(reach)
        if len(asked) == 3:
            prompt.ask_for_place()
        return no_prompts(reach)

    with pytest.raises(RefusedError), hands.guarded(may, 0):
        hands.text("abcdefgh")
    assert editor.pressed() == ["key"] * 3
    assert [reach.is_prompt for reach in asked] == [False, False, False, True]
    assert prompt.pressed() == []


def test_our_own_windows_are_told_by_who_made_them(hands, window):
    ours = window("remotehelp-app", 0, 0, 300, 300)
    ours.show()
    ours.take_keyboard()
    own = ours.window.id
    click(hands, 50, 50, own=own)
    tap(hands, own=own)
    assert ours.pressed() == []

    cover = window("editor", 0, 0, 100, 100)
    cover.show()
    click(hands, 50, 50, own=own)
    assert cover.pressed() == ["button"]
    click(hands, 200, 200, own=own)
    assert ours.pressed() == []
    cover.take_keyboard()
    tap(hands, own=own)
    assert cover.pressed() == ["key"]


def test_nothing_is_pressed_where_the_pointer_was_not_put(device, hands, window):
    editor = window("editor", 0, 0, 1280, 800)
    editor.show()
    with closing(X11Input(device.display)) as person, hands.guarded(no_prompts, 0):
        hands.move(50, 50)
        person.move(400, 300)
        with pytest.raises(RefusedError):
            hands.button(0, is_down=True)
        with pytest.raises(RefusedError):
            hands.wheel(0, 1)
    assert editor.pressed() == []


def test_a_program_that_becomes_a_prompt_late_is_one_from_then_on(hands, window):
    late = window("editor", 0, 0, 300, 300)
    late.show()
    click(hands, 50, 50)
    assert late.pressed() == ["button"]
    late.window.set_wm_class("pinentry", "Pinentry")
    late.display.sync()
    click(hands, 50, 50)
    assert late.pressed() == []
