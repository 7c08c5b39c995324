"""Tells use of the device's own mouse and keyboard from what we injected, which carries a mark.

What other programs inject counts as the person's: on-screen keyboards, dictation and other help with a keyboard do that.
Run under Wine only.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from remotehelp_app.platform.windows.win32 import (
    HookCallback,
    KeyboardHook,
    Message,
    MouseHook,
    kernel32,
    user32,
)

OURS: Final = 0x52486C70  # "RHlp", with every event that we inject
_KEYBOARD, _MOUSE = 13, 14  # WH_KEYBOARD_LL, WH_MOUSE_LL
_QUIT: Final = 0x0012
_TELL_AT_MOST_EVERY: Final = 0.05
_SHAPES: Final = {_KEYBOARD: KeyboardHook, _MOUSE: MouseHook}


class WindowsLocalUse:
    """Implements `LocalUse`. Where Windows allows no hook it never tells of use; the helper's input then has no rival."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._number = 0
        self._is_ready = threading.Event()
        self._told_at = 0.0
        self._on_use: Callable[[], None] = lambda: None

    def start(self, on_use: Callable[[], None]) -> None:
        """Returns when it watches."""
        self._on_use = on_use
        self._thread = threading.Thread(target=self._run, name="local use", daemon=True)
        self._thread.start()
        self._is_ready.wait(5)

    def stop(self) -> None:
        if self._thread is not None:
            user32.PostThreadMessageW(self._number, _QUIT, 0, 0)
            self._thread.join(5)
            self._thread = None

    def _run(self) -> None:
        self._number = kernel32.GetCurrentThreadId()
        # The callbacks have to live as long as their hooks.
        callbacks = {kind: HookCallback(self._callback(kind)) for kind in _SHAPES}
        hooks = [user32.SetWindowsHookExW(kind, back, None, 0) for kind, back in callbacks.items()]
        message = Message()
        self._is_ready.set()
        # Windows calls the hooks while this thread waits for messages, of which there are none but the last.
        while user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            pass
        for hook in hooks:
            if hook:
                user32.UnhookWindowsHookEx(hook)

    def _callback(self, kind: int) -> Callable[[int, int, int], int]:
        shape: Any = _SHAPES[kind]

        def called(code: int, w: int, place: int) -> int:
            # Returns at once: all input of the desktop waits for it.
            if code >= 0 and shape.from_address(place).extra != OURS:
                self._used()
            return int(user32.CallNextHookEx(None, code, w, place))

        return called

    def _used(self) -> None:
        now = time.monotonic()
        if now >= self._told_at + _TELL_AT_MOST_EVERY:
            self._told_at = now
            self._on_use()
