"""Follows the top-level windows of the screen and knows where privilege prompts are.

The screen's thread owns it. A window counts as a prompt from the moment that it is mapped until it is known to be
something else, so that no picture shows one that was too quick for us. Its connection is its own: what the X
server was asked on it last tells up to when its windows are known.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.ext import res

from remotehelp_app.platform.interfaces import Area, Reach, Window
from remotehelp_app.platform.x11.connect import answering, connect, disconnect
from remotehelp_app.platform.x11.prompts import is_prompt

log = logging.getLogger(__name__)

_MARGIN: Final = 4  # pixels of shadow and rounding around a prompt
_DEPTH: Final = 4  # levels at which a window manager hides a client in its frame
_CHILDREN: Final = 100
_CLASSES_LIMIT: Final = 80
_RESOURCE_MASK: Final = 0x1FFFFF  # what every X server in use gives a client for its own numbers


@dataclass(slots=True)
class _Top:
    """A child of the root: a frame of the window manager, or a window that manages itself."""

    area: Area
    is_mapped: bool
    is_prompt: bool
    clients: frozenset[int] = frozenset()


def _quiet(error: Any, request: Any) -> None:
    """Windows come and go between two questions; an answer about one that is gone is no error of ours."""


class WindowWatch:
    """Raises UnavailableError when the X server is out of reach."""

    def __init__(self, display_name: str = "") -> None:
        self._display = connect(display_name)
        self._display.set_error_handler(_quiet)
        self._root = self._display.screen().root
        self._tops: dict[int, _Top] = {}
        self._has_owners = self._display.has_extension(res.extname)
        self._is_open = True

    def start(self) -> None:
        """Finds the windows that are there, and is told of the others."""
        with answering():
            self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
            for window in self._root.query_tree().children:
                self._look_at(window.id)
            self.catch_up()

    def areas(self) -> list[Area]:
        """Where prompts, and windows that may be prompts, are on the desktop now."""
        return [
            Area(
                top.area.x - _MARGIN,
                top.area.y - _MARGIN,
                top.area.width + 2 * _MARGIN,
                top.area.height + 2 * _MARGIN,
            )
            for top in self._tops.values()
            if top.is_mapped and top.is_prompt
        ]

    def pending_changes(self) -> None:
        """Takes in what the X server has told; asks nothing while nothing happened."""
        with answering():
            while self._display.pending_events():
                self._take(self._display.next_event())

    def catch_up(self) -> None:
        """After this, every window that was mapped before the call is known."""
        with answering():
            self._display.sync()
        self.pending_changes()

    # --- what input would reach ------------------------------------------------------------------

    @property
    def display(self) -> Any:
        """The connection. What is injected on it while it holds the server meets the windows that are known."""
        return self._display

    def at(self, x: int, y: int) -> Reach:
        """What is known of the place without asking the X server: enough for a pointer that only passes."""
        self.pending_changes()
        return Reach(is_prompt=any(_holds(area, x, y) for area in self.areas()))

    def under_pointer(self, own_window: int) -> tuple[tuple[int, int], Reach]:
        """Where the pointer is, and what a press there would reach."""
        with answering():
            found = self._root.query_pointer()
        # The answer came after everything that the X server had told before it.
        self.pending_changes()
        place = (int(found.root_x), int(found.root_y))
        number = _number(found.child)
        top = self._tops.get(number)
        is_prompt = self.at(*place).is_prompt or (top is not None and top.is_prompt)
        parts = {number, *(top.clients if top is not None else ())}
        return place, Reach(is_prompt, _is_any_of_client(parts, own_window))

    def with_keyboard(self, own_window: int) -> Reach:
        """What a key would reach."""
        with answering():
            focus = _number(self._display.get_input_focus().focus)
        self.pending_changes()
        is_prompt = bool(self.areas())
        if focus in (X.NONE, X.PointerRoot):
            _place, under = self.under_pointer(own_window)
            return Reach(is_prompt, under.is_ours)
        return Reach(is_prompt, _is_any_of_client({focus}, own_window))

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            disconnect(self._display)

    # --- events ----------------------------------------------------------------------------------

    def _take(self, event: Any) -> None:
        if event.type in (X.MapNotify, X.CreateNotify, X.ReparentNotify):
            self._arrived(event)
        elif event.type == X.ConfigureNotify:
            self._moved(event)
        elif event.type == X.UnmapNotify:
            if (top := self._tops.get(event.window.id)) is not None:
                top.is_mapped = False
        elif event.type == X.DestroyNotify:
            self._tops.pop(event.window.id, None)
        elif event.type == X.PropertyNotify and event.atom == Xatom.WM_CLASS:
            self._look_at_owner_of(event.window.id)

    def _arrived(self, event: Any) -> None:
        window = event.window.id
        if event.type == X.ReparentNotify:
            parent = event.parent.id
            if parent != self._root.id:
                self._tops.pop(window, None)
                if parent in self._tops:
                    self._look_at(parent)
                return
        self._look_at(window)

    def _moved(self, event: Any) -> None:
        if (top := self._tops.get(event.window.id)) is not None:
            border = 2 * event.border_width
            top.area = Area(event.x, event.y, event.width + border, event.height + border)

    def _look_at_owner_of(self, window: int) -> None:
        for number, top in list(self._tops.items()):
            if number == window or window in top.clients:
                self._look_at(number)

    # --- looking ---------------------------------------------------------------------------------

    def _look_at(self, number: int) -> None:
        """What the window is. While it cannot be told, it is hidden."""
        window = self._display.create_resource_object("window", number)
        try:
            shape, attributes = window.get_geometry(), window.get_attributes()
        except XError:
            self._tops.pop(number, None)
            return
        if attributes.win_class == X.InputOnly:
            return
        border = 2 * shape.border_width
        top = self._tops[number] = _Top(
            Area(shape.x, shape.y, shape.width + border, shape.height + border),
            attributes.map_state != X.IsUnmapped,
            is_prompt=True,
        )
        try:
            inside = [number, *self._inside(window, _DEPTH)]
            top.clients = frozenset(inside)
            top.is_prompt = any(is_prompt(self._described(part, top.area)) for part in inside)
        except XError:
            log.debug("a window went away while it was looked at")
        for part in top.clients:
            child = self._display.create_resource_object("window", part)
            child.change_attributes(event_mask=X.PropertyChangeMask | self._mask_of(part, number))

    @staticmethod
    def _mask_of(part: int, top: int) -> int:
        """A frame gets its client after it was made; then the frame is looked at again."""
        return int(X.SubstructureNotifyMask) if part == top else 0

    def _inside(self, window: Any, depth: int) -> Iterator[int]:
        """The client in a frame: the window with a class. It lies above the frame's own decoration."""
        if depth == 0 or window.get_wm_class() is not None:
            return
        children = window.query_tree().children[::-1][:_CHILDREN]
        clients = [child.id for child in children if child.get_wm_class() is not None]
        if clients:
            yield from clients
            return
        for child in children:
            yield from self._inside(child, depth - 1)

    def _described(self, number: int, area: Area) -> Window:
        window = self._display.create_resource_object("window", number)
        classes = tuple(str(name)[:_CLASSES_LIMIT] for name in window.get_wm_class() or ())
        return Window(number, area, classes=classes, program=self._program_of(number, classes))

    def _program_of(self, number: int, classes: tuple[str, ...]) -> str:
        """The executable of the process behind the window, as the X server knows it (X-Resource 1.2)."""
        if not self._has_owners or not classes:
            return ""
        answer = self._display.res_query_client_ids([(number, res.LocalClientPIDMask)])
        for entry in answer.ids:
            if entry.value:
                with contextlib.suppress(OSError):
                    return str(Path(f"/proc/{int(entry.value[0])}/exe").readlink())
        return ""


def _number(window: Any) -> int:
    """python-xlib gives an object for a window, and a plain number for what is none."""
    return int(getattr(window, "id", window))


def _holds(area: Area, x: int, y: int) -> bool:
    return area.x <= x < area.x + area.width and area.y <= y < area.y + area.height


def _is_any_of_client(windows: set[int], own_window: int) -> bool | None:
    """The windows of one client share the upper bits of their numbers (X11 protocol, Connection Setup)."""
    if not own_window:
        return None
    return any(number and not (number ^ own_window) & ~_RESOURCE_MASK for number in windows)
