"""The monitors of Windows. Run under Wine, with two of them; never with scaled ones (DPI)."""

from __future__ import annotations

import ctypes
from ctypes import byref
from typing import Any, Final

from remotehelp_app.platform.interfaces import Area, Monitor, UnavailableError
from remotehelp_app.platform.windows.win32 import (
    DisplayDevice,
    MonitorCallback,
    MonitorInfo,
    user32,
)
from remotehelp_app.texts import gettext as _

_MOST: Final = 16
_NAME_LIMIT: Final = 60
_IS_PRIMARY: Final = 1  # MONITORINFOF_PRIMARY
_VIRTUAL_SCREEN: Final = (76, 77, 78, 79)  # SM_XVIRTUALSCREEN and the three behind it


def whole() -> Area:
    """The rectangle around all monitors, whose corner may lie left of and above the primary's."""
    return Area(*(user32.GetSystemMetrics(number) for number in _VIRTUAL_SCREEN))


def monitors() -> list[Monitor]:
    """All with a size, the primary first, then from left to right; UnavailableError when there is none."""
    found: list[Monitor] = []

    def take(handle: Any, _dc: Any, _area: Any, _more: Any) -> int:
        if (monitor := _monitor(handle)) is not None:
            found.append(monitor)
        return 1

    user32.EnumDisplayMonitors(None, None, MonitorCallback(take), 0)
    if not found:
        raise UnavailableError(_("This session of Windows has no monitor that can be shown."))
    return sorted(found, key=lambda m: (not m.is_primary, m.x, m.y, m.id))[:_MOST]


def _monitor(handle: Any) -> Monitor | None:
    told = MonitorInfo(size=ctypes.sizeof(MonitorInfo))
    if not user32.GetMonitorInfoW(handle, byref(told)):
        return None  # unplugged between two questions
    area, device = told.monitor, str(told.device)
    width, height = area.right - area.left, area.bottom - area.top
    if width < 1 or height < 1:
        return None
    return Monitor(
        id="windows:" + device.lstrip(".\\"),
        name=_name_of(device),
        x=area.left,
        y=area.top,
        width=width,
        height=height,
        is_primary=bool(told.flags & _IS_PRIMARY),
    )


def _name_of(device: str) -> str:
    told = DisplayDevice(size=ctypes.sizeof(DisplayDevice))
    if user32.EnumDisplayDevicesW(device, 0, byref(told), 0) and told.text:
        return str(told.text)[:_NAME_LIMIT]
    return device.lstrip(".\\")[:_NAME_LIMIT]
