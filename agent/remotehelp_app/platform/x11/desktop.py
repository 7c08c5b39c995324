"""The desktop of X11: capture, windows, monitors and pointer together, for the screen's thread."""

from __future__ import annotations

import os

from remotehelp_app.platform.interfaces import Area, Cursor, Monitor
from remotehelp_app.platform.x11.capture import Capture
from remotehelp_app.platform.x11.cursor import CursorWatch
from remotehelp_app.platform.x11.monitors import MonitorWatch
from remotehelp_app.platform.x11.windows import WindowWatch


class X11Desktop:
    """Implements `Desktop`. Raises UnavailableError when the X server or a part of it is missing."""

    def __init__(self, display_name: str = "") -> None:
        name = display_name or os.environ.get("DISPLAY", "")
        self._capture = Capture(name)
        try:
            self._monitors = MonitorWatch(name)
            self._cursor = CursorWatch(name)
            self._windows = WindowWatch(name)
            self._windows.start()
        except BaseException:
            self._capture.close()
            raise
        self._before: list[Area] = []

    def wait(self, seconds: float) -> bool:
        return self._capture.wait(seconds)

    def wake(self) -> None:
        self._capture.wake()

    def has_new_shape(self) -> bool:
        return self._monitors.changed()

    def monitors(self) -> list[Monitor]:
        self._capture.resize()
        return self._monitors.list()

    def grab(self, area: Area) -> tuple[int, int]:
        self._windows.pending_changes()
        self._before = self._windows.areas()
        return self._capture.grab(area)

    def hidden(self) -> list[Area]:
        """Both of before and of after the picture was read: a prompt may have come or gone meanwhile.

        The X server tells of a window before it answers anything that was asked later, so after one more
        question no window of the picture is unknown.
        """
        self._windows.catch_up()
        after = self._windows.areas()
        return after if after == self._before else [*self._before, *after]

    def prompts(self) -> list[Area]:
        self._windows.pending_changes()
        return self._windows.areas()

    def cursor(self) -> Cursor | None:
        return self._cursor.changed()

    def pointer(self) -> tuple[int, int]:
        return self._cursor.pointer()

    def close(self) -> None:
        for part in (self._windows, self._cursor, self._monitors, self._capture):
            part.close()
