"""H.264 of a screen: finds what changed since the frame before, and codes that, as `media/quality.py` plans it."""

from __future__ import annotations

import ctypes
import sys
from fractions import Fraction
from typing import TypeAlias

import av
from av.stream import Stream

from remotehelp_app.media.convert import blank_frame
from remotehelp_app.media.quality import Plan, Quality
from remotehelp_app.media.travel import travelled
from remotehelp_app.media.x264 import BLOCK, X264

Encoded: TypeAlias = "av.Packet[Stream]"
TIME_BASE = Fraction(1, 90_000)  # RTP's clock for video (RFC 6184, 5.1)
FRAMES_PER_SECOND = 60
_MAY_BE_SCROLLED = 4  # rows of blocks that changed

_memcmp = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None).memcmp
_memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]


class Encoder:
    """One picture size, with even sides, until `close`. One thread uses it; `quality` may outlive it."""

    def __init__(self, width: int, height: int, quality: Quality) -> None:
        self.width, self.height, self._quality = width, height, quality
        self._x264 = X264(width, height)
        # Painted in turns: what is in one is compared with what is in the other.
        self._frames = [blank_frame(width, height), blank_frame(width, height)]
        self._is_first = True

    @property
    def canvas(self) -> av.VideoFrame:
        """To be filled before `encode`."""
        return self._frames[0]

    def encode(self, at: float, *, is_key: bool = False, is_due: bool = False) -> Encoded | None:
        """What is on the canvas as one packet with its time `at` (in seconds, growing).

        None when it is what was there before and already sharp, unless a frame is due all the same.
        """
        is_key = is_key or self._is_first
        changed = list(range(self._x264.rows)) if is_key else self._changed()
        plan = self._quality.plan(at, changed, is_key=is_key)
        if not (plan.rows or is_due):
            return None
        self._x264.search(0 if is_key or len(changed) < _MAY_BE_SCROLLED else self._travelled())
        self._frames.reverse()
        return self._coded(plan, at, is_key=is_key)

    def sharpen(self, at: float) -> Encoded | None:
        """The picture that was encoded last, made sharper; None when that cannot be (yet)."""
        if self._is_first:
            return None
        plan = self._quality.plan(at, ())
        if not plan.rows:
            return None
        self._x264.search(0)
        return self._coded(plan, at)

    def _coded(self, plan: Plan, at: float, *, is_key: bool = False) -> Encoded | None:
        coded = self._x264.encode(
            [(plane.buffer_ptr, plane.line_size) for plane in self._frames[1].planes],
            quantiser=plan.quantiser,
            rows=plan.rows,
            is_key=is_key,
        )
        if coded is None:
            return None
        self._is_first = False
        self._quality.made(plan, len(coded.data) * 8, is_key=coded.is_key)
        packet: Encoded = av.Packet(coded.data)
        packet.pts = packet.dts = int(at / TIME_BASE)
        packet.time_base, packet.is_keyframe = TIME_BASE, coded.is_key
        return packet

    def _changed(self) -> list[int]:
        """The rows of blocks that are others than in the frame before."""
        parts = []
        for height, here, there in zip(
            (BLOCK, BLOCK // 2, BLOCK // 2), *(f.planes for f in self._frames), strict=True
        ):
            size = min(here.line_size * here.height, here.buffer_size)
            parts.append((here.buffer_ptr, there.buffer_ptr, here.line_size * height, size))
        return [
            row for row in range(self._x264.rows) if any(_differs(row, *part) for part in parts)
        ]

    def _travelled(self) -> int:
        here, there = (frame.planes[0] for frame in self._frames)
        return travelled(memoryview(here), memoryview(there), self.width, here.line_size)

    def close(self) -> None:
        self._x264.close()


def _differs(row: int, here: int, there: int, step: int, end: int) -> bool:
    start = row * step
    return start < end and _memcmp(here + start, there + start, min(step, end - start)) != 0
