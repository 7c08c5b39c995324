"""The calls of Windows that this package makes, by ctypes, each with its types once. They need no administrator.

A library is opened when it is first used, so that one that a system lacks fails with the part that needs it.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import (
    POINTER,
    Structure,
    Union,
    c_byte,
    c_int,
    c_long,
    c_short,
    c_size_t,
    c_ssize_t,
    c_uint,
    c_ulong,
    c_ushort,
    c_void_p,
    c_wchar,
    c_wchar_p,
)
from functools import cache
from typing import Any, Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

if sys.platform != "win32":
    raise ImportError("for Windows only")

BOOL, DWORD, HANDLE, LRESULT = c_int, c_ulong, c_void_p, c_ssize_t


class Point(Structure):
    _fields_ = [("x", c_long), ("y", c_long)]


class Rect(Structure):
    _fields_ = [("left", c_long), ("top", c_long), ("right", c_long), ("bottom", c_long)]


class MonitorInfo(Structure):
    """MONITORINFOEXW."""

    _fields_ = [
        ("size", DWORD),
        ("monitor", Rect),
        ("work", Rect),
        ("flags", DWORD),
        ("device", c_wchar * 32),
    ]


class DisplayDevice(Structure):
    """DISPLAY_DEVICEW."""

    _fields_ = [
        ("size", DWORD),
        ("name", c_wchar * 32),
        ("text", c_wchar * 128),
        ("flags", DWORD),
        ("id", c_wchar * 128),
        ("key", c_wchar * 128),
    ]


class BitmapInfo(Structure):
    """BITMAPINFOHEADER, and room for the masks or colours behind it."""

    _fields_ = [
        ("size", DWORD),
        ("width", c_long),
        ("height", c_long),
        ("planes", c_ushort),
        ("bits", c_ushort),
        ("compression", DWORD),
        ("image_size", DWORD),
        ("x_density", c_long),
        ("y_density", c_long),
        ("used", DWORD),
        ("important", DWORD),
        ("colours", DWORD * 4),
    ]


class Bitmap(Structure):
    """BITMAP."""

    _fields_ = [
        ("type", c_long),
        ("width", c_long),
        ("height", c_long),
        ("row", c_long),
        ("planes", c_ushort),
        ("bits", c_ushort),
        ("pixels", c_void_p),
    ]


class CursorInfo(Structure):
    _fields_ = [("size", DWORD), ("flags", DWORD), ("cursor", HANDLE), ("place", Point)]


class IconInfo(Structure):
    _fields_ = [
        ("is_icon", BOOL),
        ("x", DWORD),
        ("y", DWORD),
        ("mask", HANDLE),
        ("colour", HANDLE),
    ]


class MouseInput(Structure):
    _fields_ = [
        ("dx", c_long),
        ("dy", c_long),
        ("data", DWORD),
        ("flags", DWORD),
        ("time", DWORD),
        ("extra", c_size_t),
    ]


class KeyboardInput(Structure):
    _fields_ = [
        ("key", c_ushort),
        ("scan", c_ushort),
        ("flags", DWORD),
        ("time", DWORD),
        ("extra", c_size_t),
    ]


class _AnyInput(Union):
    _fields_ = [("mouse", MouseInput), ("keyboard", KeyboardInput)]


class Input(Structure):
    _anonymous_ = ("any",)
    _fields_ = [("type", DWORD), ("any", _AnyInput)]


class MouseHook(Structure):
    """MSLLHOOKSTRUCT."""

    _fields_ = [
        ("place", Point),
        ("data", DWORD),
        ("flags", DWORD),
        ("time", DWORD),
        ("extra", c_size_t),
    ]


class KeyboardHook(Structure):
    """KBDLLHOOKSTRUCT."""

    _fields_ = [
        ("key", DWORD),
        ("scan", DWORD),
        ("flags", DWORD),
        ("time", DWORD),
        ("extra", c_size_t),
    ]


class Message(Structure):
    """MSG."""

    _fields_ = [
        ("window", HANDLE),
        ("message", c_uint),
        ("w", c_size_t),
        ("l", c_ssize_t),
        ("time", DWORD),
        ("place", Point),
    ]


class ProcessEntry(Structure):
    """PROCESSENTRY32W."""

    _fields_ = [
        ("size", DWORD),
        ("usage", DWORD),
        ("id", DWORD),
        ("heap", c_size_t),
        ("module", DWORD),
        ("threads", DWORD),
        ("parent", DWORD),
        ("priority", c_long),
        ("flags", DWORD),
        ("name", c_wchar * 260),
    ]


MonitorCallback = ctypes.WINFUNCTYPE(BOOL, HANDLE, HANDLE, POINTER(Rect), c_ssize_t)
WindowCallback = ctypes.WINFUNCTYPE(BOOL, HANDLE, c_ssize_t)
HookCallback = ctypes.WINFUNCTYPE(LRESULT, c_int, c_size_t, c_ssize_t)

_SIGNATURES: Final[dict[str, dict[str, tuple[Any, list[Any]]]]] = {
    "user32": {
        "EnumDisplayMonitors": (BOOL, [HANDLE, POINTER(Rect), MonitorCallback, c_ssize_t]),
        "GetMonitorInfoW": (BOOL, [HANDLE, POINTER(MonitorInfo)]),
        "EnumDisplayDevicesW": (BOOL, [c_wchar_p, DWORD, POINTER(DisplayDevice), DWORD]),
        "GetSystemMetrics": (c_int, [c_int]),
        "SetThreadDpiAwarenessContext": (c_void_p, [c_void_p]),
        "GetDC": (HANDLE, [HANDLE]),
        "ReleaseDC": (c_int, [HANDLE, HANDLE]),
        "GetCursorInfo": (BOOL, [POINTER(CursorInfo)]),
        "GetCursorPos": (BOOL, [POINTER(Point)]),
        "LoadCursorW": (HANDLE, [HANDLE, c_void_p]),
        "GetIconInfo": (BOOL, [HANDLE, POINTER(IconInfo)]),
        "EnumWindows": (BOOL, [WindowCallback, c_ssize_t]),
        "IsWindowVisible": (BOOL, [HANDLE]),
        "IsIconic": (BOOL, [HANDLE]),
        "GetWindowRect": (BOOL, [HANDLE, POINTER(Rect)]),
        "GetClassNameW": (c_int, [HANDLE, c_wchar_p, c_int]),
        "GetWindowThreadProcessId": (DWORD, [HANDLE, POINTER(DWORD)]),
        "GetForegroundWindow": (HANDLE, []),
        "WindowFromPoint": (HANDLE, [Point]),
        "OpenInputDesktop": (HANDLE, [DWORD, BOOL, DWORD]),
        "CloseDesktop": (BOOL, [HANDLE]),
        "GetUserObjectInformationW": (BOOL, [HANDLE, c_int, c_void_p, DWORD, POINTER(DWORD)]),
        "SendInput": (c_uint, [c_uint, POINTER(Input), c_int]),
        "GetKeyState": (c_short, [c_int]),
        "GetAsyncKeyState": (c_short, [c_int]),
        "GetKeyboardLayout": (HANDLE, [DWORD]),
        "VkKeyScanExW": (c_short, [c_wchar, HANDLE]),
        "MapVirtualKeyExW": (c_uint, [c_uint, c_uint, HANDLE]),
        "ToUnicodeEx": (c_int, [c_uint, c_uint, POINTER(c_byte), c_wchar_p, c_int, c_uint, HANDLE]),
        "SetWindowsHookExW": (HANDLE, [c_int, HookCallback, HANDLE, DWORD]),
        "UnhookWindowsHookEx": (BOOL, [HANDLE]),
        "CallNextHookEx": (LRESULT, [HANDLE, c_int, c_size_t, c_ssize_t]),
        "SetTimer": (c_size_t, [HANDLE, c_size_t, c_uint, c_void_p]),
        "GetMessageW": (BOOL, [POINTER(Message), HANDLE, c_uint, c_uint]),
        "PostThreadMessageW": (BOOL, [DWORD, c_uint, c_size_t, c_ssize_t]),
        "ExitWindowsEx": (BOOL, [c_uint, DWORD]),
    },
    "gdi32": {
        "CreateCompatibleDC": (HANDLE, [HANDLE]),
        "DeleteDC": (BOOL, [HANDLE]),
        "CreateDIBSection": (
            HANDLE,
            [HANDLE, POINTER(BitmapInfo), c_uint, POINTER(c_void_p), HANDLE, DWORD],
        ),
        "SelectObject": (HANDLE, [HANDLE, HANDLE]),
        "DeleteObject": (BOOL, [HANDLE]),
        "BitBlt": (BOOL, [HANDLE, c_int, c_int, c_int, c_int, HANDLE, c_int, c_int, DWORD]),
        "GdiFlush": (BOOL, []),
        "GetObjectW": (c_int, [HANDLE, c_int, c_void_p]),
        "GetDIBits": (
            c_int,
            [HANDLE, HANDLE, c_uint, c_uint, c_void_p, POINTER(BitmapInfo), c_uint],
        ),
    },
    "kernel32": {
        "CloseHandle": (BOOL, [HANDLE]),
        "GetCurrentThreadId": (DWORD, []),
        "CreateToolhelp32Snapshot": (HANDLE, [DWORD, DWORD]),
        "Process32FirstW": (BOOL, [HANDLE, POINTER(ProcessEntry)]),
        "Process32NextW": (BOOL, [HANDLE, POINTER(ProcessEntry)]),
    },
    "advapi32": {
        "RegisterEventSourceW": (HANDLE, [c_wchar_p, c_wchar_p]),
        "DeregisterEventSource": (BOOL, [HANDLE]),
        "ReportEventW": (
            BOOL,
            [
                *(HANDLE, c_ushort, c_ushort, DWORD, c_void_p),
                *(c_ushort, DWORD, POINTER(c_wchar_p), c_void_p),
            ],
        ),
    },
    "msvcrt": {"memcmp": (c_int, [c_void_p, c_void_p, c_size_t])},
}


@cache
def call(library: str, name: str) -> Any:
    """That function of that library; UnavailableError where the system has it not."""
    result, arguments = _SIGNATURES[library][name]
    try:
        found = getattr(ctypes.WinDLL(library, use_last_error=True), name)
    except (OSError, AttributeError) as error:
        said = _("%(library)s is missing. This version of Windows is too old for this app.")
        raise UnavailableError(said % {"library": f"{name} ({library}.dll)"}) from error
    found.restype, found.argtypes = result, arguments
    return found


class _Library:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return call(self._name, name)


user32, gdi32, kernel32 = _Library("user32"), _Library("gdi32"), _Library("kernel32")
advapi32, msvcrt = _Library("advapi32"), _Library("msvcrt")

_PER_MONITOR_AWARE_V2: Final = -4


def use_real_pixels() -> None:
    """This thread speaks in pixels of the monitors, whatever they are scaled by. Never run on a scaled monitor."""
    user32.SetThreadDpiAwarenessContext(_PER_MONITOR_AWARE_V2)
