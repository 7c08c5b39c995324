"""Whether a picture that changed was scrolled: how far what is in it now stood from there in the frame before.

A short search for motion is quick and finds nothing in a page that moved by more than a few pixels; a wide one costs twice
the time on a page that is a new one. So it is asked first, in one upright strip, where the most has changed. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

FARTHEST = 256  # pixels; beyond that, too little of the page is still there
_STRIP = 96  # pixels across
_PLACES = 8
_LOOKED_AT = 24  # rows, to choose the strip
_GOLDEN = 0.618
_ENOUGH = 24  # rows that agree


def travelled(here: memoryview, there: memoryview, width: int, stride: int) -> int:
    """Pixels, up or down, between two planes of the same size; 0 when nothing tells of it."""
    height = min(len(here), len(there)) // stride
    if width < _STRIP or height < _LOOKED_AT:
        return 0
    left = _most_changed(here, there, width, stride, height)
    now, before = _rows(here, left, stride, height), _rows(there, left, stride, height)
    places = {row: y for y, row in enumerate(before)}
    often = {row for row, count in Counter(before).items() if count > 1}
    votes = Counter(
        places[row] - y
        for y, row in enumerate(now)
        if row in places and row not in often and row != before[y]
    )
    likely = [(count, -abs(by)) for by, count in votes.items() if 0 < abs(by) <= FARTHEST]
    count, nearness = max(likely, default=(0, 0))
    return -nearness if count >= _ENOUGH else 0


def _most_changed(here: memoryview, there: memoryview, width: int, stride: int, height: int) -> int:
    """Where the strip begins in which most rows are others than before."""
    lefts = [(width - _STRIP) * place // (_PLACES - 1) for place in range(_PLACES)]
    # At uneven steps: even ones might meet nothing but the blanks between lines.
    rows = [int(look * _GOLDEN * height) % height for look in range(_LOOKED_AT)]

    def changes(left: int) -> int:
        starts = [row * stride + left for row in rows]
        return sum(here[at : at + _STRIP] != there[at : at + _STRIP] for at in starts)

    return max(lefts, key=changes)


def _rows(plane: memoryview, left: int, stride: int, height: int) -> Sequence[int]:
    return [crc32(plane[at : at + _STRIP]) for at in range(left, height * stride, stride)]
