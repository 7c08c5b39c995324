"""What the app needs of a system, and nothing more: one small interface for each part.

`remotehelp_app.platform.for_this_system()` gives the implementations. X11 on Linux is run by the tests; what
another implementation was and was not run on stands in its own docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable


class UnavailableError(Exception):
    """This system cannot do it (here, now). `args[0]` is a sentence for the person at the device."""


class RefusedError(Exception):
    """Input was refused at the last moment, and nothing of it happened."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor, in pixels of the whole desktop. Sides are at least 1."""

    id: str
    name: str
    x: int
    y: int
    width: int
    height: int
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the desktop, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The pointer's shape: RGBA with straight alpha, at most 128 x 128, and its hot spot."""

    width: int
    height: int
    x: int
    y: int
    rgba: bytes


class Desktop(Protocol):
    """The screen. One thread makes it, uses it and closes it; only `wake` may be called from others.

    Whatever of it fails for good raises UnavailableError.
    """

    def wait(self, seconds: float) -> bool:
        """Waits until the picture changed, `wake` was called or the time is over; True if the picture changed."""
        ...

    def wake(self) -> None: ...

    def monitors(self) -> list[Monitor]:
        """All that are lit, the primary first; never empty, at most 16."""
        ...

    def has_new_shape(self) -> bool:
        """Whether monitors came, went or changed since `monitors` was last asked. Cheap."""
        ...

    def grab(self, area: Area) -> tuple[int, int]:
        """Reads the area: the address of its BGRx pixels and the bytes in a row. It stands until the next call."""
        ...

    def hidden(self) -> list[Area]:
        """Where privilege prompts were or may have been during the last `grab`, and are now. To be asked after it."""
        ...

    def prompts(self) -> list[Area]:
        """Where privilege prompts are now, for input."""
        ...

    def cursor(self) -> Cursor | None:
        """The pointer's shape if it changed since last asked; one without pixels when it is hidden."""
        ...

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is, in pixels of the desktop."""
        ...

    def close(self) -> None: ...


class Input(Protocol):
    """Acts as mouse and keyboard. One thread calls it. Places are pixels of the whole desktop.

    Holds no permission of its own: whoever calls has asked the gate (`session/gate.py`) before each event.
    """

    def move(self, x: int, y: int) -> None: ...

    def button(self, button: int, *, is_down: bool) -> None:
        """0 left, 1 middle, 2 right, 3 back, 4 forward."""
        ...

    def wheel(self, dx: int, dy: int) -> None:
        """Whole notches; right and down are positive."""
        ...

    def key(self, code: str, key: str, *, is_down: bool, modifiers: int) -> None:
        """A key by the DOM's `code` and `key` and the page's modifiers (docs/protocol.md).

        What the helper's key means is what happens: its character on whatever layout the device has, its position
        where it has no character. An unknown key does nothing.
        """
        ...

    def text(self, text: str) -> None:
        """Types any Unicode text, newline as Enter and tab as Tab."""
        ...

    def has_focus(self, window: int) -> bool:
        """Whether the keyboard is with the program of this window, by the system's own number of it.

        Asked of the system each time: what a toolkit believes may be late.
        """
        ...

    def attention(self) -> None:
        """Ctrl+Alt+Del as the system's own; UnavailableError where there is none."""
        ...

    @property
    def has_attention(self) -> bool: ...

    def release_all(self) -> None:
        """Lets go of every key and button that this object holds. May be called at any time, and twice."""
        ...

    def close(self) -> None:
        """Releases everything and gives the connection back."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """What a press would get to, as the system knows it at that very moment."""

    is_prompt: bool = (
        False  # for keys: one is open anywhere, because prompts take the keyboard for themselves
    )
    is_ours: bool | None = False  # a window of this app; None when the system cannot tell


@runtime_checkable
class GuardedInput(Protocol):
    """An `Input` that can ask before each single press, and lets nothing come between question and press."""

    def guarded(
        self, may: Callable[[Reach], bool], own_window: int
    ) -> AbstractContextManager[None]:
        """Inside, everything that would press, scroll, type or move asks `may` first; RefusedError when it says no.

        `own_window` is the system's number of a window of this app, 0 when it has none.
        """
        ...

    def keep_up(self) -> None:
        """Takes in what happened on the desktop; called now and then while there is nothing to do."""
        ...


class LocalUse(Protocol):
    """Tells real mouse and keyboard use apart from what `Input` injected."""

    def start(self, on_use: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Calls `on_use` from a thread of its own whenever the person at the device uses mouse or keyboard.

        `on_lost` is called from there when that cannot be seen any more: the helper's input has to stay off then.
        """
        ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window as prompts are told by: everything that its owner says of itself is hostile."""

    id: int
    area: Area
    classes: tuple[str, ...] = ()  # WM_CLASS: instance and class
    kind: tuple[str, ...] = ()  # _NET_WM_WINDOW_TYPE atoms
    states: tuple[str, ...] = ()  # _NET_WM_STATE atoms
    is_override_redirect: bool = False
    title: str = ""
    program: str = ""  # of the process that the X server says it belongs to; empty when unknown
    is_mapped: bool = True


class SignOut(Protocol):
    def sign_out(self) -> None:
        """Ends the desktop session of the person at the device; UnavailableError when it cannot."""
        ...


class Notifier(Protocol):
    """Notices by the desktop's own service; asked on one event loop. UnavailableError where there is none."""

    async def check(self) -> None: ...

    async def show(self, key: str, title: str, text: str, pressed: Callable[[], None]) -> None:
        """Shows a notice, or the one with that key anew. `pressed` is called, on the loop, when the person presses it.

        Title and text are plain: nothing in them is ever read as markup.
        """
        ...

    async def withdraw(self, key: str) -> None:
        """Takes the notice back, if it is still there."""
        ...

    async def close(self) -> None:
        """Takes all of them back."""
        ...


Level = Literal["info", "warning", "error"]


class EventLog(Protocol):
    def write(self, level: Level, message: str, fields: dict[str, str]) -> None:
        """One entry in the system's own event log. Never raises: a full log ends no session."""
        ...

    def read(self, limit: int) -> list[str]:
        """The newest entries of this app, the oldest of them first, as lines to read."""
        ...

    def where(self) -> str:
        """Where the entries are kept, in words (A5); UnavailableError when none can be kept."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What compliance policies ask about (D2); None for what cannot be found out."""

    system: str  # linux, windows, macos
    system_version: str
    disk_encrypted: bool | None = None
    screen_lock: bool | None = None
    firewall: bool | None = None
    days_since_update: int | None = None
    updates_pending: int | None = None
