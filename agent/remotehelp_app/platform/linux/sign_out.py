"""Ends the desktop session of the person at the device (S8)."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

STAND_IN: Final = "REMOTEHELP_APP_SIGN_OUT_COMMAND"
"""For desktops that none of the ways below ends, and for tests: a JSON list of strings, the first an absolute path.

It comes from the environment in which the device's owner starts the app, never from the site.
"""
_WITHIN: Final = 20.0
_OWN_WAYS: Final = (
    ["gnome-session-quit", "--logout", "--no-prompt"],
    ["xfce4-session-logout", "--logout", "--fast"],
    ["mate-session-save", "--logout"],
    ["cinnamon-session-quit", "--logout", "--no-prompt"],
    ["lxqt-leave", "--logout"],
    ["qdbus", "org.kde.ksmserver", "/KSMServer", "logout", "0", "0", "0"],
)


class LinuxSignOut:
    """By logind, which ends everything of the session; else by the desktop's own command."""

    def sign_out(self) -> None:
        """Raises UnavailableError when no way has worked."""
        if (stand_in := os.environ.get(STAND_IN)) is not None:
            if not _runs(_read(stand_in)):
                raise UnavailableError(_("The command that signs you out of this device failed."))
            return
        session = os.environ.get("XDG_SESSION_ID", "")
        ways = [["loginctl", "terminate-session", session]] if session else []
        if not any(_runs(way) for way in (*ways, *_OWN_WAYS)):
            raise UnavailableError(_("You could not be signed out of this device."))


def _read(stand_in: str) -> list[str]:
    try:
        command = json.loads(stand_in)
    except ValueError:
        command = None
    is_list = (
        isinstance(command, list) and bool(command) and all(isinstance(c, str) for c in command)
    )
    if not is_list or not os.path.isabs(command[0]):
        raise UnavailableError(_("The command that signs you out of this device cannot be used."))
    return [str(part) for part in command]


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_WITHIN,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
