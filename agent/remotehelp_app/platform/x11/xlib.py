"""The few calls of Xlib and its extensions that capture needs, by ctypes, each once.

python-xlib serves the rest of this package; it has no shared memory, without which a frame costs twenty times
as much (docs/decisions/device-media.md). Errors of the X server are collected, not fatal: Xlib's own handler
would end the process.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from ctypes import (
    POINTER,
    Structure,
    Union,
    byref,
    c_char,
    c_int,
    c_long,
    c_uint,
    c_ulong,
    c_void_p,
)
from functools import cache
from typing import Any

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

Z_PIXMAP = 2
ALL_PLANES = c_ulong(-1)
DAMAGE_NON_EMPTY = 3  # DamageReportNonEmpty


class XImage(Structure):
    """Xlib.h; only what is read here has a meaning of ours."""

    _fields_ = [
        ("width", c_int),
        ("height", c_int),
        ("xoffset", c_int),
        ("format", c_int),
        ("data", c_void_p),
        ("byte_order", c_int),
        ("bitmap_unit", c_int),
        ("bitmap_bit_order", c_int),
        ("bitmap_pad", c_int),
        ("depth", c_int),
        ("bytes_per_line", c_int),
        ("bits_per_pixel", c_int),
        ("red_mask", c_ulong),
        ("green_mask", c_ulong),
        ("blue_mask", c_ulong),
    ]


class ShmSegment(Structure):
    """XShm.h: XShmSegmentInfo."""

    _fields_ = [
        ("shmseg", c_ulong),
        ("shmid", c_int),
        ("shmaddr", c_void_p),
        ("readOnly", c_int),
    ]


class ErrorEvent(Structure):
    _fields_ = [
        ("type", c_int),
        ("display", c_void_p),
        ("resourceid", c_ulong),
        ("serial", c_ulong),
        ("error_code", c_char),
        ("request_code", c_char),
        ("minor_code", c_char),
    ]


class Event(Union):
    _fields_ = [("type", c_int), ("pad", c_long * 24)]


class WindowAttributes(Structure):
    """Xlib.h: XWindowAttributes; size and depth stand at its beginning."""

    _fields_ = [
        ("x", c_int),
        ("y", c_int),
        ("width", c_int),
        ("height", c_int),
        ("border_width", c_int),
        ("depth", c_int),
        ("visual", c_void_p),
        ("root", c_ulong),
        ("rest", c_long * 24),
    ]


_ErrorHandler = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(ErrorEvent))
_IoErrorHandler = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
_SIGNATURES: dict[str, dict[str, tuple[Any, list[Any]]]] = {
    "X11": {
        "XInitThreads": (c_int, []),
        "XOpenDisplay": (c_void_p, [ctypes.c_char_p]),
        "XCloseDisplay": (c_int, [c_void_p]),
        "XDefaultScreen": (c_int, [c_void_p]),
        "XDefaultRootWindow": (c_ulong, [c_void_p]),
        "XDefaultVisual": (c_void_p, [c_void_p, c_int]),
        "XDefaultDepth": (c_int, [c_void_p, c_int]),
        "XConnectionNumber": (c_int, [c_void_p]),
        "XPending": (c_int, [c_void_p]),
        "XNextEvent": (c_int, [c_void_p, POINTER(Event)]),
        "XSync": (c_int, [c_void_p, c_int]),
        "XGetWindowAttributes": (c_int, [c_void_p, c_ulong, POINTER(WindowAttributes)]),
        "XSetErrorHandler": (c_void_p, [_ErrorHandler]),
        "XSetIOErrorExitHandler": (None, [c_void_p, _IoErrorHandler, c_void_p]),
    },
    "Xext": {
        "XShmQueryExtension": (c_int, [c_void_p]),
        "XShmCreateImage": (
            POINTER(XImage),
            [
                c_void_p,
                c_void_p,
                c_uint,
                c_int,
                c_void_p,
                POINTER(ShmSegment),
                c_uint,
                c_uint,
            ],
        ),
        "XShmAttach": (c_int, [c_void_p, POINTER(ShmSegment)]),
        "XShmDetach": (c_int, [c_void_p, POINTER(ShmSegment)]),
        "XShmGetImage": (c_int, [c_void_p, c_ulong, POINTER(XImage), c_int, c_int, c_ulong]),
    },
    "Xdamage": {
        "XDamageQueryExtension": (c_int, [c_void_p, POINTER(c_int), POINTER(c_int)]),
        "XDamageCreate": (c_ulong, [c_void_p, c_ulong, c_int]),
        "XDamageSubtract": (None, [c_void_p, c_ulong, c_ulong, c_ulong]),
        "XDamageDestroy": (None, [c_void_p, c_ulong]),
    },
}
_SONAMES = {"X11": "libX11.so.6", "Xext": "libXext.so.6", "Xdamage": "libXdamage.so.1"}
_errors: list[int] = []


def _note_error(display: int, event: Any) -> int:
    _errors.append(event.contents.error_code[0])
    return 0


def _connection_lost(display: int, data: int) -> None:
    """The X server is gone. Returning here lets the call fail; Xlib would end the whole process."""


# Xlib calls them as long as the process lives, so they have to be kept.
_NOTE_ERROR = _ErrorHandler(_note_error)
_CONNECTION_LOST = _IoErrorHandler(_connection_lost)


class Libraries:
    """Every function under its own name, with its types."""

    def __init__(self) -> None:
        for name, functions in _SIGNATURES.items():
            try:
                library = ctypes.CDLL(_SONAMES[name])
            except OSError as error:
                raise UnavailableError(
                    _("%(library)s is missing. Install your system's X11 libraries.")
                    % {"library": _SONAMES[name]}
                ) from error
            for function, (result, arguments) in functions.items():
                found = getattr(library, function)
                found.restype, found.argtypes = result, arguments
                setattr(self, function, found)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@cache
def libraries() -> Libraries:
    """Loaded once for the process. Raises UnavailableError where one is missing."""
    found = Libraries()
    found.XInitThreads()
    found.XSetErrorHandler(_NOTE_ERROR)
    return found


def open_display(name: str) -> int:
    """A connection to the X server, as Xlib's pointer. Raises UnavailableError when there is none."""
    x = libraries()
    display = x.XOpenDisplay(name.encode() or None)
    if not display:
        raise UnavailableError(_("There is no X11 display that this app may use."))
    x.XSetIOErrorExitHandler(display, _CONNECTION_LOST, None)
    return int(display)


def check() -> None:
    """Raises UnavailableError when the X server of this process cannot be reached."""
    libraries().XCloseDisplay(open_display(os.environ.get("DISPLAY", "")))


def errors_since() -> list[int]:
    """The error codes that came in since the last call; call XSync before."""
    found, _errors[:] = list(_errors), []
    return found


__all__ = [
    "ALL_PLANES",
    "DAMAGE_NON_EMPTY",
    "Z_PIXMAP",
    "Event",
    "ShmSegment",
    "WindowAttributes",
    "byref",
    "check",
    "errors_since",
    "libraries",
    "open_display",
]
