"""The desktop of Windows: capture, windows, monitors and pointer together, for the screen's thread.

Run under Wine. Never run: the secure desktop (UAC, the lock screen), of which nothing is ever captured; and monitors
that are scaled (DPI).
"""

from __future__ import annotations

from collections.abc import Callable

from remotehelp_app.platform.interfaces import Area, Cursor, Monitor
from remotehelp_app.platform.windows.capture import Capture
from remotehelp_app.platform.windows.cursor import CursorWatch
from remotehelp_app.platform.windows.monitors import monitors, whole
from remotehelp_app.platform.windows.win32 import use_real_pixels
from remotehelp_app.platform.windows.windows import WindowWatch, has_secure_desktop


class WindowsDesktop:
    """Implements `Desktop`. Raises UnavailableError when the session has no screen."""

    def __init__(self, is_secure: Callable[[], bool] = has_secure_desktop) -> None:
        use_real_pixels()
        self._is_secure = is_secure
        self._capture = Capture(is_secure)
        self._cursor, self._windows = CursorWatch(), WindowWatch()
        self._before: list[Area] = []
        self._monitors: list[Monitor] = []

    def wait(self, seconds: float) -> bool:
        return self._capture.wait(seconds)

    def wake(self) -> None:
        self._capture.wake()

    def has_new_shape(self) -> bool:
        return monitors() != self._monitors

    def monitors(self) -> list[Monitor]:
        self._monitors = monitors()
        return [*self._monitors]

    def grab(self, area: Area) -> tuple[int, int]:
        self._before = self.prompts()
        return self._capture.grab(area)

    def hidden(self) -> list[Area]:
        """Both of before and of after the picture was read: a prompt may have come or gone meanwhile."""
        after = self.prompts()
        return after if after == self._before else [*self._before, *after]

    def prompts(self) -> list[Area]:
        """All of the desktop while the secure one is there: nothing is seen of it, and nothing acts on it."""
        return [whole()] if self._is_secure() else self._windows.areas()

    def cursor(self) -> Cursor | None:
        return self._cursor.changed()

    def pointer(self) -> tuple[int, int]:
        return self._cursor.pointer()

    def close(self) -> None:
        self._capture.close()
