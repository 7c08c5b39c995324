"""The one place on the device that says whether input may act (S5, S7): closed unless the person opened it."""

from __future__ import annotations

import pytest
from remotehelp_app.platform.interfaces import Area, Reach
from remotehelp_app.session.feed import Event
from remotehelp_app.session.gate import LOCAL_USER_HAS_IT_FOR, Gate

CLICK = Event("down", (0, 5, 5), 1)
KEY = Event("key", ("KeyA", "a", True, 0), 1)
KEY_UP = Event("key", ("KeyA", "a", False, 0), 1)
TEXT = Event("text", ("hello",), 1)
MOVE = Event("move", (5, 5), 1)
HERE = (5, 5)
BOX = (Area(0, 0, 10, 10),)
ACTING = [(CLICK, HERE), (KEY, None), (TEXT, None), (MOVE, HERE)]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    """As after *Allow full control*, with a connection."""
    made = Gate(clock)
    made.control_allowed()
    made.connected(is_connected=True)
    return made


@pytest.mark.parametrize(("event", "place"), ACTING)
def test_nothing_acts_before_the_person_allowed_it(event, place):
    gate = Gate()
    gate.connected(is_connected=True)
    assert not gate.may(event, place)
    assert gate.why() == "view_only"
    gate.control_allowed()
    assert gate.may(event, place)


def test_nothing_acts_without_a_connection_and_never_again_after_the_end(gate):
    gate.connected(is_connected=False)
    assert not gate.may(CLICK, HERE)
    gate.connected(is_connected=True)
    assert gate.may(CLICK, HERE)
    gate.close()
    gate.control_allowed()
    gate.connected(is_connected=True)
    gate.elevation(is_granted=True)
    assert not gate.may(CLICK, HERE)
    assert not gate.may_show_prompts


def test_the_person_at_the_device_goes_first(gate, clock):
    gate.used_locally()
    assert gate.why() == "local_user"
    assert not any(gate.may(event, place) for event, place in ACTING)
    clock.now += LOCAL_USER_HAS_IT_FOR
    assert all(gate.may(event, place) for event, place in ACTING)


def test_a_prompt_takes_the_keyboard_away_until_elevation(gate):
    gate.prompts(BOX)
    assert not gate.may(KEY, None)
    assert not gate.may(TEXT, None)
    assert not gate.may(CLICK, HERE)
    assert gate.may(CLICK, (50, 50))
    gate.elevation(is_granted=True)
    assert all(gate.may(event, place) for event, place in ACTING)
    gate.elevation(is_granted=False)
    assert not gate.may(KEY, None)


def test_elevation_needs_full_control():
    gate = Gate()
    gate.elevation(is_granted=True)
    assert not gate.may_show_prompts


def test_our_own_windows_are_for_the_person_alone_even_with_elevation(gate):
    gate.elevation(is_granted=True)
    gate.protect(BOX)
    assert not gate.may(CLICK, HERE)
    assert gate.may(CLICK, (50, 50))
    gate.focus(is_ours=True)
    assert not gate.may(KEY, None)
    assert gate.said_why() == "protected"
    gate.focus(is_ours=False)
    assert gate.may(KEY, None)


def test_letting_go_always_counts(gate):
    gate.close()
    assert gate.may(KEY_UP, None)
    assert gate.may(Event("release", (), 0), None)


def test_input_that_failed_stays_off(gate):
    gate.failed()
    assert gate.why() == "failed"
    assert not gate.may(CLICK, HERE)


@pytest.mark.parametrize(("event", "place"), ACTING)
def test_what_the_system_says_at_the_very_moment_counts_more_than_what_was_told(gate, event, place):
    assert not gate.may(event, place, Reach(is_prompt=True))
    gate.prompts(BOX)
    assert gate.may(event, place, Reach())
    gate.prompts(())
    gate.elevation(is_granted=True)
    assert gate.may(event, place, Reach(is_prompt=True))
    # Our own windows stay out of reach, whatever was granted; the pointer may pass over them.
    assert gate.may(event, place, Reach(is_ours=True)) == (event is MOVE)


def test_a_system_that_cannot_tell_our_windows_goes_by_their_places(gate):
    gate.protect(BOX)
    assert gate.may(CLICK, HERE, Reach(is_ours=False))
    assert not gate.may(CLICK, HERE, Reach(is_ours=None))


def test_a_press_without_a_place_presses_nothing(gate):
    assert not gate.may(CLICK, None)
    assert not gate.may(CLICK, None, Reach())
