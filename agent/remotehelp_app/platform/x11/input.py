"""Mouse and keyboard of X11, by XTEST.

What a key means is what happens: a character is typed as the device's layout types it, and on a key of our own
where the layout lacks it; keys without a character, and shortcuts whose character the layout lacks, go by their place on
the keyboard. Whatever is held is known to a watchdog, which lets go of it should this process be killed.

Whether a press may be is asked while this connection holds the X server: nothing else is served until the press is
in, so the window that was asked about is the one that gets it.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from Xlib import X

from remotehelp_app.platform.interfaces import Reach, RefusedError, UnavailableError
from remotehelp_app.platform.x11.connect import answering
from remotehelp_app.platform.x11.keyboard import Layout, Locks, Stroke
from remotehelp_app.platform.x11.positions import BY_KEY, KEYCODES, MODIFIER_KEYCODES
from remotehelp_app.platform.x11.watchdog import Watchdog
from remotehelp_app.platform.x11.windows import WindowWatch
from remotehelp_app.texts import gettext as _

_BUTTONS: Final = (1, 2, 3, 8, 9)
_UP, _DOWN, _LEFT, _RIGHT = 4, 5, 6, 7
# Until clients have heard of a new character on a spare key; 2 ms was enough in trials (docs/decisions/device-input.md).
_SETTLE: Final = 0.012
_SPARE_KEYS: Final = 8
# Until a spare key that was pressed may give something else: a busy program looks late what the press meant.
_REST: Final = 0.25
_SHIFT, _CTRL, _ALT, _META, _ALT_GRAPH, _CAPS_LOCK, _NUM_LOCK = (1 << n for n in range(7))
_SHORTCUT: Final = _CTRL | _ALT | _META
_TYPED: Final = {"\n": KEYCODES["Enter"], "\t": KEYCODES["Tab"]}
_LOCK_KEYS: Final = frozenset({"CapsLock", "NumLock"})


class X11Input:
    """Implements `Input` and `GuardedInput`. Raises UnavailableError where the X server takes no injected input."""

    has_attention = False  # X11 has no key sequence that no program can see

    def __init__(self, display_name: str = "") -> None:
        name = display_name or os.environ.get("DISPLAY", "")
        # Xlib's own connection first: where there is no X server, python-xlib leaves a socket open.
        self._layout = Layout(name)
        self._windows = WindowWatch(name)
        self._desk = self._windows.display
        if not self._desk.has_extension("XTEST"):
            self._windows.close()
            self._layout.close()
            raise UnavailableError(
                _(
                    "This X server takes no input from programs (XTEST is missing), so nobody can control it."
                )
            )
        self._windows.start()
        self._watchdog = Watchdog(name)
        self._keys: dict[str, int] = {}  # what the helper holds: the page's key, and ours
        self._buttons: set[int] = set()
        self._bound: OrderedDict[str, int] = OrderedDict()
        self._pressed_at: dict[int, float] = {}  # when each spare key was pressed last
        self._may: Callable[[Reach], bool] | None = None
        self._own_window = 0
        self._put = (-1, -1)  # where the pointer was moved to last
        self._is_open = True

    # --- asking first ----------------------------------------------------------------------------

    @contextmanager
    def guarded(self, may: Callable[[Reach], bool], own_window: int) -> Iterator[None]:
        self._may, self._own_window = may, own_window
        try:
            yield
        finally:
            self._may = None

    @contextmanager
    def _asked(self, reach: Callable[[], Reach]) -> Iterator[None]:
        """What stands inside meets exactly what the gate was asked about. It must use no other connection."""
        with answering():
            if self._may is None:
                yield
                self._desk.flush()
                return
            self._desk.grab_server()
            try:
                if not self._may(reach()):
                    raise RefusedError
                yield
            finally:
                self._desk.ungrab_server()
                self._desk.flush()

    def _under_pointer(self) -> Reach:
        place, reach = self._windows.under_pointer(self._own_window)
        if place != self._put:
            raise RefusedError  # the person moved it, or there is no monitor at that place
        return reach

    def _with_keyboard(self) -> Reach:
        return self._windows.with_keyboard(self._own_window)

    def keep_up(self) -> None:
        self._windows.pending_changes()

    # --- the mouse -------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        if self._may is not None and not self._may(self._windows.at(x, y)):
            raise RefusedError
        self._put = (x, y)
        with answering():
            self._desk.xtest_fake_input(X.MotionNotify, x=x, y=y)
            self._desk.flush()

    def button(self, button: int, *, is_down: bool) -> None:
        number = _BUTTONS[button]
        if is_down:
            with self._asked(self._under_pointer):
                self._watchdog.holds_button(number)
                self._buttons.add(number)
                self._desk.xtest_fake_input(X.ButtonPress, number)
        elif number in self._buttons:
            with answering():
                self._desk.xtest_fake_input(X.ButtonRelease, number)
                self._desk.flush()
            self._buttons.discard(number)
            self._watchdog.let_go_of_button(number)

    def wheel(self, dx: int, dy: int) -> None:
        with self._asked(self._under_pointer):
            for count, less, more in ((dy, _UP, _DOWN), (dx, _LEFT, _RIGHT)):
                for _notch in range(abs(count)):
                    for kind in (X.ButtonPress, X.ButtonRelease):
                        self._desk.xtest_fake_input(kind, more if count > 0 else less)

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
        if (held := self._keys.pop(name, None)) is not None:
            self._let_go(held)  # a repeat: X11 shows it as one more press
        stroke = self._stroke(code, key, modifiers, locks)
        if stroke is None:
            return
        is_typed = len(key) == 1 and not self._is_shortcut(modifiers)
        with self._asked(self._with_keyboard):
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
        return self._stroke_for(key, locks)

    def _stroke_for(self, character: str, locks: Locks) -> Stroke | None:
        """As the layout types it, which by then knows the spare keys that were lent a character, too."""
        if character in self._bound:
            self._bound.move_to_end(character)
        return self._layout.stroke_for(character, locks) or self._own_key(character)

    def text(self, text: str) -> None:
        for character in text:
            locks = self._layout.follow()
            if (keycode := _TYPED.get(character)) is not None:
                stroke: Stroke | None = Stroke(keycode)
            else:
                stroke = self._stroke_for(character, locks)
            if stroke is not None:
                with self._asked(self._with_keyboard), self._exactly(stroke):
                    self._press(stroke.keycode)
                    self._let_go(stroke.keycode)

    def has_focus(self, window: int) -> bool:
        return bool(self._windows.with_keyboard(window).is_ours)

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
            self._desk.flush()

    def _is_modifier(self, keycode: int) -> bool:
        known = any(keycode in codes for codes in MODIFIER_KEYCODES.values())
        return known or keycode == self._layout.level3_key

    def _own_key(self, character: str) -> Stroke | None:
        """A spare key that gives the character; the one that was used longest ago is taken for a new one."""
        self._forget_lost_keys()
        free = [k for k in self._layout.spare if k not in self._bound.values()][-_SPARE_KEYS:]
        if len(self._bound) < _SPARE_KEYS and free:
            keycode = free[-1]
        elif self._bound:
            _oldest, keycode = self._bound.popitem(last=False)
            time.sleep(max(0.0, self._pressed_at.get(keycode, 0.0) + _REST - time.monotonic()))
        else:
            return None
        self._watchdog.binds(keycode)
        self._layout.bind(keycode, character)
        self._bound[character] = keycode
        time.sleep(_SETTLE)
        self._layout.follow()
        return Stroke(keycode)

    def _forget_lost_keys(self) -> None:
        """A layout that was set anew has taken the spare keys back, and may use them for itself."""
        for character, keycode in list(self._bound.items()):
            if self._layout.character_at(keycode) != character:
                del self._bound[character]

    def _press(self, keycode: int) -> None:
        self._watchdog.holds_key(keycode)
        if keycode in self._bound.values():
            self._pressed_at[keycode] = time.monotonic()
        self._fake(keycode, is_down=True)

    def _let_go(self, keycode: int) -> None:
        with answering():
            self._fake(keycode, is_down=False)
            self._desk.flush()
        self._watchdog.let_go_of_key(keycode)

    def _fake(self, keycode: int, *, is_down: bool) -> None:
        self._desk.xtest_fake_input(X.KeyPress if is_down else X.KeyRelease, keycode)

    def release_all(self) -> None:
        for number in range(len(_BUTTONS)):
            self.button(number, is_down=False)
        for name in list(self._keys):
            self._let_go(self._keys.pop(name))
        self._windows.catch_up()

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        with suppress(UnavailableError):  # without an X server nothing is held any more
            self.release_all()
            self._layout.follow()
            self._forget_lost_keys()
            for keycode in self._bound.values():
                self._layout.bind(keycode, "")
        self._layout.close()
        self._watchdog.stand_down()
        self._windows.close()
