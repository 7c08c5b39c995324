"""The device's keyboard layout: which key, with what, gives which character. By XKB, as it is now."""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_int,
    c_ubyte,
    c_uint,
    c_uint32,
    c_ulong,
    c_ushort,
    c_void_p,
)
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.x11 import xlib
from remotehelp_app.texts import gettext as _

_CORE_KEYBOARD: Final = 0x100  # XkbUseCoreKbd
_LEVELS: Final = 4
_KEYPAD: Final = range(0xFF80, 0xFFBE)
_LEVEL3: Final = frozenset({0xFE03, 0xFF7E})  # ISO_Level3_Shift, Mode_switch
_SHIFT: Final = 0xFFE1
_CHANGES: Final = 3  # XkbNewKeyboardNotifyMask and XkbMapNotifyMask
LOCK: Final = 2  # LockMask: Caps Lock on every usual layout
NUM_LOCK: Final = 16  # Mod2Mask


class _State(Structure):
    """XKBstr.h: XkbStateRec."""

    _fields_ = [
        ("group", c_ubyte),
        ("locked_group", c_ubyte),
        ("base_group", c_ushort),
        ("latched_group", c_ushort),
        ("mods", c_ubyte),
        ("base_mods", c_ubyte),
        ("latched_mods", c_ubyte),
        ("locked_mods", c_ubyte),
        ("compat", c_ubyte * 5),
        ("ptr_buttons", c_ushort),
    ]


_SIGNATURES: Final[dict[str, dict[str, tuple[Any, list[Any]]]]] = {
    "libX11.so.6": {
        "XkbGetState": (c_int, [c_void_p, c_uint, POINTER(_State)]),
        "XkbKeycodeToKeysym": (c_ulong, [c_void_p, c_uint, c_int, c_int]),
        "XDisplayKeycodes": (c_int, [c_void_p, POINTER(c_int), POINTER(c_int)]),
        "XkbSelectEvents": (c_int, [c_void_p, c_uint, c_ulong, c_ulong]),
        "XChangeKeyboardMapping": (c_int, [c_void_p, c_int, c_int, POINTER(c_ulong), c_int]),
    },
    "libxkbcommon.so.0": {
        "xkb_keysym_to_utf32": (c_uint32, [c_uint32]),
        "xkb_utf32_to_keysym": (c_uint32, [c_uint32]),
    },
}


class _Functions:
    def __init__(self) -> None:
        for library_name, functions in _SIGNATURES.items():
            try:
                library = ctypes.CDLL(library_name)
            except OSError as error:
                raise UnavailableError(
                    _("%(library)s is missing. Install your system's X11 libraries.")
                    % {"library": library_name}
                ) from error
            for name, (result, arguments) in functions.items():
                found = getattr(library, name)
                found.restype, found.argtypes = result, arguments
                setattr(self, name, found)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@cache
