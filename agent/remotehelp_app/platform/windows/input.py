"""Mouse and keyboard of Windows, by SendInput.

What a key means is what happens, as on X11 (docs/decisions/device-input.md): a character by the key that the device's
layout has for it, else as a character without a key; keys without a character by their place. Whatever is held is known to a
watchdog, which lets go of it should this process be killed.

Whether a press may be is asked right before it, of the windows as they are then. Nobody can hold the desktop of Windows
meanwhile, as an X server can be held: a window that opens in the moment between is not seen.

A key goes out by its virtual key, with its scan code beside it: Wine makes nothing of a scan code alone, and so what was
run there is what runs on Windows.

Run under Wine. Never run: what Windows itself lets through (UIPI: nothing reaches the window of a program that
runs as an administrator, and SendInput does not tell of it; and nothing reaches the secure desktop).
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import byref
from typing import Final

from remotehelp_app.platform.interfaces import Reach, RefusedError, UnavailableError
from remotehelp_app.platform.windows import keyboard, win32
from remotehelp_app.platform.windows.keyboard import Stroke, at_place
from remotehelp_app.platform.windows.keys import (
    BY_KEY,
    MODIFIERS,
    SCAN_CODES,
    SHIFTS,
    VIRTUAL_KEYS,
)
from remotehelp_app.platform.windows.local_use import OURS
from remotehelp_app.platform.windows.monitors import whole
from remotehelp_app.platform.windows.watchdog import Watchdog
from remotehelp_app.platform.windows.win32 import DWORD, Point, use_real_pixels, user32
from remotehelp_app.platform.windows.windows import WindowWatch, has_secure_desktop
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
_TYPED: Final = {"\n": "Enter", "\t": "Tab"}
_LOCK_KEYS: Final = frozenset({"CapsLock", "NumLock"})
_SHIFT_LEFT: Final = Stroke(VIRTUAL_KEYS["ShiftLeft"], SCAN_CODES["ShiftLeft"])
# The pointer may come to lie this far from where it was put, because SendInput counts in other units than pixels.
_ROUNDING: Final = 2


class WindowsInput:
    """Implements `Input` and, as far as Windows lets it, `GuardedInput`."""

    has_attention = False

    def __init__(self) -> None:
        use_real_pixels()
        self._watchdog = Watchdog()
        self._windows = WindowWatch()
        self._keys: dict[str, Stroke] = {}  # what the helper holds: the page's key, and ours
        self._buttons: set[int] = set()
        self._may: Callable[[Reach], bool] | None = None
        self._own_window = 0
        self._put = (0, 0)  # where the pointer was moved to last
        self._is_open = True

    # --- asking first ----------------------------------------------------------------------------

    @contextmanager
    def guarded(self, may: Callable[[Reach], bool], own_window: int) -> Iterator[None]:
        self._may, self._own_window = may, own_window
        try:
            yield
        finally:
            self._may = None

    def _ask_for_pointer(self) -> None:
        if self._may is None:
            return
        place = Point()
        user32.GetCursorPos(byref(place))
        if max(abs(place.x - self._put[0]), abs(place.y - self._put[1])) > _ROUNDING:
            raise RefusedError  # the person moved it, or there is no monitor at that place
        window = user32.WindowFromPoint(place)
        reach = Reach(self._is_prompt_at(place.x, place.y), self._is_ours(window))
        if not self._may(reach):
            raise RefusedError

    def _ask_for_keyboard(self) -> None:
        if self._may is None:
            return
        is_prompt = has_secure_desktop() or bool(self._windows.areas())
        if not self._may(Reach(is_prompt, self._is_ours(user32.GetForegroundWindow()))):
            raise RefusedError

    def _is_prompt_at(self, x: int, y: int) -> bool:
        found = self._windows.areas()
        is_inside = any(a.x <= x < a.x + a.width and a.y <= y < a.y + a.height for a in found)
        return is_inside or has_secure_desktop()

    def _is_ours(self, window: int) -> bool | None:
        """By the processes of both windows; None without a window of ours to compare with."""
        ours = _process_of(self._own_window) if self._own_window else 0
        return ours == _process_of(window) if ours else None

    def keep_up(self) -> None:
        """Nothing waits: the windows are looked at anew for each press."""

    # --- the mouse -------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        if self._may is not None and not self._may(Reach(self._is_prompt_at(x, y))):
            raise RefusedError
        desktop = whole()
        self._put = (x, y)
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
            self._ask_for_pointer()
            self._watchdog.holds_button(button)
            self._buttons.add(button)
        self._send([press_button(button, is_down=is_down)])
        if not is_down:
            self._buttons.discard(button)
            self._watchdog.let_go_of_button(button)

    def wheel(self, dx: int, dy: int) -> None:
        """Windows counts away from the person, and to the right."""
        self._ask_for_pointer()
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
        self._ask_for_keyboard()
        if len(key) == 1 and not _is_shortcut(modifiers) and not _is_keypad(code, stroke):
            with self._exactly(stroke):
                self._press(stroke)
        else:
            self._press(stroke)
        self._keys[name] = stroke

    @staticmethod
    def _stroke(code: str, key: str, modifiers: int) -> Stroke | None:
        place = at_place(code) or at_place(BY_KEY.get(key, key))
        if code.startswith("Numpad") and keyboard.has_num_lock() == bool(modifiers & _NUM_LOCK):
            return place
        if len(key) != 1:
            # With another Num Lock than the helper's, the key of the keypad would be another.
            return (at_place(key) if code.startswith("Numpad") else None) or place
        if _is_shortcut(modifiers):
            return keyboard.key_of(key) or place
        return keyboard.stroke_for(key) or Stroke(unit=key)

    def text(self, text: str) -> None:
        for character in text:
            typed = _TYPED.get(character)
            stroke = at_place(typed) if typed else keyboard.stroke_for(character)
            stroke = stroke or Stroke(unit=character)
            self._ask_for_keyboard()
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
        held = {s for s in self._keys.values() if s.key in MODIFIERS}
        shifts = {s for s in held if s.key in SHIFTS}
        # A character without a key is what it is, with Shift or without.
        lifted = held - shifts if stroke.is_shift or stroke.unit else held
        is_shift_missing = stroke.is_shift and not shifts
        self._send([press_key(s.key, s.scan, is_down=False) for s in lifted])
        if is_shift_missing:
            self._press(_SHIFT_LEFT)
        try:
            yield
        finally:
            if is_shift_missing:
                self._let_go(_SHIFT_LEFT)
            self._send([press_key(s.key, s.scan, is_down=True) for s in lifted])

    def _press(self, stroke: Stroke) -> None:
        if stroke.unit:
            self._send(_character(stroke.unit, is_down=True))
            return
        self._watchdog.holds_key(stroke.key, stroke.scan)
        self._send([press_key(stroke.key, stroke.scan, is_down=True)])

    def _let_go(self, stroke: Stroke) -> None:
        if stroke.unit:
            self._send(_character(stroke.unit, is_down=False))
            return
        self._send([press_key(stroke.key, stroke.scan, is_down=False)])
        self._watchdog.let_go_of_key(stroke.key, stroke.scan)

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


def press_key(key: int, scan: int, *, is_down: bool) -> win32.Input:
    """Without a virtual key Windows makes one of the scan code."""
    flags = (_KEY_EXTENDED if scan > 0xFF else 0) | (0 if is_down else _KEY_UP)
    flags |= 0 if key else _KEY_SCAN
    made = win32.KeyboardInput(key=key, scan=scan & 0xFF, flags=flags, extra=OURS)
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
    return code.startswith("Numpad") and stroke.scan == SCAN_CODES.get(code, -1)


def _process_of(window: int) -> int:
    process = DWORD()
    user32.GetWindowThreadProcessId(window, byref(process))
    return process.value
