"""The pointer of Windows: its shape, of whatever depth, and its place.

Run under Wine, which shows no program the shape of another one's pointer: there it is the arrow. Windows does show it,
which was never run.
"""

from __future__ import annotations

import ctypes
from ctypes import byref
from typing import Any, Final

from remotehelp_app.platform.interfaces import Cursor
from remotehelp_app.platform.windows.win32 import (
    Bitmap,
    BitmapInfo,
    CursorInfo,
    IconInfo,
    Point,
    gdi32,
    user32,
)

LARGEST: Final = 128
_HIDDEN: Final = Cursor(0, 0, 0, 0, b"")
_ARROW: Final = 32512  # IDC_ARROW
_IS_SHOWING: Final = 1  # CURSOR_SHOWING
_BYTES: Final = 4
_OPAQUE: Final = 255


class CursorWatch:
    """The screen's thread owns it."""

    def __init__(self) -> None:
        self._seen: object = self  # no handle of a cursor

    def changed(self) -> Cursor | None:
        """The shape, when it is another since the last call; the present one on the first."""
        told = CursorInfo(size=ctypes.sizeof(CursorInfo))
        if not user32.GetCursorInfo(byref(told)):
            return None
        seen = told.cursor if told.flags & _IS_SHOWING else None
        if seen == self._seen:
            return None
        self._seen = seen
        if not seen:
            return _HIDDEN
        return _shape_of(seen) or _shape_of(user32.LoadCursorW(None, _ARROW))

    def pointer(self) -> tuple[int, int]:
        place = Point()
        user32.GetCursorPos(byref(place))
        return place.x, place.y


def _shape_of(handle: Any) -> Cursor | None:
    """None when its program has taken it back meanwhile."""
    told = IconInfo()
    if not user32.GetIconInfo(handle, byref(told)):
        return None
    screen = user32.GetDC(None)
    try:
        mask = _pixels_of(screen, told.mask)
        colour = _pixels_of(screen, told.colour) if told.colour else None
    finally:
        user32.ReleaseDC(None, screen)
        for bitmap in (told.mask, told.colour):
            if bitmap:
                gdi32.DeleteObject(bitmap)
    return cursor_of(mask, colour, told.x, told.y) if mask is not None else None


def _pixels_of(screen: Any, bitmap: Any) -> tuple[int, int, bytes] | None:
    """Width, height and BGRA of a bitmap of any depth."""
    about = Bitmap()
    if not gdi32.GetObjectW(bitmap, ctypes.sizeof(Bitmap), byref(about)):
        return None
    width, height = about.width, about.height
    shape = BitmapInfo(
        size=BitmapInfo.colours.offset, width=width, height=-height, planes=1, bits=32
    )
    pixels = ctypes.create_string_buffer(width * height * _BYTES)
    if not gdi32.GetDIBits(screen, bitmap, 0, height, pixels, byref(shape), 0):
        return None
    return width, height, pixels.raw


def cursor_of(
    mask: tuple[int, int, bytes], colour: tuple[int, int, bytes] | None, x: int, y: int
) -> Cursor:
    """From what Windows keeps of a cursor. A larger one is cut to `LARGEST` around its hot spot.

    One without colour has two masks, the second below the first: what it keeps (AND) and what it turns over
    (XOR) of the screen. What turns the screen over is shown black, because no picture can say that.
    """
    width, height, kept = mask
    if colour is None:
        height //= 2
        half = width * height * _BYTES
        rgba = _of_masks(kept[:half], kept[half:])
    else:
        rgba = _of_colour(kept, colour[2])
    left = min(max(0, x - LARGEST // 2), max(0, width - LARGEST))
    top = min(max(0, y - LARGEST // 2), max(0, height - LARGEST))
    shown_width, shown_height = min(width, LARGEST), min(height, LARGEST)
    rows = (
        rgba[(row * width + left) * _BYTES : (row * width + left + shown_width) * _BYTES]
        for row in range(top, top + shown_height)
    )
    shown = b"".join(rows)
    if not any(shown[3::_BYTES]):
        return _HIDDEN
    return Cursor(shown_width, shown_height, x - left, y - top, shown)


def _of_masks(kept: bytes, turned: bytes) -> bytes:
    rgba = bytearray(len(kept))
    for at in range(0, len(kept), _BYTES):
        keeps, turns = kept[at] > 0, turned[at] > 0
        if not keeps or turns:
            shade = _OPAQUE if turns and not keeps else 0
            rgba[at : at + _BYTES] = bytes((shade, shade, shade, _OPAQUE))
    return bytes(rgba)


def _of_colour(kept: bytes, bgra: bytes) -> bytes:
    """With the picture's own alpha; where it has none at all, what the mask keeps is clear."""
    rgba = bytearray(bgra)
    rgba[0::_BYTES], rgba[2::_BYTES] = bgra[2::_BYTES], bgra[0::_BYTES]
    if not any(bgra[3::_BYTES]):
        rgba[3::_BYTES] = bytes(0 if keeps else _OPAQUE for keeps in kept[0::_BYTES])
    return bytes(rgba)