def _functions() -> _Functions:
    return _Functions()


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key, and what has to be held with it."""

    keycode: int
    is_shift: bool = False
    is_level3: bool = False


@dataclass(frozen=True, slots=True)
class Locks:
    has_caps: bool
    has_num: bool


class Layout:
    """Reads the layout on a connection of its own. One thread. Raises UnavailableError without an X server."""

    def __init__(self, display_name: str) -> None:
        self._f, self._name = _functions(), display_name
        self._display = display = self._opened()
        first, last = c_int(), c_int()
        self._f.XDisplayKeycodes(display, byref(first), byref(last))
        self._keycodes = range(first.value, last.value + 1)
        self._event = xlib.Event()
        self._group = -1
        self._strokes: dict[str, Stroke] = {}
        self._spare: list[int] = []
        self._level3_key = self._shift_key = 0
        self._read()

    def _opened(self) -> int:
        display = xlib.open_display(self._name)
        self._f.XkbSelectEvents(display, _CORE_KEYBOARD, _CHANGES, _CHANGES)
        xlib.libraries().XSync(display, 0)
        return display

    def close(self) -> None:
        xlib.libraries().XCloseDisplay(self._display)

    # --- the present layout ----------------------------------------------------------------------

    def follow(self) -> Locks:
        """Takes over a layout or a group that was changed meanwhile; gives the locks that are on."""
        x = xlib.libraries()
        is_stale = False
        while x.XPending(self._display) > 0:
            x.XNextEvent(self._display, byref(self._event))
            is_stale = True
        if is_stale:
            # Xlib keeps the layout with the connection, and a new one has the new layout for sure.
            self.close()
            self._display = self._opened()
        state = self._state()
        if is_stale or state.group != self._group:
            self._read()
        return Locks(bool(state.locked_mods & LOCK), bool(state.locked_mods & NUM_LOCK))

    def _state(self) -> _State:
        state = _State()
        self._f.XkbGetState(self._display, _CORE_KEYBOARD, byref(state))
        return state

    def _symbol(self, keycode: int, level: int) -> int:
        return int(self._f.XkbKeycodeToKeysym(self._display, keycode, self._group, level))

    def _read(self) -> None:
        self._group = self._state().group
        self._strokes, self._spare = {}, []
        self._level3_key = self._shift_key = 0
        for keycode in self._keycodes:
            symbols = [self._symbol(keycode, level) for level in range(_LEVELS)]
            if not any(symbols):
                self._spare.append(keycode)
            self._note_modifiers(keycode, symbols)
            for level, symbol in enumerate(symbols):
                self._note_character(keycode, level, symbol)

    def _note_modifiers(self, keycode: int, symbols: list[int]) -> None:
        if symbols[0] in _LEVEL3 and not self._level3_key:
            self._level3_key = keycode
        if symbols[0] == _SHIFT and not self._shift_key:
            self._shift_key = keycode

    def _note_character(self, keycode: int, level: int, symbol: int) -> None:
        if not symbol or symbol in _KEYPAD:
            return
        character = self.character_of(symbol)
        if not character:
            return
        stroke = Stroke(keycode, level in (1, 3), level in (2, 3))
        known = self._strokes.get(character)
        if known is None or _cost(stroke) < _cost(known):
            self._strokes[character] = stroke

    # --- the questions ---------------------------------------------------------------------------

    def stroke_for(self, character: str, locks: Locks) -> Stroke | None:
        """How this layout types the character; None when it cannot."""
        stroke = self._strokes.get(character)
        if stroke is None or (stroke.is_level3 and not self._level3_key):
            return None
        is_letter = character.lower() != character.upper() and not stroke.is_level3
        if locks.has_caps and is_letter:
            return Stroke(stroke.keycode, not stroke.is_shift, stroke.is_level3)
        return stroke

    def key_of(self, character: str) -> int | None:
        """The key that has the character, in whatever case; for shortcuts."""
        stroke = self._strokes.get(character.lower()) or self._strokes.get(character)
        return None if stroke is None else stroke.keycode

    def character_of(self, symbol: int) -> str:
        number = int(self._f.xkb_keysym_to_utf32(symbol))
        return chr(number) if number >= 0x20 and number != 0x7F else ""

    def character_at(self, keycode: int) -> str:
        """What the key gives alone."""
        return self.character_of(self._symbol(keycode, 0))

    @property
    def level3_key(self) -> int:
        return self._level3_key

    @property
    def shift_key(self) -> int:
        return self._shift_key

    @property
    def spare(self) -> list[int]:
        """Keys that give nothing on this layout, the highest last."""
        return [*self._spare]

    def bind(self, keycode: int, character: str) -> None:
        """Lets the key give the character, with whatever is held; an empty one takes it back."""
        symbol = int(self._f.xkb_utf32_to_keysym(ord(character))) if character else 0
        symbols = (c_ulong * 2)(symbol, symbol)
        self._f.XChangeKeyboardMapping(self._display, keycode, 2, symbols, 1)
        xlib.libraries().XSync(self._display, 0)


def _cost(stroke: Stroke) -> int:
    return stroke.is_shift + 2 * stroke.is_level3
