"""Lets go of keys when the app is killed: a small process of its own that knows what is held.

It reads six bytes for each change from a pipe. When the pipe ends without a farewell, the app has died: what is
still held is let go of, and the process ends.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from contextlib import suppress
from typing import IO, Final

if sys.platform != "win32":
    raise ImportError("for Windows only")

_TOLD: Final = struct.Struct("<cxHH")
_KEY_DOWN, _KEY_UP, _BUTTON_DOWN, _BUTTON_UP, _FAREWELL = b"k", b"K", b"b", b"B", b"."


class Watchdog:
    """The app's end of the pipe. Each call comes before what it tells of, so that nothing held is unknown."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # No console of its own, and none of the app's: closing that would end both at once.
            creationflags=subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP,
        )

    def _say(self, what: bytes, number: int = 0, scan: int = 0) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(OSError):
                pipe.write(_TOLD.pack(what, number, scan))
                pipe.flush()

    def holds_key(self, key: int, scan: int) -> None:
        self._say(_KEY_DOWN, key, scan)

    def let_go_of_key(self, key: int, scan: int) -> None:
        self._say(_KEY_UP, key, scan)

    def holds_button(self, number: int) -> None:
        self._say(_BUTTON_DOWN, number)

    def let_go_of_button(self, number: int) -> None:
        self._say(_BUTTON_UP, number)

    def stand_down(self) -> None:
        """Everything is let go of; the process ends."""
        self._say(_FAREWELL)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


Held = set[tuple[int, int]]


def watch(pipe: IO[bytes]) -> tuple[Held, Held]:
    """The keys and buttons that were held when the pipe ended; none after a farewell."""
    keys: Held = set()
    buttons: Held = set()
    steps = {
        _KEY_DOWN: keys.add,
        _KEY_UP: keys.discard,
        _BUTTON_DOWN: buttons.add,
        _BUTTON_UP: buttons.discard,
    }
    while len(told := pipe.read(_TOLD.size)) == _TOLD.size:
        what, number, scan = _TOLD.unpack(told)
        if what == _FAREWELL:
            return set(), set()
        if (step := steps.get(what)) is not None:
            step((number, scan))
    return keys, buttons


def main() -> None:
    keys, buttons = watch(sys.stdin.buffer)
    from remotehelp_app.platform.windows.input import press_button, press_key, send

    send([press_key(key, scan, is_down=False) for key, scan in keys])
    send([press_button(button, is_down=False) for button, _scan in buttons])


if __name__ == "__main__":
    main()
