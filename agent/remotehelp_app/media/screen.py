"""The thread that turns the screen into packets: waits for a change, reads, hides, converts, encodes.

Nothing is encoded while nothing changes, but for the frames right after a change that make the picture sharp
(media/quality.py), and one small frame every two seconds, without which a browser takes the picture for lost
(Chromium asks for a key frame after three).
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from remotehelp_app.media.convert import best_convert
from remotehelp_app.media.encoder import FRAMES_PER_SECOND, Encoded, Encoder
from remotehelp_app.media.quality import Quality
from remotehelp_app.platform.interfaces import Area, Cursor, Desktop, Monitor, UnavailableError

log = logging.getLogger(__name__)

ALL = "all"
LARGEST_SIDE = 32_767
_FIRST_RATE = 8_000_000
_SHORTEST = 1 / FRAMES_PER_SECOND
_BREATH = (
    1.15  # of the time that a frame takes, so that two busy cores are not used up by one screen
)
_STILL_EVERY = 2.0
_LOOK_EVERY = 0.5  # at monitors and prompts while nothing changes
_HIDDEN_SHADE = 0x50
_BYTES = 4


@dataclass(frozen=True, slots=True)
class View:
    """What is shown. `number` grows with every change; `area` has even sides, as the picture does."""

    number: int
    shown: str
    area: Area
    monitors: tuple[Monitor, ...]


@dataclass(slots=True)
class Listener:
    """Who is told. Called from the screen's thread, so each returns at once."""

    packet: Callable[[Encoded], None]
    view: Callable[[View], None]
    cursor: Callable[[Cursor], None]
    prompts: Callable[[bool], None]
    failed: Callable[[str], None]
    hidden: Callable[[tuple[Area, ...]], None]  # where prompts are now, for the gate


@dataclass(slots=True)
class _Wishes:
    """What other threads want of the screen; read once a frame under the lock."""

    shown: str | None = None
    rate: int = _FIRST_RATE
    is_key: bool = False
    is_paused: bool = False
    may_show_prompts: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


def bounding(monitors: list[Monitor]) -> Area:
    left, top = min(m.x for m in monitors), min(m.y for m in monitors)
    right = max(m.x + m.width for m in monitors)
    bottom = max(m.y + m.height for m in monitors)
    return Area(left, top, right - left, bottom - top)


def area_of(shown: str, monitors: list[Monitor]) -> Area:
    """The picture of that monitor, or of all; with even sides, because I420 halves them."""
    one = next((m for m in monitors if m.id == shown), None)
    area = bounding(monitors) if one is None else Area(one.x, one.y, one.width, one.height)
    width, height = min(area.width, LARGEST_SIDE) & ~1, min(area.height, LARGEST_SIDE) & ~1
    return Area(area.x, area.y, width, height)


def hide(address: int, stride: int, view: Area, hidden: list[Area]) -> None:
    """Paints over what must not be seen, in the pixels of `view` that begin at the address."""
    for area in hidden:
        left, top = max(area.x, view.x), max(area.y, view.y)
        right = min(area.x + area.width, view.x + view.width)
        bottom = min(area.y + area.height, view.y + view.height)
        if left >= right:
            continue
        for row in range(top - view.y, bottom - view.y):
            start = address + row * stride + (left - view.x) * _BYTES
            ctypes.memset(start, _HIDDEN_SHADE, (right - left) * _BYTES)


