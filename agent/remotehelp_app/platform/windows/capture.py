"""The screen of Windows, read by GDI. Run under Wine; on Windows itself never.

GDI tells of no change, so the picture is read and compared with the one before: often while it moves, less often when it has
come to rest. The secure desktop (UAC's prompt, the lock screen) is another desktop that no program of the person's
may read; then there is a grey picture. One thread owns it all.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from ctypes import byref, c_void_p
from typing import Any, Final

from remotehelp_app.platform.interfaces import Area, UnavailableError
from remotehelp_app.platform.windows.monitors import whole
from remotehelp_app.platform.windows.win32 import BitmapInfo, gdi32, msvcrt, user32
from remotehelp_app.texts import gettext as _

_BYTES: Final = 4
_SOURCE_COPY: Final = 0x00CC0020
_GREY: Final = 0x50
# Seconds between two looks: after a change, and when nothing has changed for a while.
_LIVELY, _AT_REST, _AT_REST_AFTER = 1 / 30, 0.1, 5.0


class _Picture:
    """Memory that GDI draws into: BGRx, the uppermost row first."""

    def __init__(self, screen: Any, width: int, height: int) -> None:
        self.row = width * _BYTES
        self.size = self.row * height
        self._width, self._height = width, height
        self._dc = gdi32.CreateCompatibleDC(screen)
        shape = BitmapInfo(
            size=BitmapInfo.colours.offset, width=width, height=-height, planes=1, bits=32
        )
        address = c_void_p()
        self._bitmap = gdi32.CreateDIBSection(self._dc, byref(shape), 0, byref(address), None, 0)
        if not self._bitmap or not address.value:
            gdi32.DeleteDC(self._dc)
            raise UnavailableError(_("The system has no memory left for the picture."))
        self.address: int = address.value
        self._before = gdi32.SelectObject(self._dc, self._bitmap)

    def read(self, screen: Any, x: int, y: int) -> bool:
        size = (self._width, self._height)
        done = bool(gdi32.BitBlt(self._dc, 0, 0, *size, screen, x, y, _SOURCE_COPY))
        gdi32.GdiFlush()  # what is drawn may still stand in a queue of this thread's
        return done

    def close(self) -> None:
        gdi32.SelectObject(self._dc, self._before)
        gdi32.DeleteObject(self._bitmap)
        gdi32.DeleteDC(self._dc)


class Capture:
    """Reads areas of the desktop, which is made of all monitors. `is_secure` tells whether there is another in its place."""

    def __init__(self, is_secure: Callable[[], bool]) -> None:
        self._is_secure = is_secure
        self._screen = user32.GetDC(None)
        if not self._screen:
            raise UnavailableError(_("The screen of this session cannot be read."))
        self._area = Area(0, 0, 0, 0)
        # What was handed out may have been painted on, so it is compared with nothing.
        self._shown: _Picture | None = None
        self._known: _Picture | None = None
        self._look: _Picture | None = None
        self._is_grey = False
        self._woken = threading.Event()
        self._looked_at = self._changed_at = 0.0

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while True:
            if time.monotonic() >= self._due() and self._has_changed():
                return True
            rest = min(until, self._due()) - time.monotonic()
            if self._woken.wait(max(0.0, rest)):
                self._woken.clear()
                return False
            if time.monotonic() >= until:
                return False

    def wake(self) -> None:
        """Ends a `wait`; from any thread."""
        self._woken.set()

    def _due(self) -> float:
        is_at_rest = self._looked_at > self._changed_at + _AT_REST_AFTER
        return self._looked_at + (_AT_REST if is_at_rest else _LIVELY)

    def _has_changed(self) -> bool:
        self._looked_at = time.monotonic()
        known, look = self._known, self._look
        if known is None or look is None:
            return False
        is_grey = self._read(look)
        is_same = is_grey == self._is_grey and (
            is_grey or msvcrt.memcmp(known.address, look.address, known.size) == 0
        )
        if not is_same:
            self._changed_at = self._looked_at
        return not is_same

    def _read(self, picture: _Picture) -> bool:
        """Fills the picture; True when there was nothing to read."""
        is_grey = self._is_secure() or not picture.read(self._screen, self._area.x, self._area.y)
        if is_grey:
            ctypes.memset(picture.address, _GREY, picture.size)
        return is_grey

    def grab(self, area: Area) -> tuple[int, int]:
        """The address of the area's pixels and the bytes in a row; a grey picture on the secure desktop.

        UnavailableError when the area is not, or no longer, within the desktop.
        """
        if not _lies_in(area, whole()):
            raise UnavailableError(_("The picture of the screen could not be read."))
        shown, known = self._use(area)
        self._is_grey = self._read(known)
        ctypes.memmove(shown.address, known.address, known.size)
        return shown.address, shown.row

    def _use(self, area: Area) -> tuple[_Picture, _Picture]:
        shown, known = self._shown, self._known
        if shown is None or known is None or not _is_as_large(area, self._area):
            self._give_back()
            shown, known, look = (
                _Picture(self._screen, area.width, area.height) for _one in range(3)
            )
            self._shown, self._known, self._look = shown, known, look
        self._area = area
        return shown, known

    def _give_back(self) -> None:
        for picture in (self._shown, self._known, self._look):
            if picture is not None:
                picture.close()
        self._shown = self._known = self._look = None

    def close(self) -> None:
        """Gives everything back; may be called twice."""
        self._give_back()
        if self._screen:
            user32.ReleaseDC(None, self._screen)
            self._screen = None


def _is_as_large(area: Area, other: Area) -> bool:
    return (area.width, area.height) == (other.width, other.height)


def _lies_in(area: Area, desktop: Area) -> bool:
    return (
        area.width > 0
        and area.height > 0
        and area.x >= desktop.x
        and area.y >= desktop.y
        and area.x + area.width <= desktop.x + desktop.width
        and area.y + area.height <= desktop.y + desktop.height
    )
