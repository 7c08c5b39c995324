"""Runs under Wine: a window over all of the desktop that keeps the messages that it gets, for tests to ask."""

from __future__ import annotations

import ctypes
import sys
import threading
from ctypes import (  # fmt: skip
    WINFUNCTYPE,
    Structure,
    byref,
    c_int,
    c_long,
    c_size_t,
    c_ssize_t,
    c_uint,
    c_void_p,
    c_wchar_p,
)
from typing import Any

from tests.windows.answering import answer_with, told_of

if sys.platform != "win32":
    raise ImportError("for Windows only")

from remotehelp_app.platform.windows.cursor import CursorWatch
from remotehelp_app.platform.windows.win32 import Message

PROCEDURE = WINFUNCTYPE(c_ssize_t, c_void_p, c_uint, c_size_t, c_ssize_t)
user32, kernel32, gdi32 = ctypes.WinDLL("user32"), ctypes.WinDLL("kernel32"), ctypes.WinDLL("gdi32")
user32.DefWindowProcW.restype = c_ssize_t
user32.DefWindowProcW.argtypes = [c_void_p, c_uint, c_size_t, c_ssize_t]
user32.CreateWindowExW.restype = c_void_p
user32.CreateWindowExW.argtypes = [
    *(c_uint, c_wchar_p, c_wchar_p, c_uint, c_int, c_int, c_int, c_int),
    *(c_void_p, c_void_p, c_void_p, c_void_p),
]
user32.LoadCursorW.restype = user32.SetCursor.restype = user32.CreateCursor.restype = c_void_p
user32.LoadCursorW.argtypes = [c_void_p, c_void_p]
user32.CreateCursor.argtypes = [c_void_p, *(c_int,) * 4, c_void_p, c_void_p]
user32.SetCursor.argtypes = [c_void_p]
user32.SetForegroundWindow.argtypes = user32.SetFocus.argtypes = [c_void_p]
user32.GetFocus.restype = c_void_p
user32.ShowWindow.argtypes = [c_void_p, c_int]
user32.PostMessageW.argtypes = [c_void_p, c_uint, c_size_t, c_ssize_t]
user32.ClientToScreen.argtypes = [c_void_p, c_void_p]
user32.GetMessageExtraInfo.restype = c_ssize_t
gdi32.CreateSolidBrush.restype = c_void_p
kernel32.GetModuleHandleW.restype = c_void_p
kernel32.GetModuleHandleW.argtypes = [c_wchar_p]

KEYS = {0x100: "key down", 0x101: "key up", 0x104: "key down", 0x105: "key up"}
CHARACTERS = (0x102, 0x106)
BUTTONS = {
    0x201: ("down", 0), 0x202: ("up", 0), 0x207: ("down", 1), 0x208: ("up", 1), 0x204: ("down", 2), 0x205: ("up", 2),
    0x20B: ("down", 3), 0x20C: ("up", 3),
}  # fmt: skip
WHEELS = {0x20A: "wheel", 0x20E: "wheel across"}
END_SESSION, SET_CURSOR = 0x16, 0x20
CURSOR_WANTED, FOCUS_WANTED = 0x8001, 0x8002  # WM_APP and on: from `ask` to the window's thread
POPUP_VISIBLE, TOPMOST = 0x90000000, 8
ARROW, TEXT = 32512, 32513


class WindowClass(Structure):
    """WNDCLASSW."""

    _fields_ = [
        ("style", c_uint),
        ("procedure", PROCEDURE),
        ("class_extra", c_int),
        ("window_extra", c_int),
        ("instance", c_void_p),
        ("icon", c_void_p),
        ("cursor", c_void_p),
        ("background", c_void_p),
        ("menu", c_wchar_p),
        ("name", c_wchar_p),
    ]


class Point(Structure):
    _fields_ = [("x", c_long), ("y", c_long)]