class Screen(threading.Thread):
    """From `start` to `stop`. The setters may be called from any thread."""

    def __init__(self, make_desktop: Callable[[], Desktop], listener: Listener) -> None:
        super().__init__(name="screen", daemon=True)
        self._make_desktop, self._tell = make_desktop, listener
        self._wishes = _Wishes()
        self._desktop: Desktop | None = None
        self._is_stopping = threading.Event()
        self._unsent = threading.Semaphore(2)  # frames that may wait to be sent
        self._convert = best_convert()
        self._breathing = 0.0  # until then

    # --- from other threads ----------------------------------------------------------------------

    def show(self, shown: str) -> None:
        """This monitor, or all; one that does not exist (any more) shows all."""
        with self._wishes.lock:
            self._wishes.shown = shown
        self._wake()

    def set_rate(self, rate: int) -> None:
        with self._wishes.lock:
            self._wishes.rate = rate

    def want_key_frame(self) -> None:
        with self._wishes.lock:
            self._wishes.is_key = True
        self._wake()

    def pause(self, *, is_paused: bool) -> None:
        """While paused nothing is read and nothing goes out."""
        with self._wishes.lock:
            self._wishes.is_paused = is_paused
            self._wishes.is_key = True
        self._wake()

    def show_prompts(self, *, may: bool) -> None:
        """Only with a granted elevation (S7)."""
        with self._wishes.lock:
            self._wishes.may_show_prompts = may
            self._wishes.is_key = (
                True  # the picture is another from now on, though the screen is not
            )
        self._wake()

    def sent(self) -> None:
        """A packet left the queue: there is room for the next."""
        self._unsent.release()

    def stop(self) -> None:
        self._is_stopping.set()
        self._unsent.release()
        self._wake()

    def _wake(self) -> None:
        if (desktop := self._desktop) is not None:
            desktop.wake()

    # --- the thread ------------------------------------------------------------------------------

    def run(self) -> None:
        desktop: Desktop | None = None
        try:
            desktop = self._desktop = self._make_desktop()
            self._run(desktop)
        except UnavailableError as error:
            self._tell.failed(str(error))
        except Exception:
            # The session has to hear of it, whatever it is: a frozen picture looks like a live one.
            log.exception("the screen could not be shown any more")
            self._tell.failed("")
        finally:
            self._desktop = None
            if desktop is not None:
                desktop.close()

    def _run(self, desktop: Desktop) -> None:
        painter = _Painter(desktop, self._wishes, self._tell, self._convert)
        try:
            self._show(desktop, painter)
        finally:
            painter.forget_encoder()

    def _show(self, desktop: Desktop, painter: _Painter) -> None:
        painter.tell_prompts()
        has_changed = True
        while not self._is_stopping.is_set():
            has_changed |= painter.look_at_monitors()
            if painter.is_paused():
                has_changed = desktop.wait(_LOOK_EVERY)
                continue
            if not has_changed and not painter.is_due():
                has_changed = desktop.wait(painter.rest())
                painter.tell_cursor()
                painter.tell_prompts()
                continue
            self._unsent.acquire()
            if self._is_stopping.is_set():
                return
            began = time.monotonic()
            # What only makes the picture sharper must not keep a change waiting: it reads nothing, and no breath follows.
            is_new = has_changed or painter.is_read_due()
            if not (painter.paint() if is_new else painter.sharpen()):
                self._unsent.release()
            has_changed = self._breathe(desktop, began) if is_new else desktop.wait(0)
            painter.tell_cursor()

    def _breathe(self, desktop: Desktop, began: float) -> bool:
        """Keeps to the highest frame rate; tells whether something changed meanwhile.

        After a rest two frames may follow each other at once: programs draw a window in more than one step.
        """
        took = time.monotonic() - began
        self._breathing = max(self._breathing, began - _SHORTEST) + max(_SHORTEST, took * _BREATH)
        while (left := self._breathing - time.monotonic()) > 0 and not self._is_stopping.is_set():
            self._is_stopping.wait(left)
        return desktop.wait(0)


