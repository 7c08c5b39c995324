"""The pointer of X11, by XFixes: its shape, told when it changes, and its place."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

from Xlib.error import XError

from remotehelp_app.platform.interfaces import Cursor
from remotehelp_app.platform.x11.connect import answering, connect, disconnect

LARGEST: Final = 128
_HIDDEN: Final = Cursor(0, 0, 0, 0, b"")
_DISPLAY_CURSOR: Final = 1  # XFixesDisplayCursorNotifyMask


class CursorWatch:
    """The screen's thread owns it. Without XFixes it tells of no shape."""

    def __init__(self, display_name: str = "") -> None:
        self._display = connect(display_name)
        self._root = self._display.screen().root
        self._is_told = self._display.has_extension("XFIXES")
        self._is_first = True
        if self._is_told:
            self._display.xfixes_query_version()
            self._display.xfixes_select_cursor_input(self._root, _DISPLAY_CURSOR)
            self._display.sync()

    def changed(self) -> Cursor | None:
        """The shape, when it is another since the last call; the present one on the first."""
        if not self._is_told:
            return None
        with answering():
            has_changed, self._is_first = self._is_first, False
            while self._display.pending_events():
                self._display.next_event()
                has_changed = True
            return self._shape() if has_changed else None

    def _shape(self) -> Cursor:
        try:
            told = self._display.xfixes_get_cursor_image(self._root)
        except XError:
            return _HIDDEN
        return cursor_of(told.width, told.height, told.xhot, told.yhot, told.cursor_image)

    def pointer(self) -> tuple[int, int]:
        with answering():
            found: Any = self._root.query_pointer()
        return found.root_x, found.root_y

    def close(self) -> None:
        disconnect(self._display)


def cursor_of(width: int, height: int, x: int, y: int, pixels: Sequence[int]) -> Cursor:
    """From XFixes' ARGB with premultiplied alpha. A larger one is cut to `LARGEST` around its hot spot."""
    left = min(max(0, x - LARGEST // 2), max(0, width - LARGEST))
    top = min(max(0, y - LARGEST // 2), max(0, height - LARGEST))
    shown_width, shown_height = min(width, LARGEST), min(height, LARGEST)
    rgba = bytearray()
    is_visible = False
    for row in range(top, top + shown_height):
        for pixel in pixels[row * width + left : row * width + left + shown_width]:
            alpha = pixel >> 24 & 0xFF
            is_visible |= alpha > 0
            rgba += struct.pack(
                "4B", *(_straight(pixel >> s & 0xFF, alpha) for s in (16, 8, 0)), alpha
            )
    if not is_visible:
        return _HIDDEN
    return Cursor(shown_width, shown_height, x - left, y - top, bytes(rgba))


def _straight(colour: int, alpha: int) -> int:
    return min(255, colour * 255 // alpha) if alpha else 0
