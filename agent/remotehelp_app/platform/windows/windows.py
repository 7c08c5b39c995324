"""Finds the windows of the screen that are privilege prompts, and whether the secure desktop is there instead.

Run under Wine, with a program that is called as Windows calls its own; the secure desktop was never there.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from ctypes import byref
from typing import Any, Final

from remotehelp_app.platform.interfaces import Area
from remotehelp_app.platform.windows.prompts import is_prompt
from remotehelp_app.platform.windows.win32 import (
    DWORD,
    ProcessEntry,
    Rect,
    WindowCallback,
    kernel32,
    user32,
)

_MARGIN: Final = 4  # pixels of shadow and rounding around a prompt
_CLASS_LIMIT: Final = 256
_NAME_LIMIT: Final = 64
_PROCESSES: Final = 2  # TH32CS_SNAPPROCESS
_NO_HANDLE: Final = ctypes.c_void_p(-1).value
_READ_OBJECTS: Final = 1  # DESKTOP_READOBJECTS
_NAME: Final = 2  # UOI_NAME
_FORGET_AFTER: Final = 60.0


class WindowWatch:
    """The screen's thread owns it."""

    def __init__(self) -> None:
        self._programs: dict[int, str] = {}
        self._known: dict[tuple[int, int], bool] = {}
        self._forget_at = 0.0

    def areas(self) -> list[Area]:
        """Where prompts are on the desktop now. A window whose program cannot be found out counts as one."""
        if (
            time.monotonic() > self._forget_at
        ):  # the numbers of windows and processes are given anew
            self._forget_at = time.monotonic() + _FORGET_AFTER
            self._known.clear()
            self._programs.clear()
        return [area for window in _windows() if (area := self._prompt(window)) is not None]

    def _prompt(self, window: int) -> Area | None:
        if not user32.IsWindowVisible(window) or user32.IsIconic(window):
            return None
        process = DWORD()
        user32.GetWindowThreadProcessId(window, byref(process))
        key = (window, process.value)
        if key not in self._known:
            name = ctypes.create_unicode_buffer(_CLASS_LIMIT)
            user32.GetClassNameW(window, name, _CLASS_LIMIT)
            program = self._program_of(process.value)
            self._known[key] = not program or is_prompt(program, name.value)
        return _area_of(window) if self._known[key] else None

    def _program_of(self, process: int) -> str:
        """By the list of processes, which anybody may read: a prompt's own process may not be opened."""
        if process not in self._programs:
            self._programs = dict(_processes())
        return self._programs.get(process, "")


def _windows() -> list[int]:
    found: list[int] = []

    def take(window: int, _more: Any) -> int:
        found.append(window)
        return 1

    user32.EnumWindows(WindowCallback(take), 0)
    return found


def _area_of(window: int) -> Area | None:
    told = Rect()
    if not user32.GetWindowRect(window, byref(told)):
        return None
    width, height = told.right - told.left, told.bottom - told.top
    if width < 1 or height < 1:
        return None
    return Area(told.left - _MARGIN, told.top - _MARGIN, width + 2 * _MARGIN, height + 2 * _MARGIN)


def _processes() -> Iterator[tuple[int, str]]:
    snapshot = kernel32.CreateToolhelp32Snapshot(_PROCESSES, 0)
    if snapshot in (None, _NO_HANDLE):
        return
    try:
        entry = ProcessEntry(size=ctypes.sizeof(ProcessEntry))
        is_there = kernel32.Process32FirstW(snapshot, byref(entry))
        while is_there:
            yield entry.id, entry.name
            is_there = kernel32.Process32NextW(snapshot, byref(entry))
    finally:
        kernel32.CloseHandle(snapshot)


def has_secure_desktop() -> bool:
    """Whether the desktop that gets the input is not the person's: UAC's, the lock screen's."""
    desktop = user32.OpenInputDesktop(0, 0, _READ_OBJECTS)
    if not desktop:
        return True
    try:
        name, needed = ctypes.create_unicode_buffer(_NAME_LIMIT), DWORD()
        user32.GetUserObjectInformationW(desktop, _NAME, name, ctypes.sizeof(name), byref(needed))
        return name.value.lower() != "default"
    finally:
        user32.CloseDesktop(desktop)
