"""The screen of X11: told of every change by XDamage, read without a copy through shared memory.

One thread owns a `Capture` from `open` to `close`. Nothing here decides what may be shown.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
from typing import Any

from remotehelp_app.platform.interfaces import Area, UnavailableError
from remotehelp_app.platform.x11 import xlib
from remotehelp_app.texts import gettext as _

_IPC_PRIVATE, _IPC_CREAT, _IPC_RMID = 0, 0o1000, 0
_OWNER_ONLY = 0o600
_TRUE_COLOUR_BITS = 32


class _Memory:
    """A System V shared memory segment that nobody else can attach, gone when the last one lets go."""

    def __init__(self, size: int) -> None:
        self._c = ctypes.CDLL(None, use_errno=True)
        self._c.shmat.restype = ctypes.c_void_p
        self._c.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        self._c.shmdt.argtypes = [ctypes.c_void_p]
        self.id = self._c.shmget(_IPC_PRIVATE, ctypes.c_size_t(size), _IPC_CREAT | _OWNER_ONLY)
        if self.id < 0:
            raise UnavailableError(_("The system has no shared memory left for the picture."))
        self.address = self._c.shmat(self.id, None, 0)
        if self.address in (None, ctypes.c_void_p(-1).value):
            self.forget_name()
            raise UnavailableError(_("The system has no shared memory left for the picture."))

    def forget_name(self) -> None:
        """From now on it lives only as long as it is attached, even if we are killed."""
        self._c.shmctl(self.id, _IPC_RMID, None)

    def detach(self) -> None:
        if self.address:
            self._c.shmdt(self.address)
            self.address = None


class Capture:
    """Reads the root window. All sizes are pixels; the picture is BGRx, 4 bytes a pixel."""

    def __init__(self, display_name: str = "") -> None:
        self._x = xlib.libraries()
        self._display = xlib.open_display(display_name or os.environ.get("DISPLAY", ""))
        self._root = self._x.XDefaultRootWindow(self._display)
        self._image: Any = None
        self._memory: _Memory | None = None
        self._segment = xlib.ShmSegment()
        self._damage = 0
        self._event = xlib.Event()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        try:
            self._start()
        except UnavailableError:
            self.close()
            raise

    def _start(self) -> None:
        if not self._x.XShmQueryExtension(self._display):
            raise UnavailableError(
                _("This X server shares no memory, so its picture cannot be read.")
            )
        first, error = ctypes.c_int(), ctypes.c_int()
        if not self._x.XDamageQueryExtension(self._display, xlib.byref(first), xlib.byref(error)):
            raise UnavailableError(
                _("This X server does not tell of changes (XDamage is missing).")
            )
        self._damage = self._x.XDamageCreate(self._display, self._root, xlib.DAMAGE_NON_EMPTY)
        self.resize()

    @property
    def size(self) -> tuple[int, int]:
        """Of the whole desktop, as of the last `resize`."""
        return self._size

    def resize(self) -> tuple[int, int]:
        """Takes over the desktop's present size; to be called first after it changed."""
        attributes = xlib.WindowAttributes()
        if not self._x.XGetWindowAttributes(self._display, self._root, xlib.byref(attributes)):
            raise UnavailableError(_("The X server does not answer."))
        self._size = (int(attributes.width), int(attributes.height))
        self._use(0, 0)
        return self._size

    # --- waiting ---------------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        """Waits until something changed, `wake` was called, or the time is over; True if something changed."""
        has_changed = self._drain()
        if has_changed:
            return True
        files = [self._x.XConnectionNumber(self._display), self._wake_read]
        ready, _out, _bad = select.select(files, [], [], max(0.0, seconds))
        if self._wake_read in ready:
            self._empty_pipe()
        return self._drain() if files[0] in ready else False

    def wake(self) -> None:
        """Ends a `wait`; from any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            os.write(self._wake_write, b"!")

    def _empty_pipe(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_read, 512):
                pass

    def _drain(self) -> bool:
        has_changed = False
        while self._x.XPending(self._display) > 0:
            self._x.XNextEvent(self._display, xlib.byref(self._event))
            has_changed = True
        if has_changed:
            # Emptied before the picture is read: what changes meanwhile is told again.
            self._x.XDamageSubtract(self._display, self._damage, 0, 0)
        return has_changed

    # --- the picture -----------------------------------------------------------------------------

    def grab(self, area: Area) -> tuple[int, int]:
        """Reads the area, which lies within the desktop; gives the address of its pixels and the bytes in a row.

        What is there stands until the next call. Raises UnavailableError when the X server refused, for
        instance because the desktop has become smaller.
        """
        if self._image is None or (area.width, area.height) != self._shape:
            self._use(area.width, area.height)
        image = self._image
        done = self._x.XShmGetImage(
            self._display, self._root, image, area.x, area.y, xlib.ALL_PLANES
        )
        errors = xlib.errors_since()
        if not done or errors:
            raise UnavailableError(_("The picture of the screen could not be read."))
        return int(image.contents.data), int(image.contents.bytes_per_line)

    def _use(self, width: int, height: int) -> None:
        """Shared memory of exactly this size; none for 0."""
        self._give_back()
        self._shape = (width, height)
        if width < 1 or height < 1:
            return
        screen = self._x.XDefaultScreen(self._display)
        image = self._x.XShmCreateImage(
            self._display,
            self._x.XDefaultVisual(self._display, screen),
            self._x.XDefaultDepth(self._display, screen),
            xlib.Z_PIXMAP,
            None,
            xlib.byref(self._segment),
            width,
            height,
        )
        if not image or image.contents.bits_per_pixel != _TRUE_COLOUR_BITS:
            raise UnavailableError(
                _("This screen has no true colour, so its picture cannot be shown.")
            )
        memory = _Memory(image.contents.bytes_per_line * height)
        self._segment.shmid, self._segment.readOnly = memory.id, 0
        self._segment.shmaddr = image.contents.data = memory.address
        attached = self._x.XShmAttach(self._display, xlib.byref(self._segment))
        self._x.XSync(self._display, 0)
        memory.forget_name()
        errors = xlib.errors_since()
        if not attached or errors:
            memory.detach()
            raise UnavailableError(
                _("The X server cannot share memory with this app; is it on another machine?")
            )
        self._image, self._memory = image, memory

    def _give_back(self) -> None:
        if self._memory is not None:
            self._x.XShmDetach(self._display, xlib.byref(self._segment))
            self._x.XSync(self._display, 0)
            self._memory.detach()
        self._image = self._memory = None

    def close(self) -> None:
        """Gives everything back; may be called twice."""
        if not self._display:
            return
        self._give_back()
        if self._damage:
            self._x.XDamageDestroy(self._display, self._damage)
        self._x.XCloseDisplay(self._display)
        self._display = 0
        os.close(self._wake_read)
        os.close(self._wake_write)
