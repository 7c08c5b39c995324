"""The parts for Windows, and in words what of it nobody could try."""

from __future__ import annotations

from remotehelp_app.platform.system import System
from remotehelp_app.platform.windows.desktop import WindowsDesktop
from remotehelp_app.platform.windows.event_log import WindowsEventLog
from remotehelp_app.platform.windows.facts import facts
from remotehelp_app.platform.windows.input import WindowsInput
from remotehelp_app.platform.windows.local_use import WindowsLocalUse
from remotehelp_app.platform.windows.notifications import NoNotifier
from remotehelp_app.platform.windows.sign_out import WindowsSignOut
from remotehelp_app.texts import gettext as _


def windows() -> System:
    return System(
        name="windows",
        desktop=WindowsDesktop,
        input=WindowsInput,
        local_use=WindowsLocalUse,
        sign_out=WindowsSignOut,
        event_log=WindowsEventLog,
        facts=facts,
        notifier=NoNotifier,
        notices=_notices(),
    )


def _notices() -> tuple[str, ...]:
    return (
        _(
            "On Windows this app was never run: only under Wine, which is not Windows. Expect faults, and share your"
            " screen from the browser where you need to rely on it."
        ),
        _(
            "Windows asks for an administrator's consent (UAC) on a desktop of its own. Your helper can neither see"
            " it nor act on it, with elevation or without; the picture is grey meanwhile."
        ),
    )
