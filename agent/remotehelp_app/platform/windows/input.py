"""Mouse and keyboard of Windows, by SendInput.

What a key means is what happens, as on X11 (docs/decisions/device-input.md): a character by the key that the device's
layout has for it, else as a character without a key; keys without a character by their place. Whatever is held is known to a
watchdog, which lets go of it should this process be killed.

Run under Wine. Never run: what Windows itself lets through (UIPI: nothing reaches the window of a program that
runs as an administrator, and SendInput does not tell of it; and nothing reaches the secure desktop).
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ctypes import byref
from typing import Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.windows import keyboard, win32
from remotehelp_app.platform.windows.keyboard import Stroke
from remotehelp_app.platform.windows.keys import BY_KEY, MODIFIERS, SCAN_CODES, SHIFTS
from remotehelp_app.platform.windows.local_use import OURS
from remotehelp_app.platform.windows.monitors import whole
from remotehelp_app.platform.windows.watchdog import Watchdog
from remotehelp_app.platform.windows.win32 import DWORD, use_real_pixels, user32
from remotehelp_app.texts import gettext as _

log = logging.getLogger(__name__)

_MOUSE, _KEYBOARD = 0, 1
_MOVE, _ABSOLUTE, _ALL_MONITORS = 0x0001, 0x8000, 0x4000
_WHEEL, _WHEEL_ACROSS, _NOTCH = 0x0800, 0x1000, 120
_KEY_EXTENDED, _KEY_UP, _KEY_UNICODE, _KEY_SCAN = 1, 2, 4, 8
# Down, up and which of the X buttons: left, middle, right, back, forward.
_BUTTONS: Final = ((2, 4, 0), (0x20, 0x40, 0), (8, 0x10, 0), (0x80, 0x100, 1), (0x80, 0x100, 2))
_ARE_SWAPPED: Final = 23  # SM_SWAPBUTTON
_WHOLE: Final = 65_536  # the far edge of all monitors, as SendInput counts
_CTRL, _ALT, _META, _ALT_GRAPH, _NUM_LOCK = 2, 4, 8, 16, 64
_TYPED: Final = {"\n": SCAN_CODES["Enter"], "\t": SCAN_CODES["Tab"]}
_LOCK_KEYS: Final = frozenset({"CapsLock", "NumLock"})
_SHIFT_LEFT: Final = SCAN_CODES["ShiftLeft"]


class WindowsInput:
    """Implements `Input`."""

    has_attention = False

    def __init__(self) -> None:
        use_real_pixels()
        self._watchdog = Watchdog()
        self._keys: dict[str, Stroke] = {}  # what the helper holds: the page's key, and ours
        self._buttons: set[int] = set()
        self._is_open = True

    # --- the mouse -------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        desktop = whole()
        self._send(
            [
                _mouse(
                    _MOVE | _ABSOLUTE | _ALL_MONITORS,
                    x=_share(x - desktop.x, desktop.width),
                    y=_share(y - desktop.y, desktop.height),
                )
            ]
        )

    def button(self, button: int, *, is_down: bool) -> None:
        if not is_down and button not in self._buttons:
            return
        if is_down:
            self._watchdog.holds_button(button)
            self._buttons.add(button)
        self._send([press_button(button, is_down=is_down)])
        if not is_down:
            self._buttons.discard(button)
            self._watchdog.let_go_of_button(button)

    def wheel(self, dx: int, dy: int) -> None:
        """Windows counts away from the person, and to the right."""
        for count, flag in ((-dy, _WHEEL), (dx, _WHEEL_ACROSS)):
            step = _NOTCH if count > 0 else -_NOTCH
            self._send([_mouse(flag, data=step) for _notch in range(abs(count))])

    # --- the keyboard ----------------------------------------------------------------------------

    def key(self, code: str, key: str, *, is_down: bool, modifiers: int) -> None:
        name = code or key
        if not is_down:
            if (held := self._keys.pop(name, None)) is not None:
                self._let_go(held)
            return
        if name in _LOCK_KEYS:
            return  # the character says already what the helper's locks made of the key
        stroke = self._stroke(code, key, modifiers)
        if stroke is None:
            return
        if name in self._keys and self._keys[name] != stroke:
            self._let_go(self._keys.pop(name))
        if len(key) == 1 and not _is_shortcut(modifiers) and not _is_keypad(code, stroke):
            with self._exactly(stroke):
                self._press(stroke)
        else:
            self._press(stroke)
        self._keys[name] = stroke

    @staticmethod
    def _stroke(code: str, key: str, modifiers: int) -> Stroke | None:
        place = SCAN_CODES.get(code) or SCAN_CODES.get(BY_KEY.get(key, key), 0)
        at_place = Stroke(place) if place else None
        if code.startswith("Numpad") and keyboard.has_num_lock() == bool(modifiers & _NUM_LOCK):
            return at_place
        if len(key) != 1:
            return at_place
        if _is_shortcut(modifiers):
            scan = keyboard.key_of(key) or place
            return Stroke(scan) if scan else None
        return keyboard.stroke_for(key) or Stroke(unit=key)

    def text(self, text: str) -> None:
        for character in text:
            if (scan := _TYPED.get(character)) is not None:
                stroke = Stroke(scan)
            else:
                stroke = keyboard.stroke_for(character) or Stroke(unit=character)
            with self._exactly(stroke):
                self._press(stroke)
                self._let_go(stroke)

    def has_focus(self, window: int) -> bool:
        """By the processes of both windows."""
        front = _process_of(user32.GetForegroundWindow())
        return front > 0 and front == _process_of(window)

    def attention(self) -> None:
        raise UnavailableError(
            _("Windows takes Ctrl+Alt+Del from its own services only, and this app has none.")
        )

    # --- what is held ----------------------------------------------------------------------------

    @contextmanager
    def _exactly(self, stroke: Stroke) -> Iterator[None]:
        """Holds what the stroke needs and nothing else, and puts back afterwards what the helper holds."""
        held = {s.scan for s in self._keys.values() if s.scan in MODIFIERS}
        is_shifted = bool(held & SHIFTS)
        lifted = held - SHIFTS if stroke.is_shift else held
        if stroke.unit:
            lifted = held - SHIFTS  # a character without a key is what it is, with Shift or without
        added = {_SHIFT_LEFT} if stroke.is_shift and not is_shifted else set()
        self._send([press_key(scan, is_down=False) for scan in lifted])
        for scan in added:
            self._press(Stroke(scan))
        try:
            yield
        finally:
            for scan in added:
                self._let_go(Stroke(scan))
            self._send([press_key(scan, is_down=True) for scan in lifted])

    def _press(self, stroke: Stroke) -> None:
        if stroke.unit:
            self._send(_character(stroke.unit, is_down=True))
            return
        self._watchdog.holds_key(stroke.scan)
        self._send([press_key(stroke.scan, is_down=True)])

    def _let_go(self, stroke: Stroke) -> None:
        if stroke.unit:
            self._send(_character(stroke.unit, is_down=False))
            return
        self._send([press_key(stroke.scan, is_down=False)])
        self._watchdog.let_go_of_key(stroke.scan)

    def _send(self, events: Iterable[win32.Input]) -> None:
        send(list(events))

    def release_all(self) -> None:
        for button in range(len(_BUTTONS)):
            self.button(button, is_down=False)
        for name in list(self._keys):
            self._let_go(self._keys.pop(name))

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self.release_all()
        self._watchdog.stand_down()


def send(events: list[win32.Input]) -> None:
    """What Windows does not take is lost: it does so on the secure desktop, which is nobody's here."""
    if not events:
        return
    taken = user32.SendInput(
        len(events), (win32.Input * len(events))(*events), ctypes.sizeof(win32.Input)
    )
    if taken != len(events):
        log.info("Windows took %s of %s events", taken, len(events))


