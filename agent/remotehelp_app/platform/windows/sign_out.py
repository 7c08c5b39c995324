"""Ends the person's session of Windows (S8). Run under Wine only, where programs are told of the end as on Windows."""

from __future__ import annotations

from typing import Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.stand_in import has_signed_out
from remotehelp_app.platform.windows.win32 import user32
from remotehelp_app.texts import gettext as _

_SIGN_OUT: Final = 0  # EWX_LOGOFF; without force, so that a program may still ask to save
_PLANNED: Final = 0x80000000  # SHTDN_REASON_FLAG_PLANNED, for no reason of Windows' own


class WindowsSignOut:
    """Implements `SignOut`."""

    def sign_out(self) -> None:
        """Returns when Windows has begun: it asks each program, and goes on without this one."""
        if has_signed_out():
            return
        if not user32.ExitWindowsEx(_SIGN_OUT, _PLANNED):
            raise UnavailableError(_("You could not be signed out of this device."))
