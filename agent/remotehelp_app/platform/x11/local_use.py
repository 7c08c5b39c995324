"""Tells use of the device's own mouse and keyboard from what was injected: XInput 2 names the device of each event."""

from __future__ import annotations

import logging
import os
import select
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from Xlib.ext import xinput

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.x11.connect import answering, connect, disconnect

log = logging.getLogger(__name__)

_RAW: Final = {
    xinput.RawKeyPress: xinput.RawKeyPressMask,
    xinput.RawButtonPress: xinput.RawButtonPressMask,
    xinput.RawMotion: xinput.RawMotionMask,
}
_TELL_AT_MOST_EVERY: Final = 0.05
_XTEST: Final = "XTEST"
# xXIRawEvent after the generic header: device, time, detail, source.
_RAW_EVENT: Final = struct.Struct("=HIIH")


class X11LocalUse:
    """Implements `LocalUse`. Without XInput 2 it never tells of use; the helper's input then has no rival."""

    def __init__(self, display_name: str = "") -> None:
        self._name = display_name
        self._thread: threading.Thread | None = None
        self._wake_read, self._wake_write = os.pipe()
        self._on_use: Callable[[], None] = lambda: None
        self._on_lost: Callable[[], None] = lambda: None

    def start(self, on_use: Callable[[], None], on_lost: Callable[[], None]) -> None:
        self._on_use, self._on_lost = on_use, on_lost
        self._thread = threading.Thread(target=self._run, name="local use", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            os.write(self._wake_write, b"!")
            self._thread.join(5)
            self._thread = None

    def _run(self) -> None:
        try:
            display = connect(self._name)
        except UnavailableError:
            self._on_lost()
            return  # the screen's thread says why
        try:
            with answering():
                if display.has_extension("XInputExtension"):
                    self._watch(display)
        except UnavailableError:
            log.info("the X server went away")
            self._on_lost()
        except Exception:
            # Whatever it is: nobody knows any more whether the person at the device is using it.
            log.exception("the use of this device's own mouse and keyboard is not seen any more")
            self._on_lost()
        finally:
            disconnect(display)

    def _watch(self, display: Any) -> None:
        root = display.screen().root
        mask = xinput.HierarchyChangedMask
        for wanted in _RAW.values():
            mask |= wanted
        root.xinput_select_events([(xinput.AllMasterDevices, mask & ~xinput.HierarchyChangedMask)])
        root.xinput_select_events([(xinput.AllDevices, xinput.HierarchyChangedMask)])
        injected = self._injected(display)
        told_at = 0.0
        while True:
            display.flush()
            if not display.pending_events():
                ready, _out, _bad = select.select([display.fileno(), self._wake_read], [], [])
                if self._wake_read in ready:
                    return
                continue
            event = display.next_event()
            kind = getattr(event, "evtype", None)
            if kind == xinput.HierarchyChanged:
                injected = self._injected(display)
            elif kind in _RAW and self._is_real(event, injected):
                now = time.monotonic()
                if now >= told_at + _TELL_AT_MOST_EVERY:
                    told_at = now
                    self._on_use()

    @staticmethod
    def _injected(display: Any) -> set[int]:
        """The devices behind XTEST, of which every X server has a pair for each seat."""
        found = display.xinput_query_device(xinput.AllDevices).devices
        return {device.deviceid for device in found if _XTEST in str(device.name)}

    @staticmethod
    def _is_real(event: Any, injected: set[int]) -> bool:
        data = event.data
        if not isinstance(data, bytes) or len(data) < _RAW_EVENT.size:
            return False
        _device, _at, _detail, source = _RAW_EVENT.unpack_from(data)
        return source not in injected
