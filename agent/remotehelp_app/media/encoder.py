"""H.264 as low latency wants it: every frame comes out at once, and no key frame unless asked for.

libx264's preset ultrafast with zerolatency. The rate is set while it runs; only when it moves far from what the
buffer (VBV) was made for is the encoder made anew, which costs a key frame.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

Encoded: TypeAlias = "av.Packet[VideoStream]"
TIME_BASE = Fraction(1, 90_000)  # RTP's clock for video (RFC 6184, 5.1)
FRAMES_PER_SECOND = 60
# A frame may use up to a quarter of a second's bits: a key frame then fits what a path can take.
_BUFFER_SECONDS = 0.25
# Below this a still picture gets no sharper for the eye, only dearer for the wire.
_FINEST_QUANTISER = 12
_MADE_ANEW_BELOW, _MADE_ANEW_ABOVE = 0.55, 1.9


class Encoder:
    """One picture size. Sides are even. `rate` is in bits a second. One thread uses it."""

    def __init__(self, width: int, height: int, rate: int) -> None:
        self.width, self.height = width, height
        self._codec = self._made(rate)
        self._buffer_rate = self.rate = rate
        self._first = True

    def _made(self, rate: int) -> VideoCodecContext:
        codec = VideoCodecContext.create("libx264", "w")
        codec.width, codec.height = self.width, self.height
        codec.pix_fmt = "yuv420p"
        codec.framerate = Fraction(FRAMES_PER_SECOND, 1)
        codec.time_base = TIME_BASE
        codec.bit_rate = rate
        codec.thread_count = 2
        codec.profile = "Baseline"
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "maxrate": str(rate),
            "bufsize": str(int(rate * _BUFFER_SECONDS)),
            "qmin": str(_FINEST_QUANTISER),
            "colorspace": "smpte170m",
            "color_primaries": "smpte170m",
            "color_trc": "smpte170m",
            "color_range": "tv",
            "x264-params": "scenecut=0:keyint=infinite:repeat-headers=1",
        }
        return codec

    def set_rate(self, rate: int) -> None:
        """From the next frame on."""
        if rate == self.rate:
            return
        self.rate = rate
        if _MADE_ANEW_BELOW <= rate / self._buffer_rate <= _MADE_ANEW_ABOVE:
            self._codec.bit_rate = rate
            return
        self._codec = self._made(rate)
        self._buffer_rate, self._first = rate, True

    def encode(self, frame: av.VideoFrame, at: int, *, is_key: bool = False) -> Encoded | None:
        """The frame as one packet with its time `at` (in TIME_BASE, growing), or None if there is nothing to send."""
        frame.pts, frame.time_base = at, TIME_BASE
        is_key = is_key or self._first
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        packets = self._codec.encode(frame)
        if not packets:
            return None
        self._first = False
        return packets[0]