class _Painter:
    """The steps of one frame. Lives in the screen's thread."""

    def __init__(
        self, desktop: Desktop, wishes: _Wishes, tell: Listener, convert: Callable[..., None]
    ) -> None:
        self.desktop, self.wishes, self.tell, self.convert = desktop, wishes, tell, convert
        self.view = View(0, "", Area(0, 0, 0, 0), ())
        self.quality = Quality(_FIRST_RATE)
        self.encoder: Encoder | None = None
        self.began = time.monotonic()
        self.painted_at = 0.0
        self.prompts: tuple[Area, ...] = ()
        self.prompts_looked_at = 0.0

    def wants_another_view(self) -> bool:
        with self.wishes.lock:
            return self.wishes.shown is not None and self.wishes.shown != self.view.shown

    def is_due(self) -> bool:
        """Whether a frame is due although nothing has changed."""
        return self.is_read_due() or self.seconds() >= self.next_at()

    def is_read_due(self) -> bool:
        """Whether one is due for which the screen has to be read."""
        with self.wishes.lock:
            if self.wishes.is_key:
                return True
        return self.seconds() >= self.painted_at + _STILL_EVERY

    def next_at(self) -> float:
        """When a frame is due although nothing has changed."""
        sharper_at = self.quality.sharpen_at()
        still_at = self.painted_at + _STILL_EVERY
        return still_at if sharper_at is None else min(still_at, sharper_at)

    def rest(self) -> float:
        """Seconds until a frame, or a look at monitors and prompts, is due."""
        return max(0.0, min(self.next_at() - self.seconds(), _LOOK_EVERY))

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def is_paused(self) -> bool:
        with self.wishes.lock:
            return self.wishes.is_paused

    def look_at_monitors(self) -> bool:
        """Takes over the monitors as they are and the one that is wished for; True if the view is another now."""
        is_first = self.view.number == 0
        if not (is_first or self.desktop.has_new_shape() or self.wants_another_view()):
            return False
        monitors = self.desktop.monitors()
        with self.wishes.lock:
            wanted = self.wishes.shown if self.wishes.shown is not None else monitors[0].id
            known = {m.id for m in monitors} | {ALL}
            shown = wanted if wanted in known else ALL
            self.wishes.shown = shown
        area = area_of(shown, monitors)
        if area.width < 2 or area.height < 2:
            return False  # a monitor between two modes; the next look finds it whole
        if (shown, area, tuple(monitors)) == (self.view.shown, self.view.area, self.view.monitors):
            return False
        if (area.width, area.height) != (self.view.area.width, self.view.area.height):
            self.forget_encoder()
        self.view = View(self.view.number + 1, shown, area, tuple(monitors))
        self.tell.view(self.view)
        return True

    def forget_encoder(self) -> None:
        encoder, self.encoder = self.encoder, None
        if encoder is not None:
            encoder.close()

    def paint(self) -> bool:
        """One frame from the screen to the wire; False when there was none to send."""
        with self.wishes.lock:
            self.quality.rate, is_key = self.wishes.rate, self.wishes.is_key
            may_show_prompts = self.wishes.may_show_prompts
            self.wishes.is_key = False
        view = self.view.area
        if self.view.number == 0:
            return False
        if self.encoder is None:
            self.encoder = Encoder(view.width, view.height, self.quality)
        try:
            address, stride = self.desktop.grab(view)
        except UnavailableError:
            if self.desktop.has_new_shape():
                return False  # the desktop shrank under our hands; the loop looks at it anew
            raise
        hidden = self.desktop.hidden()
        if not may_show_prompts:
            hide(address, stride, view, hidden)
        self.convert(address, stride, self.encoder.canvas)
        at = self.seconds()
        is_due = at >= self.painted_at + _STILL_EVERY
        packet = self.encoder.encode(at, is_key=is_key, is_due=is_due)
        self.tell_where_prompts_are()
        return self._told(packet, at)

    def sharpen(self) -> bool:
        """What is shown already, sharper. It is not read again, so nothing is in it that was not there before."""
        if self.encoder is None:
            return False
        at = self.seconds()
        return self._told(self.encoder.sharpen(at), at)

    def _told(self, packet: Encoded | None, at: float) -> bool:
        if packet is None:
            return False
        self.painted_at = at
        self.tell.packet(packet)
        return True

    def tell_cursor(self) -> None:
        if (cursor := self.desktop.cursor()) is not None:
            self.tell.cursor(cursor)

    def tell_prompts(self) -> None:
        now = time.monotonic()
        if now < self.prompts_looked_at + _LOOK_EVERY:
            return
        self.prompts_looked_at = now
        self.tell_where_prompts_are()

    def tell_where_prompts_are(self) -> None:
        prompts = tuple(self.desktop.prompts())
        if prompts != self.prompts:
            was_open, self.prompts = bool(self.prompts), prompts
            self.tell.hidden(prompts)
            if was_open != bool(prompts):
                self.tell.prompts(bool(prompts))
