"""How finely each part of a frame is coded: soon there first, sharp soon after.

The picture is seen as rows of blocks. A small change is coded as finely as ever is, at once. A large one is coded as
coarsely as it takes to get through quickly, as far as the changes before it tell. What that left blurred is made
sharp by the frames after it, some rows at a time, as fast as the path takes them; then nothing more is encoded.
Pure: times are of one monotonic clock, in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

FINEST = 10  # x264's quantiser; about 52 dB, beyond what the eye sees
_COARSE_FROM, _COARSE_TO = 28, 51  # for what changes all over
_USUAL = 30  # the quantiser for which the cost of a coarse row is known
_HALVES = 6  # steps of the quantiser that halve the bits
_FRAME = 0.06  # seconds of the path that one frame may take
_KEY_FRAME = 0.1
_SAVED = 0.15  # seconds of the path that a still screen saves up for the next change
_LEAST = 1 / 240  # seconds of the path that a frame may always take, however little is left
_SETTLED = 0.1  # seconds without a change, after which the picture is made sharp
_FINE_ROW, _LEAST_FINE_ROW = 60_000, 2_000  # bits: at first, and at the very least
_COARSE_ROW, _LEAST_COARSE_ROW = 8_000, 4_800
_KEY_ROW = 2.0  # times as much as another


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows that are coded, and how finely."""

    rows: tuple[int, ...]
    quantiser: int


class Quality:
    """One stream's. `rate` is what the path takes, in bits a second; it may be set at any time."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._credit, self._counted_at = rate * _SAVED, 0.0
        self._blurred: dict[int, None] = {}  # in the order in which they came
        self._fine_row, self._coarse_row = float(_FINE_ROW), float(_COARSE_ROW)
        self._changed_at = 0.0

    def plan(self, now: float, changed: Collection[int], *, is_key: bool = False) -> Plan:
        """For the frame that is encoded now; `made` has to be told what came of it.

        `changed` are the rows that are others than in the frame before; of a key frame all are.
        """
        self._count(now)
        if changed:
            self._changed_at = now
        self._blurred |= dict.fromkeys(changed)
        least, most = self.rate * _LEAST, self.rate * (_KEY_FRAME if is_key else _FRAME)
        bits = max(least, min(most, self._credit))
        room = max(1, int(bits / self._fine_row))
        if is_key or len(changed) > room:
            factor = _KEY_ROW if is_key else 1
            return Plan(tuple(changed), self._coarse(bits / len(changed) / factor))
        rows = [*changed, *(row for row in self._blurred if row not in changed)][:room]
        return Plan(tuple(rows), FINEST)

    def made(self, plan: Plan, bits: int, *, is_key: bool = False) -> None:
        """The frame has that many bits."""
        self._credit -= bits
        if not plan.rows:
            return
        each = bits / len(plan.rows)
        if plan.quantiser == FINEST:
            self._fine_row = _learnt(self._fine_row, max(_LEAST_FINE_ROW, each))
            for row in plan.rows:
                self._blurred.pop(row, None)
        elif not is_key:
            usual = each * 2 ** ((plan.quantiser - _USUAL) / _HALVES)
            self._coarse_row = _learnt(self._coarse_row, max(_LEAST_COARSE_ROW, usual))

    def _coarse(self, row_bits: float) -> int:
        """The quantiser with which a row has about so many bits."""
        wanted = _USUAL + _HALVES * math.log2(self._coarse_row / row_bits)
        return round(min(_COARSE_TO, max(_COARSE_FROM, wanted)))

    def sharpen_at(self) -> float | None:
        """When a frame is due although nothing changed; None when it would make the picture no sharper."""
        if not self._blurred:
            return None
        missing = self.rate * _FRAME / 2 - self._credit
        return max(self._changed_at + _SETTLED, self._counted_at + missing / self.rate)

    def _count(self, now: float) -> None:
        passed = max(0.0, now - self._counted_at)
        self._credit = min(self.rate * _SAVED, self._credit + passed * self.rate)
        self._counted_at = now


def _learnt(known: float, found: float) -> float:
    """What is dear is believed at once, what is cheap by and by."""
    return max(found, known + (found - known) / 4)
