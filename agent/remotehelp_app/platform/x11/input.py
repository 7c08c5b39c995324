"""Mouse and keyboard of X11, by XTEST.

What a key means is what happens: a character is typed as the device's layout types it, and on a key of our own
where the layout lacks it; keys without a character, and shortcuts whose character the layout lacks, go by their place on
the keyboard. Whatever is held is known to a watchdog, which lets go of it should this process be killed.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_int, c_uint, c_ulong, c_void_p
from functools import cache
from typing import Any, Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.x11 import xlib
from remotehelp_app.platform.x11.keyboard import Layout, Locks, Stroke
from remotehelp_app.platform.x11.positions import BY_KEY, KEYCODES, MODIFIER_KEYCODES
from remotehelp_app.platform.x11.watchdog import Watchdog
from remotehelp_app.texts import gettext as _

_BUTTONS: Final = (1, 2, 3, 8, 9)
_UP, _DOWN, _LEFT, _RIGHT = 4, 5, 6, 7
# Until clients have heard of a new character on a spare key; 2 ms was enough in trials (docs/decisions/device-input.md).
_SETTLE: Final = 0.012
_SPARE_KEYS: Final = 8
_SHIFT, _CTRL, _ALT, _META, _ALT_GRAPH, _CAPS_LOCK, _NUM_LOCK = (1 << n for n in range(7))
_SHORTCUT: Final = _CTRL | _ALT | _META
_TYPED: Final = {"\n": KEYCODES["Enter"], "\t": KEYCODES["Tab"]}
_POINTER_ROOT: Final = 1  # not a window: the keyboard follows the pointer
_RESOURCE_MASK: Final = 0x1FFFFF  # what every X server in use gives a client for its own numbers
_LOCK_KEYS: Final = frozenset({"CapsLock", "NumLock"})


@cache
def _xtest() -> Any:
    try:
        library = ctypes.CDLL("libXtst.so.6")
    except OSError as error:
        raise UnavailableError(
            _("%(library)s is missing. Install your system's X11 libraries.")
            % {"library": "libXtst.so.6"}
        ) from error
    number = ctypes.POINTER(c_int)
    library.XTestQueryExtension.argtypes = [c_void_p, number, number, number, number]
    library.XTestFakeKeyEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
    library.XTestFakeButtonEvent.argtypes = [c_void_p, c_uint, c_int, c_ulong]
    library.XTestFakeMotionEvent.argtypes = [c_void_p, c_int, c_int, c_int, c_ulong]
    return library


class X11Input:
    """Implements `Input`. Raises UnavailableError where the X server takes no injected input."""

    has_attention = False  # X11 has no key sequence that no program can see

    def __init__(self, display_name: str = "") -> None:
        name = display_name or os.environ.get("DISPLAY", "")
        self._x, self._t = xlib.libraries(), _xtest()
        self._display = xlib.open_display(name)
        numbers = [ctypes.byref(c_int()) for _number in range(4)]
        if not self._t.XTestQueryExtension(self._display, *numbers):
            self._x.XCloseDisplay(self._display)
            raise UnavailableError(
                _(
                    "This X server takes no input from programs (XTEST is missing), so nobody can control it."
                )
            )
        self._layout = Layout(name)
        self._watchdog = Watchdog(name)
        self._keys: dict[str, int] = {}  # what the helper holds: the page's key, and ours
        self._buttons: set[int] = set()
        self._bound: OrderedDict[str, int] = OrderedDict()
        self._is_open = True

    # --- the mouse -------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        self._t.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XFlush(self._display)

    def button(self, button: int, *, is_down: bool) -> None:
        number = _BUTTONS[button]
        if not is_down and number not in self._buttons:
            return
        if is_down:
            self._watchdog.holds_button(number)
            self._buttons.add(number)
        self._t.XTestFakeButtonEvent(self._display, number, int(is_down), 0)
        self._x.XFlush(self._display)
        if not is_down:
            self._buttons.discard(number)
            self._watchdog.let_go_of_button(number)

    def wheel(self, dx: int, dy: int) -> None:
        for count, less, more in ((dy, _UP, _DOWN), (dx, _LEFT, _RIGHT)):
            for _notch in range(abs(count)):
                for is_down in (1, 0):
                    self._t.XTestFakeButtonEvent(
                        self._display, more if count > 0 else less, is_down, 0
                    )
        self._x.XFlush(self._display)

    # --- the keyboard ----------------------------------------------------------------------------

    def key(self, code: str, key: str, *, is_down: bool, modifiers: int) -> None:
        name = code or key
        if not is_down:
            if (keycode := self._keys.pop(name, None)) is not None:
                self._let_go(keycode)
            return
        if name in _LOCK_KEYS:
            return  # the character says already what the helper's locks made of the key
        locks = self._layout.follow()
        held = self._keys.get(name)
        if held is not None:
            self._let_go(held)  # a repeat: X11 shows it as one more press
        stroke = self._stroke(code, key, modifiers, locks)
        if stroke is None:
            return
        is_typed = len(key) == 1 and not self._is_shortcut(modifiers)
        if is_typed and not self._is_keypad(code, stroke):
            with self._exactly(stroke):
                self._press(stroke.keycode)
        else:
            self._press(stroke.keycode)
        self._keys[name] = stroke.keycode

    @staticmethod
    def _is_shortcut(modifiers: int) -> bool:
        """AltGr types; on some systems it comes as Ctrl and Alt as well."""
        return bool(modifiers & _SHORTCUT) and not modifiers & _ALT_GRAPH

    @staticmethod
    def _is_keypad(code: str, stroke: Stroke) -> bool:
        return code.startswith("Numpad") and stroke.keycode == KEYCODES.get(code)

    def _stroke(self, code: str, key: str, modifiers: int, locks: Locks) -> Stroke | None:
        place = KEYCODES.get(code) or KEYCODES.get(BY_KEY.get(key, key))
        if code.startswith("Numpad") and locks.has_num == bool(modifiers & _NUM_LOCK):
            return Stroke(place) if place else None
        if len(key) != 1:
            return Stroke(place) if place else None
        if self._is_shortcut(modifiers):
            keycode = self._layout.key_of(key) or place
            return Stroke(keycode) if keycode else None
        return self._layout.stroke_for(key, locks) or self._own_key(key)

    def text(self, text: str) -> None:
        for character in text:
            locks = self._layout.follow()
            if (keycode := _TYPED.get(character)) is not None:
                stroke: Stroke | None = Stroke(keycode)
            else:
                stroke = self._layout.stroke_for(character, locks) or self._own_key(character)
            if stroke is not None:
                with self._exactly(stroke):
                    self._press(stroke.keycode)
                    self._let_go(stroke.keycode)

    def has_focus(self, window: int) -> bool:
        """The windows of one client share the upper bits of their numbers (X11 protocol, Connection Setup)."""
        focus, revert = c_ulong(), c_int()
        self._x.XGetInputFocus(self._display, ctypes.byref(focus), ctypes.byref(revert))
        return focus.value > _POINTER_ROOT and not (focus.value ^ window) & ~_RESOURCE_MASK

    def attention(self) -> None:
        raise UnavailableError(_("X11 has no Ctrl+Alt+Del of the system's own."))

    # --- what is held ----------------------------------------------------------------------------

    @contextmanager
    def _exactly(self, stroke: Stroke) -> Iterator[None]:
        """Holds what the stroke needs and nothing else, and puts back afterwards what the helper holds."""
        wanted = set()
        if stroke.is_shift:
            wanted.add(self._layout.shift_key or KEYCODES["ShiftLeft"])
        if stroke.is_level3:
            wanted.add(self._layout.level3_key)
        held = {code for code in self._keys.values() if self._is_modifier(code)}
        is_shifted = bool(held & MODIFIER_KEYCODES["Shift"])
        lifted = {code for code in held if code not in wanted}
        if stroke.is_shift and is_shifted:
            wanted -= MODIFIER_KEYCODES["Shift"]
            lifted -= MODIFIER_KEYCODES["Shift"]
        added = wanted - held
        for code in lifted:
            self._fake(code, is_down=False)
        for code in added:
            self._press(code)
        try:
            yield
        finally:
            for code in added:
                self._let_go(code)
            for code in lifted:
                self._fake(code, is_down=True)
            self._x.XFlush(self._display)

    def _is_modifier(self, keycode: int) -> bool:
        known = any(keycode in codes for codes in MODIFIER_KEYCODES.values())
        return known or keycode == self._layout.level3_key

    def _own_key(self, character: str) -> Stroke | None:
        """A spare key that gives the character; the one that was used longest ago is taken for a new one."""
        if (keycode := self._bound.get(character)) is not None:
            self._bound.move_to_end(character)
            return Stroke(keycode)
        free = [k for k in self._layout.spare if k not in self._bound.values()][-_SPARE_KEYS:]
        if len(self._bound) < _SPARE_KEYS and free:
            keycode = free[-1]
        elif self._bound:
            _oldest, keycode = self._bound.popitem(last=False)
        else:
            return None
        self._watchdog.binds(keycode)
        self._layout.bind(keycode, character)
        self._bound[character] = keycode
        time.sleep(_SETTLE)
        self._layout.follow()
        return Stroke(keycode)

    def _press(self, keycode: int) -> None:
        self._watchdog.holds_key(keycode)
        self._fake(keycode, is_down=True)
        self._x.XFlush(self._display)

    def _let_go(self, keycode: int) -> None:
        self._fake(keycode, is_down=False)
        self._x.XFlush(self._display)
        self._watchdog.let_go_of_key(keycode)

    def _fake(self, keycode: int, *, is_down: bool) -> None:
        self._t.XTestFakeKeyEvent(self._display, keycode, int(is_down), 0)

    def release_all(self) -> None:
        for number in range(len(_BUTTONS)):
            self.button(number, is_down=False)
        for name in list(self._keys):
            self._let_go(self._keys.pop(name))
        self._x.XSync(self._display, 0)
        xlib.errors_since()

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self.release_all()
        for keycode in self._bound.values():
            self._layout.bind(keycode, "")
        self._x.XSync(self._display, 0)
        self._layout.close()
        self._watchdog.stand_down()
        self._x.XCloseDisplay(self._display)
