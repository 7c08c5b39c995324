"""BGRx pixels into the planes of an I420 frame (BT.601, limited range): by libyuv where the system has it, else swscale.

libyuv takes 0.4 ms for 1080p, swscale 1.6 to 2.4 (docs/decisions/device-media.md); what comes out is the same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import av
from av.video.reformatter import Interpolation

Convert = Callable[[int, int, av.VideoFrame], None]
_BYTES = 4


def _libyuv() -> Convert | None:
    try:
        library = ctypes.CDLL("libyuv.so.0")
    except OSError:
        return None
    convert = library.ARGBToI420
    convert.argtypes = [*(ctypes.c_void_p, ctypes.c_int) * 4, ctypes.c_int, ctypes.c_int]

    def by_libyuv(address: int, stride: int, frame: av.VideoFrame) -> None:
        planes = [part for p in frame.planes for part in (p.buffer_ptr, p.line_size)]
        convert(address, stride, *planes, frame.width, frame.height)

    return by_libyuv


def _by_swscale(address: int, stride: int, frame: av.VideoFrame) -> None:
    source = av.VideoFrame(frame.width, frame.height, "bgr0")
    plane = source.planes[0]
    for row in range(frame.height):
        target = plane.buffer_ptr + row * plane.line_size
        ctypes.memmove(target, address + row * stride, frame.width * _BYTES)
    made = source.reformat(format="yuv420p", interpolation=Interpolation.POINT)
    for there, here in zip(frame.planes, made.planes, strict=True):
        # Both were made by the same allocator for the same size, so their rows are equally long.
        ctypes.memmove(there.buffer_ptr, here.buffer_ptr, min(there.buffer_size, here.buffer_size))


def best_convert() -> Convert:
    """`convert(address, bytes in a row, frame)`: fills the frame from pixels that begin at the address."""
    return _libyuv() or _by_swscale


def blank_frame(width: int, height: int) -> av.VideoFrame:
    """An I420 frame to fill; both sides even."""
    return av.VideoFrame(width, height, "yuv420p")
