"""What can be told about this system without being its administrator (D2); None for the rest."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from remotehelp_app.platform.interfaces import Facts

_T = TypeVar("_T")
_WITHIN: Final = 2.0
_DAY: Final = 86_400
# Touched whenever packages were installed or upgraded.
_UPDATE_MARKS: Final = (
    Path("/var/log/dpkg.log"),
    Path("/var/log/apt/history.log"),
    Path("/var/lib/dpkg/status"),
    Path("/var/lib/rpm/rpmdb.sqlite"),
    Path("/var/lib/pacman/local"),
)
_FIREWALL_UNITS: Final = ("ufw", "firewalld", "nftables", "iptables", "netfilter-persistent")


def facts() -> Facts:
    """Takes a few seconds at most; no probe can fail the others."""
    return Facts(
        system="linux",
        system_version=_system_version(),
        disk_encrypted=_tried(_disk_encrypted),
        screen_lock=_tried(_screen_lock),
        firewall=_tried(_firewall),
        days_since_update=_tried(_days_since_update),
        updates_pending=_tried(_updates_pending),
    )


def _tried(probe: Callable[[], _T | None]) -> _T | None:
    try:
        return probe()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(
        list(command), capture_output=True, text=True, timeout=_WITHIN, check=True
    )
    return done.stdout


def _system_version() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.release()[:60]
    version = release.get("VERSION_ID", "")
    return version[:60] or platform.release()[:60]


def _disk_encrypted() -> bool | None:
    """Whether anything below the root file system is a dm-crypt device."""
    source = _said(["findmnt", "-n", "-o", "SOURCE", "/"]).strip()
    if not source.startswith("/dev/"):
        return None
    tree: Any = json.loads(_said(["lsblk", "-s", "-J", "-o", "NAME,TYPE", source.split("[")[0]]))
    return _has_crypt(tree["blockdevices"])


def _has_crypt(devices: list[Any]) -> bool:
    return any(d.get("type") == "crypt" or _has_crypt(d.get("children", [])) for d in devices)


def _screen_lock() -> bool | None:
    lock = _said(["gsettings", "get", "org.gnome.desktop.screensaver", "lock-enabled"]).strip()
    return {"true": True, "false": False}.get(lock)


def _firewall() -> bool | None:
    """Whether a known firewall service is active; nothing is known where there is no systemd."""
    done = subprocess.run(
        ["systemctl", "is-active", *_FIREWALL_UNITS],
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    states = done.stdout.split()
    if len(states) != len(_FIREWALL_UNITS):
        return None
    return "active" in states


def _days_since_update() -> int | None:
    marks = [path.stat().st_mtime for path in _UPDATE_MARKS if path.exists()]
    return max(0, int((time.time() - max(marks)) // _DAY)) if marks else None


def _updates_pending() -> int | None:
    mark = Path("/var/lib/update-notifier/updates-available")
    words = mark.read_text().split()
    return int(words[0]) if words else 0
