"""What the receiver's reports (RFC 3550, 6.4.1) say of the path: how much gets lost, and whether packets queue.

A browser reports after every loss, of the few packets since the report before: half of two packets lost is not half
of all. So losses are counted over a second at least, and over enough packets. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

_COUNTED_FOR = 1.0  # seconds
_ENOUGH = 30  # packets
_FORGOTTEN_AFTER = 5.0  # seconds in which too few were sent to learn anything
_ROUND = 2**24  # the count of what was lost has 24 bits, with a sign


class Losses:
    """The share of packets that do not arrive."""

    def __init__(self) -> None:
        self._from: tuple[float, int, int] | None = None
        self._lost = 0

    def heard(self, *, highest: int, lost: int, now: float) -> tuple[bool, float | None]:
        """Of a report: whether more are lost than in the one before; and the share, when enough were sent to tell."""
        before, self._lost = self._lost, lost
        if self._from is None:
            self._from = (now, highest, lost)
            return lost > 0, None
        has_more = 0 < (lost - before) % _ROUND < _ROUND // 2
        since, first, counted = self._from
        expected = (highest - first) % 2**32
        if now < since + _COUNTED_FOR or (expected < _ENOUGH and now < since + _FORGOTTEN_AFTER):
            return has_more, None
        self._from = (now, highest, lost)
        if expected < _ENOUGH:
            return has_more, None
        return has_more, min(1.0, max(0, lost - counted) / expected)


@dataclass(slots=True)
class Smallest:
    """The smallest value of the last `seconds` to twice that. Before the first it is infinite."""

    seconds: float
    _now: float = float("inf")
    _before: float = float("inf")
    _since: float = float("-inf")

    def add(self, value: float, now: float) -> float:
        if now >= self._since + self.seconds:
            is_next = now < self._since + 2 * self.seconds
            self._before, self._now, self._since = self._now if is_next else value, value, now
        self._now = min(self._now, value)
        return min(self._now, self._before)
