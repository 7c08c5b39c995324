"""What the registry of Windows tells about this system to everybody (D2); None for the rest.

Run under Wine, with values that a test put there; on Windows itself never. Not found out: BitLocker and what
Windows Update has waiting, of which only administrators or COM tell.
"""

from __future__ import annotations

import calendar
import sys
import time
from typing import Any, Final

from remotehelp_app.platform.interfaces import Facts

if sys.platform != "win32":
    raise ImportError("for Windows only")

import winreg

_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_FIREWALL: Final = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
_FIREWALL_PROFILES: Final = ("DomainProfile", "PublicProfile", "StandardProfile")
_POLICY: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_INSTALLED: Final = (
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\Install"
)
_DESKTOP: Final = r"Control Panel\Desktop"
_DAY: Final = 86_400


def facts() -> Facts:
    return Facts(
        system="windows",
        system_version=_system_version(),
        screen_lock=_screen_lock(),
        firewall=_firewall(),
        days_since_update=_days_since_update(),
    )


def _value(root: int, path: str, name: str) -> Any:
    """None where there is no such value, or it may not be read."""
    try:
        with winreg.OpenKey(root, path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
            return winreg.QueryValueEx(key, name)[0]
    except OSError:
        return None


def _system_version() -> str:
    """As `winver` counts: 10.0.22631.4460."""
    known = sys.getwindowsversion()
    parts = [known.major, known.minor, known.build]
    revision = _value(winreg.HKEY_LOCAL_MACHINE, _VERSION, "UBR")
    return ".".join(str(part) for part in (*parts, revision) if isinstance(part, int))


def _screen_lock() -> bool | None:
    """By policy after a time, else by a screen saver with a password; what Windows Hello does is not told."""
    limit = _value(winreg.HKEY_LOCAL_MACHINE, _POLICY, "InactivityTimeoutSecs")
    if isinstance(limit, int) and limit > 0:
        return True
    is_active = _value(winreg.HKEY_CURRENT_USER, _DESKTOP, "ScreenSaveActive")
    is_secure = _value(winreg.HKEY_CURRENT_USER, _DESKTOP, "ScreenSaverIsSecure")
    if is_active is None or is_secure is None:
        return None
    return (is_active, is_secure) == ("1", "1")


def _firewall() -> bool | None:
    """Whether it is on for every kind of network; an organisation's own product is not told."""
    states = [
        _value(winreg.HKEY_LOCAL_MACHINE, rf"{_FIREWALL}\{profile}", "EnableFirewall")
        for profile in _FIREWALL_PROFILES
    ]
    return None if None in states else all(states)


def _days_since_update() -> int | None:
    """Where Windows still writes it, in UTC; newer versions may not."""
    at = _value(winreg.HKEY_LOCAL_MACHINE, _INSTALLED, "LastSuccessTime")
    try:
        then = time.strptime(at, "%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError):
        return None
    return max(0, int((time.time() - calendar.timegm(then)) // _DAY))
