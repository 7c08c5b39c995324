"""Tells use of the device's own mouse and keyboard from what we injected, which carries a mark.

What other programs inject counts as the person's: on-screen keyboards, dictation and other help with a keyboard do that.
Run under Wine only.
"""

from __future__ import annotations

import ctypes
import logging
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

log = logging.getLogger(__name__)

OURS: Final = 0x52486C70  # "RHlp", with every event that we inject
_KEYBOARD, _MOUSE = 13, 14  # WH_KEYBOARD_LL, WH_MOUSE_LL
_QUIT, _TIMER = 0x0012, 0x0113  # WM_QUIT, WM_TIMER
# Windows takes a hook away from whoever was late to answer, without a word.
_HOOKED_ANEW_EVERY: Final = 5000  # milliseconds
_TELL_AT_MOST_EVERY: Final = 0.05
_SHAPES: Final = {_KEYBOARD: KeyboardHook, _MOUSE: MouseHook}


class WindowsLocalUse:
    """Implements `LocalUse`."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._number = 0
        self._is_ready = threading.Event()
        self._told_at = 0.0
        self._on_use: Callable[[], None] = lambda: None
        self._on_lost: Callable[[], None] = lambda: None
        # They have to live as long as their hooks.
        self._callbacks = {kind: HookCallback(self._callback(kind)) for kind in _SHAPES}

    def start(self, on_use: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Returns when it watches, or has said that it cannot."""
        self._on_use, self._on_lost = on_use, on_lost
        self._thread = threading.Thread(target=self._run, name="local use", daemon=True)
        self._thread.start()
        self._is_ready.wait(5)

    def stop(self) -> None:
        if self._thread is not None:
            user32.PostThreadMessageW(self._number, _QUIT, 0, 0)
            self._thread.join(5)
            self._thread = None

    def _run(self) -> None:
        try:
            self._watch()
        except Exception:
            # Whatever it is: nobody knows any more whether the person at the device is using it.
            log.exception("the use of this device's own mouse and keyboard is not seen any more")
            self._on_lost()
        finally:
            self._is_ready.set()

    def _watch(self) -> None:
        self._number = kernel32.GetCurrentThreadId()
        hooks = self._hooked()
        self._is_ready.set()
        user32.SetTimer(None, 0, _HOOKED_ANEW_EVERY, None)
        message = Message()
        try:
            # Windows calls the hooks while this thread waits for messages.
            while all(hooks) and user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                if message.message == _TIMER:
                    _unhook(hooks)
                    hooks = self._hooked()
        finally:
            _unhook(hooks)
        if not all(hooks):
            log.warning("Windows lets nobody see the use of this device's own mouse and keyboard")
            self._on_lost()

    def _hooked(self) -> list[Any]:
        """None among them where Windows allows no hook."""
        return [user32.SetWindowsHookExW(k, back, None, 0) for k, back in self._callbacks.items()]

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


def _unhook(hooks: list[Any]) -> None:
    for hook in hooks:
        if hook:
            user32.UnhookWindowsHookEx(hook)
