"""The monitors of X11, by RandR 1.5; without it, the whole screen is the one monitor."""

from __future__ import annotations

import builtins
import contextlib
import time
from typing import Any, Final

from Xlib.error import XError
from Xlib.ext import randr

from remotehelp_app.platform.interfaces import Monitor
from remotehelp_app.platform.x11.connect import answering, connect, disconnect

_MOST: Final = 16
_NAME_LIMIT: Final = 60
# Seconds between two looks of our own: monitors that are set by hand come without an event.
_LOOK_EVERY: Final = 1.0


class MonitorWatch:
    """The screen's thread owns it. Raises UnavailableError when the X server is out of reach."""

    def __init__(self, display_name: str = "") -> None:
        self._display = connect(display_name)
        self._root = self._display.screen().root
        self._has_randr = self._display.has_extension("RANDR")
        self._known: builtins.list[Monitor] = []
        self._looked_at = 0.0
        if self._has_randr:
            mask = randr.RRScreenChangeNotifyMask | randr.RRCrtcChangeNotifyMask
            self._root.xrandr_select_input(mask | randr.RROutputChangeNotifyMask)
            self._display.sync()

    def changed(self) -> bool:
        """Whether something changed since `list` was last asked."""
        has_changed = False
        with answering():
            while self._display.pending_events():
                self._display.next_event()
                has_changed = True
        if has_changed or time.monotonic() < self._looked_at + _LOOK_EVERY:
            return has_changed
        self._looked_at = time.monotonic()
        return self._found() != self._known

    def list(self) -> builtins.list[Monitor]:
        """All with a size, the primary first, then from left to right; the whole screen where none is told."""
        self._known = self._found()
        return [*self._known]

    def _found(self) -> builtins.list[Monitor]:
        found: builtins.list[Monitor] = []
        with answering():
            if self._has_randr:
                found = [self._monitor(told) for told in self._root.xrandr_get_monitors().monitors]
            lit = [m for m in found if m.width > 0 and m.height > 0]
            return sorted(lit, key=_order)[:_MOST] if lit else [self._whole()]

    def _monitor(self, told: Any) -> Monitor:
        name = ""
        with contextlib.suppress(XError):
            name = str(self._display.get_atom_name(told.name))[:_NAME_LIMIT]
        return Monitor(
            id=f"x11:{name or told.name}",
            name=name,
            x=told.x,
            y=told.y,
            width=told.width_in_pixels,
            height=told.height_in_pixels,
            is_primary=bool(told.primary),
        )

    def _whole(self) -> Monitor:
        shape = self._root.get_geometry()
        return Monitor("x11:screen", "", 0, 0, shape.width, shape.height, is_primary=True)

    def close(self) -> None:
        disconnect(self._display)


def _order(monitor: Monitor) -> tuple[bool, int, int, str]:
    return not monitor.is_primary, monitor.x, monitor.y, monitor.id
