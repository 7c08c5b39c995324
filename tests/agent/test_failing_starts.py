"""A part that fails when it starts says so: a session with a dead screen, or with a dead keyboard, looks like a live one."""

from __future__ import annotations

from typing import Any

import pytest
from remotehelp_app.media.screen import Listener, Screen
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.session.gate import Gate
from remotehelp_app.session.hands import Hands

SENTENCE = "There is no X11 display that this app may use."
FAILURES = [(UnavailableError(SENTENCE), SENTENCE), (AttributeError("half an extension"), "")]


def failing(error: Exception) -> Any:
    def make() -> Any:
        raise error

    return make


def nobody(*_told: Any) -> None:
    raise AssertionError("nothing else is told")


@pytest.mark.parametrize(("error", "told"), FAILURES)
def test_a_screen_that_cannot_start_is_told(error: Exception, told: str) -> None:
    failed: list[str] = []
    screen = Screen(failing(error), Listener(nobody, nobody, nobody, nobody, failed.append, nobody))
    screen.start()
    screen.join(5)
    assert failed == [told]


@pytest.mark.parametrize(("error", "told"), FAILURES)
def test_hands_that_cannot_start_are_told_and_the_gate_stays_shut(
    error: Exception, told: str
) -> None:
    failed: list[str] = []
    gate = Gate()
    gate.control_allowed()
    gate.connected(is_connected=True)
    hands = Hands(failing(error), gate, failed.append)
    hands.start()
    hands.join(5)
    assert failed == [told]
    assert gate.why() == "failed"
