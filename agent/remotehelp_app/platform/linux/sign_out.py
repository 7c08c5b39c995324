"""Ends the desktop session of the person at the device (S8)."""

from __future__ import annotations

import os
from typing import Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.stand_in import has_signed_out, runs
from remotehelp_app.texts import gettext as _

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
        if has_signed_out():
            return
        session = os.environ.get("XDG_SESSION_ID", "")
        ways = [["loginctl", "terminate-session", session]] if session else []
        if not any(runs(way) for way in (*ways, *_OWN_WAYS)):
            raise UnavailableError(_("You could not be signed out of this device."))