def press_key(scan: int, *, is_down: bool) -> win32.Input:
    flags = _KEY_SCAN | (_KEY_EXTENDED if scan > 0xFF else 0) | (0 if is_down else _KEY_UP)
    made = win32.KeyboardInput(scan=scan & 0xFF, flags=flags, extra=OURS)
    return win32.Input(type=_KEYBOARD, keyboard=made)


def press_button(button: int, *, is_down: bool) -> win32.Input:
    """The helper's left button is the device's first one, which its owner may have put on the right."""
    if button in (0, 2) and user32.GetSystemMetrics(_ARE_SWAPPED):
        button = 2 - button
    down, up, data = _BUTTONS[button]
    return _mouse(down if is_down else up, data=data)


def _mouse(flags: int, *, x: int = 0, y: int = 0, data: int = 0) -> win32.Input:
    made = win32.MouseInput(dx=x, dy=y, data=data & 0xFFFFFFFF, flags=flags, extra=OURS)
    return win32.Input(type=_MOUSE, mouse=made)


def _character(unit: str, *, is_down: bool) -> Iterator[win32.Input]:
    """Without a key; beyond the first 65,536 characters it takes two (UTF-16)."""
    data = unit.encode("utf-16-le")
    flags = _KEY_UNICODE | (0 if is_down else _KEY_UP)
    for at in range(0, len(data), 2):
        scan = int.from_bytes(data[at : at + 2], "little")
        made = win32.KeyboardInput(scan=scan, flags=flags, extra=OURS)
        yield win32.Input(type=_KEYBOARD, keyboard=made)


def _share(place: int, length: int) -> int:
    """Rounded up: Windows rounds down when it makes a pixel of it again."""
    return -(-place * _WHOLE // length)


def _is_shortcut(modifiers: int) -> bool:
    """AltGr types; on some systems it comes as Ctrl and Alt as well."""
    return bool(modifiers & (_CTRL | _ALT | _META)) and not modifiers & _ALT_GRAPH


def _is_keypad(code: str, stroke: Stroke) -> bool:
    return code.startswith("Numpad") and stroke.scan == SCAN_CODES.get(code)


def _process_of(window: int) -> int:
    process = DWORD()
    user32.GetWindowThreadProcessId(window, byref(process))
    return process.value
