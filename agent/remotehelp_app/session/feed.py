"""What arrives on the `input` channel (docs/protocol.md): numbered events, checked, each once and in order.

Pure: no clock, no system. Everything in a datagram is hostile; one that does not fit is dropped whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

LARGEST = 1100  # bytes of one datagram
MOST_EVENTS = 32
_PLACE = 32_767
_NUMBER = 2**48
_NOTCHES = 20
_NAME = 32
_TEXT = 200
_MODIFIERS = 127
_BUTTONS = 5
_ALWAYS_COUNT = frozenset({"up", "release"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `values` are those of docs/protocol.md, checked. `view` is the picture that they refer to."""

    name: str
    values: tuple[Any, ...]
    view: int

    @property
    def always_counts(self) -> bool:
        """Letting go counts on whatever picture."""
        return self.name in _ALWAYS_COUNT or (self.name == "key" and not self.values[2])


def _is_int(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_place(x: Any, y: Any) -> bool:
    return _is_int(x, 0, _PLACE) and _is_int(y, 0, _PLACE)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _NAME and value.isprintable()


def _is_button(values: list[Any]) -> bool:
    return len(values) == 3 and _is_int(values[0], 0, _BUTTONS - 1) and _is_place(*values[1:])


def _is_wheel(values: list[Any]) -> bool:
    if len(values) != 4 or not _is_place(*values[2:]):
        return False
    return all(_is_int(notches, -_NOTCHES, _NOTCHES) for notches in values[:2])


def _is_key(values: list[Any]) -> bool:
    if len(values) != 4:
        return False
    code, key, is_down, modifiers = values
    # Some keyboards have keys without a code; then the character has to say which key it is.
    is_code = code == "" or _is_name(code)
    return is_code and _is_name(key) and type(is_down) is bool and _is_int(modifiers, 0, _MODIFIERS)


def _is_text(values: list[Any]) -> bool:
    if len(values) != 1 or not isinstance(values[0], str) or not 0 < len(values[0]) <= _TEXT:
        return False
    return all(character in "\n\t" or not _is_control(character) for character in values[0])


def _is_control(character: str) -> bool:
    number = ord(character)
    return number < 0x20 or 0x7F <= number < 0xA0 or 0xD800 <= number < 0xE000


_CHECKS: Final[dict[str, Callable[[list[Any]], bool]]] = {
    "down": _is_button,
    "up": _is_button,
    "wheel": _is_wheel,
    "key": _is_key,
    "text": _is_text,
    "release": lambda values: not values,
    "attention": lambda values: not values,
}


def _event(value: Any, view: int) -> Event | None:
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return None
    check = _CHECKS.get(value[0])
    if check is None or not check(value[1:]):
        return None
    return Event(value[0], tuple(value[1:]), view)


@dataclass(frozen=True, slots=True)
class _Datagram:
    view: int
    first: int
    events: list[Any]
    move: tuple[int, int] | None


def _read(text: str) -> _Datagram | None:
    if len(text) > LARGEST or len(text.encode("utf-8", "replace")) > LARGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not found.keys() <= {"view", "n", "events", "move"}:
        return None
    view: Any = found.get("view")
    first: Any = found.get("n")
    events: Any = found.get("events")
    if not (_is_int(view, 1, _NUMBER) and _is_int(first, 1, _NUMBER) and isinstance(events, list)):
        return None
    move = found.get("move")
    if move is not None and not (isinstance(move, list) and len(move) == 2 and _is_place(*move)):
        return None
    if len(events) > MOST_EVENTS:
        return None
    return _Datagram(view, first, events, None if move is None else (move[0], move[1]))


class Feed:
    """One connection's events. `refused` counts the datagrams that did not fit."""

    def __init__(self) -> None:
        self.next = 1
        self.refused = 0

    @property
    def acknowledged(self) -> int:
        return self.next - 1

    def take(self, data: object) -> list[Event]:
        """The events of this datagram that are new, in order; a move comes after them.

        A gap (its first number is above the next one expected) gives nothing but the move: the page says the
        missing ones again. One bad event makes the whole datagram count for nothing.
        """
        found = _read(data) if isinstance(data, str) else None
        if found is None:
            self.refused += 1
            return []
        events = [_event(value, found.view) for value in found.events]
        if any(event is None for event in events):
            self.refused += 1
            return []
        fresh: list[Event] = []
        if found.first <= self.next:
            fresh = [event for event in events[self.next - found.first :] if event is not None]
            self.next = max(self.next, found.first + len(events))
        if found.move is not None:
            fresh.append(Event("move", found.move, found.view))
        return fresh
