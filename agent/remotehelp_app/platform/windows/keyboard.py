"""The device's keyboard layout: which key, with or without Shift, gives which character, in the program that has the keyboard.

Run under Wine with the layouts us, de and fr of its X server; never with a layout of Windows' own.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Final

from remotehelp_app.platform.windows.keys import (
    SCAN_CODES,
    VIRTUAL_KEYS,
    WITH_NUM_LOCK,
    WITHOUT_NUM_LOCK,
)
from remotehelp_app.platform.windows.win32 import user32

_SHIFT, _CAPS_LOCK, _NUM_LOCK = 0x10, 0x14, 0x90
_TO_KEY: Final = 3  # MAPVK_VSC_TO_VK_EX
_TO_SCAN: Final = 4  # MAPVK_VK_TO_VSC_EX
_LAST_UNIT: Final = 0xFFFF
_IS_DOWN: Final = -128  # as a signed byte
_CHANGES_NOTHING: Final = 4  # of ToUnicodeEx: leaves a dead key that waits alone
_EXTENDED: Final = 0xE0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key by its virtual key and its scan code, and whether Shift goes with it; or, as `unit`, a character without a key.

    A `key` of 0 stands for whatever the layout makes of the scan code.
    """

    key: int = 0
    scan: int = 0
    is_shift: bool = False
    unit: str = ""


def stroke_for(character: str) -> Stroke | None:
    """How the layout types it, as its locks stand now; None where only AltGr, a dead key or nothing gives it."""
    if ord(character) > _LAST_UNIT:
        return None
    layout = _layout()
    found = user32.VkKeyScanExW(character, layout)
    if found == -1:
        return None
    key, held = found & 0xFF, found >> 8 & 0xFF
    if held & ~1 or not (scan := _scan(key, layout)):
        return None
    for is_shift in (bool(held & 1), not held & 1):
        if _gives(key, scan, layout, is_shift=is_shift) == character:
            return Stroke(key, scan, is_shift)
    return None


def key_of(character: str) -> Stroke | None:
    """The key that has it, for shortcuts."""
    layout = _layout()
    found = user32.VkKeyScanExW(character.lower()[:1], layout)
    if ord(character) > _LAST_UNIT or found == -1 or not (scan := _scan(found & 0xFF, layout)):
        return None
    return Stroke(found & 0xFF, scan)


def at_place(code: str) -> Stroke | None:
    """The key at that place; its virtual key by the layout, and on the keypad by Num Lock, as Windows itself does it."""
    scan = SCAN_CODES.get(code)
    if scan is None:
        return None
    keypad = WITH_NUM_LOCK if has_num_lock() else WITHOUT_NUM_LOCK
    key = keypad.get(code) or VIRTUAL_KEYS.get(code)
    if key is None:
        key = int(user32.MapVirtualKeyExW(scan, _TO_KEY, _layout()))
    return Stroke(key, scan)


def has_num_lock() -> bool:
    return bool(user32.GetKeyState(_NUM_LOCK) & 1)


def _layout() -> Any:
    """Of the program in front: each has its own."""
    return user32.GetKeyboardLayout(
        user32.GetWindowThreadProcessId(user32.GetForegroundWindow(), None)
    )


def _scan(key: int, layout: Any) -> int:
    scan = int(user32.MapVirtualKeyExW(key, _TO_SCAN, layout))
    return scan & 0xFF | 0xE000 if scan >> 8 == _EXTENDED else scan & 0xFF


def _gives(key: int, scan: int, layout: Any, *, is_shift: bool) -> str:
    state = (ctypes.c_byte * 256)()
    state[_SHIFT] = _IS_DOWN if is_shift else 0
    state[_CAPS_LOCK] = user32.GetKeyState(_CAPS_LOCK) & 1
    text = ctypes.create_unicode_buffer(8)
    count = user32.ToUnicodeEx(key, scan, state, text, 8, _CHANGES_NOTHING, layout)
    return text.value[:count] if count > 0 else ""
