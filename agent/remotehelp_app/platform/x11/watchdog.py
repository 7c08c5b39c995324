"""Lets go of keys when the app is killed: a small process of its own that knows what is held.

It reads two bytes for each change from a pipe. When the pipe ends without a farewell, the app has died: what is still
held is let go of, keys that were lent a character get it taken back, and the process ends.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from contextlib import suppress
from typing import IO, Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.x11 import xlib

_KEY_DOWN, _KEY_UP, _BUTTON_DOWN, _BUTTON_UP, _BOUND, _FAREWELL = b"kKbBs."
_NAMES: Final = {_KEY_DOWN: "keys", _BUTTON_DOWN: "buttons", _BOUND: "bound"}


class Watchdog:
    """The app's end of the pipe. Each call comes before what it tells of, so that nothing held is unknown."""

    def __init__(self, display_name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, display_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a signal to the app's group must not reach it
        )

    def _say(self, what: int, number: int) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(OSError):
                pipe.write(bytes((what, number)))
                pipe.flush()

    def holds_key(self, keycode: int) -> None:
        self._say(_KEY_DOWN, keycode)

    def let_go_of_key(self, keycode: int) -> None:
        self._say(_KEY_UP, keycode)

    def holds_button(self, number: int) -> None:
        self._say(_BUTTON_DOWN, number)

    def let_go_of_button(self, number: int) -> None:
        self._say(_BUTTON_UP, number)

    def binds(self, keycode: int) -> None:
        self._say(_BOUND, keycode)

    def stand_down(self) -> None:
        """Everything is let go of; the process ends."""
        self._say(_FAREWELL, 0)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait(5)


def watch(pipe: IO[bytes]) -> dict[str, set[int]]:
    """What was held when the pipe ended; nothing after a farewell."""
    held: dict[str, set[int]] = {"keys": set(), "buttons": set(), "bound": set()}
    while len(told := pipe.read(2)) == 2:
        what, number = told
        if what == _FAREWELL:
            return {name: set() for name in held}
        if what in _NAMES:
            held[_NAMES[what]].add(number)
        elif what == _KEY_UP:
            held["keys"].discard(number)
        elif what == _BUTTON_UP:
            held["buttons"].discard(number)
    return held


def release(display_name: str, held: dict[str, set[int]]) -> None:
    """Lets go of it at the X server, if there still is one."""
    try:
        display = xlib.open_display(display_name)
    except UnavailableError:
        return
    x, test = xlib.libraries(), ctypes.CDLL("libXtst.so.6")
    kinds = (("keys", test.XTestFakeKeyEvent), ("buttons", test.XTestFakeButtonEvent))
    for name, fake in kinds:
        for number in held[name]:
            fake(ctypes.c_void_p(display), number, 0, ctypes.c_ulong(0))
    nothing = (ctypes.c_ulong * 2)(0, 0)
    for keycode in held["bound"]:
        ctypes.CDLL("libX11.so.6").XChangeKeyboardMapping(
            ctypes.c_void_p(display), keycode, 2, nothing, 1
        )
    x.XSync(display, 0)
    x.XCloseDisplay(display)


def main() -> None:
    held = watch(sys.stdin.buffer)
    if any(held.values()):
        release(sys.argv[1], held)


if __name__ == "__main__":
    main()
