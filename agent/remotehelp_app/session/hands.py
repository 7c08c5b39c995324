"""The thread that acts as mouse and keyboard: asks the gate before each event, and lets go when it hears nothing.

A thread of its own, because an event must not wait for a frame that is being encoded or a request that is under way.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from remotehelp_app.media.screen import View
from remotehelp_app.platform.interfaces import (
    GuardedInput,
    Input,
    Reach,
    RefusedError,
    UnavailableError,
)
from remotehelp_app.session.feed import Event
from remotehelp_app.session.gate import Gate

log = logging.getLogger(__name__)

SILENCE = 3.0  # seconds after which everything held is let go
_WAITING_EVENTS = 2000


class Hands(threading.Thread):
    """From `start` to `stop`; `failed` is called with a sentence when input cannot go on."""

    def __init__(
        self, make_input: Callable[[], Input], gate: Gate, failed: Callable[[str], None]
    ) -> None:
        super().__init__(name="hands", daemon=True)
        self._make_input, self._gate, self._failed = make_input, gate, failed
        self._events: queue.Queue[Event | None] = queue.Queue(_WAITING_EVENTS)
        self._heard_at = time.monotonic()
        self._is_stopping = threading.Event()
        self._held: set[tuple[str, str | int]] = set()
        self.view: View | None = None
        self.own_window = 0  # the system's number of a window of ours; 0 while there is none

    # --- from other threads ----------------------------------------------------------------------

    def act(self, events: Iterable[Event]) -> None:
        """In this order. Beyond what can wait, events are dropped: nobody types that fast."""
        self._heard_at = time.monotonic()
        for event in events:
            try:
                self._events.put_nowait(event)
            except queue.Full:
                log.warning("too many events are waiting; some were dropped")
                return

    def heard(self) -> None:
        """The helper's page is still there, though it has nothing new."""
        self._heard_at = time.monotonic()

    def let_go(self) -> None:
        self.act([Event("release", (), 0)])

    def stop(self) -> None:
        """Lets go of everything and ends the thread."""
        self._is_stopping.set()
        with contextlib.suppress(queue.Full):  # it looks at the flag before the next event anyway
            self._events.put_nowait(None)

    # --- the thread ------------------------------------------------------------------------------

    def run(self) -> None:
        hands: Input | None = None
        try:
            hands = self._make_input()
            self._run(hands)
        except UnavailableError as error:
            self._gate.failed()
            self._failed(str(error))
        except Exception:
            log.exception("input could not go on")
            self._gate.failed()
            self._failed("")
        finally:
            if hands is not None:
                hands.close()

    def _run(self, hands: Input) -> None:
        is_silent = False
        while not self._is_stopping.is_set():
            try:
                event = self._events.get(timeout=0.5)
            except queue.Empty:
                event = None
            if time.monotonic() > self._heard_at + SILENCE:
                if not is_silent:
                    self._release(hands)
                is_silent = True
            else:
                is_silent = False
            if event is not None:
                self._do(hands, event)
            elif isinstance(hands, GuardedInput):
                hands.keep_up()

    def _do(self, hands: Input, event: Event) -> None:
        place = self._place(event)
        if event.name == "release":
            self._release(hands)
        elif event.always_counts:
            self._let_go_of(hands, event, place)
        elif self._is_of_this_view(event):
            with contextlib.suppress(RefusedError):
                self._act_if_it_may(hands, event, place)

    def _act_if_it_may(self, hands: Input, event: Event, place: tuple[int, int] | None) -> None:
        """Where the system can, the gate is asked anew before each single press."""
        if isinstance(hands, GuardedInput):
            with hands.guarded(partial(self._may, event, place), self.own_window):
                _STEPS[event.name](hands, event, place)
        else:
            if place is None and self.own_window:
                self._gate.focus(is_ours=hands.has_focus(self.own_window))
            if not self._gate.may(event, place):
                return
            _STEPS[event.name](hands, event, place)
        self._held |= _holding(event)

    def _may(self, event: Event, place: tuple[int, int] | None, reach: Reach) -> bool:
        if place is None and reach.is_ours is not None:
            self._gate.focus(is_ours=reach.is_ours)
        return self._gate.may(event, place, reach)

    def _release(self, hands: Input) -> None:
        self._held.clear()
        hands.release_all()

    def _let_go_of(self, hands: Input, event: Event, place: tuple[int, int] | None) -> None:
        """Only of what we pressed: the rest belongs to the person at the device."""
        let_go = _holding(event)
        if let_go <= self._held:
            self._held -= let_go
            _STEPS[event.name](hands, event, place)

    def _is_of_this_view(self, event: Event) -> bool:
        return self.view is not None and event.view == self.view.number

    def _place(self, event: Event) -> tuple[int, int] | None:
        """Where on the desktop it happens; None for keys, and for a place outside the picture."""
        view = self.view
        places = {"move": event.values, "down": event.values[1:], "up": event.values[1:]}
        places["wheel"] = event.values[2:]
        found = places.get(event.name)
        if view is None or found is None or event.view != view.number:
            return None
        x, y = found
        if x >= view.area.width or y >= view.area.height:
            return None
        return view.area.x + x, view.area.y + y


def _holding(event: Event) -> set[tuple[str, str | int]]:
    """What the event presses or lets go of. A key is known by its place, and without one by its character."""
    if event.name in ("down", "up"):
        return {("button", event.values[0])}
    if event.name == "key":
        return {("key", event.values[0] or event.values[1])}
    return set()


def _move(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    if place is not None:
        hands.move(*place)


def _button(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    is_down = event.name == "down"
    if place is not None:
        hands.move(*place)
    elif is_down:
        return
    hands.button(event.values[0], is_down=is_down)


def _wheel(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    if place is not None:
        hands.move(*place)
        hands.wheel(*event.values[:2])


def _key(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    code, key, is_down, modifiers = event.values
    hands.key(code, key, is_down=is_down, modifiers=modifiers)


def _text(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    hands.text(event.values[0])


def _attention(hands: Input, event: Event, place: tuple[int, int] | None) -> None:
    if hands.has_attention:
        hands.attention()


_STEPS: dict[str, Callable[[Input, Event, tuple[int, int] | None], None]] = {
    "move": _move,
    "down": _button,
    "up": _button,
    "wheel": _wheel,
    "key": _key,
    "text": _text,
    "attention": _attention,
}