class Target:
    def __init__(self, name: str, place: list[int], colour: int) -> None:
        self.events: list[dict[str, Any]] = []
        self.cursor: Any = None
        self.is_there = threading.Event()
        self.procedure = PROCEDURE(self.told)
        self.arguments = (name, place, colour)
        threading.Thread(target=self.run, daemon=True).start()
        self.is_there.wait(20)

    def run(self) -> None:
        name, place, colour = self.arguments
        user32.SetThreadDpiAwarenessContext(c_ssize_t(-4))
        instance = kernel32.GetModuleHandleW(None)
        self.cursor = user32.LoadCursorW(None, ARROW)
        brush = gdi32.CreateSolidBrush(colour)
        made = WindowClass(procedure=self.procedure, instance=instance, background=brush, name=name)
        user32.RegisterClassW(byref(made))
        self.window = user32.CreateWindowExW(
            TOPMOST, name, name, POPUP_VISIBLE, *place, None, None, instance, None
        )
        user32.SetForegroundWindow(self.window)
        user32.UpdateWindow(c_void_p(self.window))
        self.is_there.set()
        message = Message()
        while user32.GetMessageW(byref(message), None, 0, 0) > 0:
            user32.TranslateMessage(byref(message))
            user32.DispatchMessageW(byref(message))

    def told(self, window: int, message: int, w: int, more: int) -> int:
        self.note(window, message, w, more)
        if message in KEYS or message in WHEELS:
            return 0
        if message == SET_CURSOR:
            user32.SetCursor(self.cursor)
            return 1
        if message == CURSOR_WANTED:
            self.cursor = c_void_p(w) if w else None
            user32.SetCursor(self.cursor)
        elif message == FOCUS_WANTED:
            user32.SetForegroundWindow(window)
            user32.SetFocus(window)
        return int(user32.DefWindowProcW(window, message, w, more))

    def note(self, window: int, message: int, w: int, more: int) -> None:
        if message in KEYS:
            self.events.append({"event": KEYS[message], "key": w, "scan": more >> 16 & 0x1FF})
        elif message in CHARACTERS:
            self.events.append({"event": "character", "unit": w})
        elif message in BUTTONS:
            self.button(window, message, w, more)
        elif message in WHEELS:
            count = ctypes.c_short(w >> 16).value // 120
            self.events.append({"event": WHEELS[message], "count": count})
        elif message == END_SESSION:
            self.events.append({"event": "session ends", "really": bool(w)})

    def button(self, window: int, message: int, w: int, more: int) -> None:
        name, number = BUTTONS[message]
        place = Point(ctypes.c_short(more).value, ctypes.c_short(more >> 16).value)
        user32.ClientToScreen(window, byref(place))
        number = number if number < 3 else 2 + (w >> 16)
        self.events.append({"event": name, "button": number, "x": place.x, "y": place.y})


target: Target | None = None


def show(name: str, place: list[int], colour: int = 0x604020) -> int:
    """A window of that class, at that place; gives its number."""
    global target
    target = Target(name, place, colour)
    return int(target.window)


def shown() -> Target:
    assert target is not None
    return target


def events() -> list[dict[str, Any]]:
    return [*shown().events]


def forget() -> None:
    shown().events.clear()


def typed() -> str:
    units = [e["unit"] for e in shown().events if e["event"] == "character"]
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", "replace")


def cursor(kind: str) -> None:
    """arrow, text, none, or turning: one that turns the screen over where it is."""
    handles = {
        "arrow": lambda: user32.LoadCursorW(None, ARROW),
        "text": lambda: user32.LoadCursorW(None, TEXT),
        "none": lambda: 0,
        "turning": _turning,
    }
    user32.PostMessageW(shown().window, CURSOR_WANTED, handles[kind](), 0)


def _turning() -> int:
    """32 x 32: the left half keeps the screen, the right half turns it over."""
    kept = bytes((0xFF, 0xFF, 0xFF, 0xFF) * 32)
    turned = bytes((0x00, 0x00, 0xFF, 0xFF) * 32)
    return int(user32.CreateCursor(None, 5, 6, 32, 32, kept, turned))


def focus() -> None:
    user32.PostMessageW(shown().window, FOCUS_WANTED, 0, 0)


def has_focus() -> bool:
    return bool(user32.GetForegroundWindow() == shown().window)


def main() -> None:
    user32.GetForegroundWindow.restype = c_void_p
    answer_with(
        {
            "show": show,
            "events": events,
            "forget": forget,
            "typed": typed,
            "cursor": cursor,
            "focus": focus,
            "has_focus": has_focus,
            "shape": lambda: told_of(CursorWatch().changed()),
        }
    )


if __name__ == "__main__":
    main()
