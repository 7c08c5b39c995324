"""A window on the X screen whose colour the test sets: what the sharer's browser has to show."""

from __future__ import annotations

import ctypes
import ctypes.util

OVERRIDE_REDIRECT = 1 << 9
BACK_PIXEL = 1 << 1


class _Attributes(ctypes.Structure):
    """XSetWindowAttributes, in the order of Xlib's header."""

    _fields_ = [
        ("background_pixmap", ctypes.c_ulong),
        ("background_pixel", ctypes.c_ulong),
        ("border_pixmap", ctypes.c_ulong),
        ("border_pixel", ctypes.c_ulong),
        ("bit_gravity", ctypes.c_int),
        ("win_gravity", ctypes.c_int),
        ("backing_store", ctypes.c_int),
        ("backing_planes", ctypes.c_ulong),
        ("backing_pixel", ctypes.c_ulong),
        ("save_under", ctypes.c_int),
        ("event_mask", ctypes.c_long),
        ("do_not_propagate_mask", ctypes.c_long),
        ("override_redirect", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("cursor", ctypes.c_ulong),
    ]


class Marker:
    """A borderless window above all others. Its colour is what `colour` set last."""

    def __init__(self, display: str, *, from_right: int, y: int, edge: int) -> None:
        self._x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x11.XCreateWindow.restype = ctypes.c_ulong
        pointer = self._x11.XOpenDisplay(display.encode())
        if not pointer:
            raise RuntimeError(f"no X display {display}")
        self._display = ctypes.c_void_p(pointer)
        self.screen_width = int(self._x11.XDisplayWidth(self._display, 0))
        x = self.screen_width - from_right
        self.centre = (x + edge // 2, y + edge // 2)
        attributes = _Attributes(override_redirect=1, background_pixel=0)
        root = ctypes.c_ulong(self._x11.XDefaultRootWindow(self._display))
        window = self._x11.XCreateWindow(
            self._display, root, x, y, edge, edge, 0, 0, 1, None,
            ctypes.c_ulong(OVERRIDE_REDIRECT | BACK_PIXEL), ctypes.byref(attributes),
        )  # fmt: skip
        self._window = ctypes.c_ulong(window)
        self._x11.XMapRaised(self._display, self._window)
        self._x11.XSync(self._display, 0)

    def colour(self, red: int, green: int, blue: int) -> None:
        pixel = ctypes.c_ulong((red << 16) | (green << 8) | blue)
        self._x11.XSetWindowBackground(self._display, self._window, pixel)
        self._x11.XRaiseWindow(self._display, self._window)
        self._x11.XClearWindow(self._display, self._window)
        self._x11.XSync(self._display, 0)

    def close(self) -> None:
        self._x11.XDestroyWindow(self._display, self._window)
        self._x11.XCloseDisplay(self._display)
