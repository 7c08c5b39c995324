"""Whether input may act: the one place on the device that says so, whatever the server or the helper's page say.

What opens it comes from the person at the device only: their own press of *Allow full control* and *Allow
elevation*. Anything unknown closes it. Any thread may ask and tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from remotehelp_app.platform.interfaces import Area, Reach
from remotehelp_app.session.feed import Event

Why = Literal["", "view_only", "local_user", "prompt", "protected", "failed"]

LOCAL_USER_HAS_IT_FOR = 1.0  # seconds after the last use of the device's own mouse or keyboard
_POINTING = frozenset({"down", "wheel"})
_KEYING = frozenset({"key", "text", "attention"})
_ACTING = _POINTING | _KEYING


@dataclass(slots=True)
class _Ground:
    is_control_allowed: bool = False
    is_connected: bool = False
    is_elevated: bool = False
    has_failed: bool = False
    is_ours_focused: bool = False
    protected: tuple[Area, ...] = ()
    prompts: tuple[Area, ...] = ()
    local_use_at: float = float("-inf")


def _holds(areas: tuple[Area, ...], x: int, y: int) -> bool:
    return any(a.x <= x < a.x + a.width and a.y <= y < a.y + a.height for a in areas)


class Gate:
    """Closed when made, and closed for good by `close`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ground = _Ground()
        self._is_over = False
        self._lock = threading.Lock()

    # --- what the person at the device did -------------------------------------------------------

    def control_allowed(self) -> None:
        """The person pressed *Allow full control* in this session."""
        with self._lock:
            self._ground.is_control_allowed = not self._is_over

    def elevation(self, *, is_granted: bool) -> None:
        """The person allowed it, or took it back. Needs full control."""
        with self._lock:
            ground = self._ground
            ground.is_elevated = is_granted and ground.is_control_allowed and not self._is_over

    def used_locally(self) -> None:
        """Mouse or keyboard of the device itself were used: the person at it goes first."""
        with self._lock:
            self._ground.local_use_at = self._clock()

    def close(self) -> None:
        """The session is over."""
        with self._lock:
            self._is_over = True
            self._ground = _Ground()

    # --- how things stand ------------------------------------------------------------------------

    def connected(self, *, is_connected: bool) -> None:
        with self._lock:
            self._ground.is_connected = is_connected and not self._is_over

    def failed(self) -> None:
        """Input broke on this system; it stays off."""
        with self._lock:
            self._ground.has_failed = True

    def protect(self, areas: tuple[Area, ...]) -> None:
        """Where our own windows stand: their buttons are for the person at the device alone."""
        with self._lock:
            self._ground.protected = areas

    def focus(self, *, is_ours: bool) -> None:
        """Whether one of our own windows has the keyboard."""
        with self._lock:
            self._ground.is_ours_focused = is_ours

    def prompts(self, areas: tuple[Area, ...]) -> None:
        """Where privilege prompts are open now."""
        with self._lock:
            self._ground.prompts = areas

    # --- the questions ---------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.why() == ""

    @property
    def may_show_prompts(self) -> bool:
        with self._lock:
            return self._ground.is_elevated

    def why(self) -> Why:
        """Why input as a whole is not acted on; empty when it is."""
        with self._lock:
            ground = self._ground
            if self._is_over or not ground.is_control_allowed or not ground.is_connected:
                return "view_only"
            if ground.has_failed:
                return "failed"
            if self._clock() < ground.local_use_at + LOCAL_USER_HAS_IT_FOR:
                return "local_user"
            if ground.prompts and not ground.is_elevated:
                return "prompt"
        return ""

    def said_why(self) -> Why:
        """`why` as the helper is told, who has to know that keys do not count while one of our windows has them."""
        why = self.why()
        with self._lock:
            return "protected" if not why and self._ground.is_ours_focused else why

    def may(self, event: Event, place: tuple[int, int] | None, reach: Reach | None = None) -> bool:
        """Whether this event may act, at this place of the desktop (None when it has none).

        `reach` is what it would get to, from a system that can tell at the very moment; without it the places count
        that were told of last. Beside a prompt the mouse may act; the keyboard may not, as prompts grab it.
        """
        if event.always_counts:
            return True  # letting go of what we hold harms nobody
        if event.name in _POINTING and place is None:
            return False
        if self.why() not in ("", "prompt"):
            return False
        told = self._reach_told(event, place)
        is_prompt, is_ours = told.is_prompt, told.is_ours
        if reach is not None:
            is_prompt = reach.is_prompt
            is_ours = is_ours if reach.is_ours is None else reach.is_ours
        if is_prompt and not self.may_show_prompts:
            return False
        return not is_ours or event.name not in _ACTING

    def _reach_told(self, event: Event, place: tuple[int, int] | None) -> Reach:
        """What the windows and the screen told of last."""
        with self._lock:
            ground = self._ground
            if event.name in _KEYING:
                return Reach(bool(ground.prompts), ground.is_ours_focused)
            if place is None:
                return Reach()
            return Reach(_holds(ground.prompts, *place), _holds(ground.protected, *place))
