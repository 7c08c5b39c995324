"""The parts of this system, chosen once at start; what it cannot do stands in `notices`, in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from remotehelp_app.platform.interfaces import (
    Desktop,
    EventLog,
    Facts,
    Input,
    LocalUse,
    Notifier,
    SignOut,
    UnavailableError,
)
from remotehelp_app.texts import gettext as _


@dataclass(frozen=True, slots=True)
class System:
    """Makers rather than parts: each part is made in the thread that uses it, when it is needed."""

    name: str  # linux, windows or macos, as the API calls it
    desktop: Callable[[], Desktop]
    input: Callable[[], Input]
    local_use: Callable[[], LocalUse | None]
    sign_out: Callable[[], SignOut]
    event_log: Callable[[], EventLog]
    facts: Callable[[], Facts]
    notifier: Callable[[], Notifier]
    has_attention: bool = False
    notices: tuple[str, ...] = ()


if sys.platform == "win32":

    def this_system() -> System:
        """The parts for Windows; what was never run there is said in `notices`."""
        from remotehelp_app.platform.windows.desktop import WindowsDesktop
        from remotehelp_app.platform.windows.event_log import WindowsEventLog
        from remotehelp_app.platform.windows.facts import facts
        from remotehelp_app.platform.windows.input import WindowsInput
        from remotehelp_app.platform.windows.local_use import WindowsLocalUse
        from remotehelp_app.platform.windows.notifications import NoNotifier
        from remotehelp_app.platform.windows.sign_out import WindowsSignOut

        return System(
            name="windows",
            desktop=WindowsDesktop,
            input=WindowsInput,
            local_use=WindowsLocalUse,
            sign_out=WindowsSignOut,
            event_log=WindowsEventLog,
            facts=facts,
            notifier=NoNotifier,
            notices=_windows_notices(),
        )

    def _windows_notices() -> tuple[str, ...]:
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

else:

    def this_system() -> System:
        """The parts for the system that this runs on; UnavailableError where there are none."""
        if not sys.platform.startswith("linux"):
            raise UnavailableError(
                _(
                    "This app runs on Linux with X11 only. Share your screen from the browser instead."
                )
            )
        return _linux()

    def _linux() -> System:
        from remotehelp_app.platform.linux.event_log import best_event_log
        from remotehelp_app.platform.linux.facts import facts
        from remotehelp_app.platform.linux.notifications import DBusNotifier
        from remotehelp_app.platform.linux.sign_out import LinuxSignOut
        from remotehelp_app.platform.x11.desktop import X11Desktop
        from remotehelp_app.platform.x11.input import X11Input
        from remotehelp_app.platform.x11.local_use import X11LocalUse

        return System(
            name="linux",
            desktop=X11Desktop,
            input=X11Input,
            local_use=X11LocalUse,
            sign_out=LinuxSignOut,
            event_log=best_event_log,
            facts=facts,
            notifier=DBusNotifier,
            notices=_linux_notices(),
        )


def _linux_notices() -> tuple[str, ...]:
    if os.environ.get("XDG_SESSION_TYPE") == "wayland" or (
        os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY")
    ):
        return (
            _(
                "This desktop runs on Wayland, which lets no program see or control the whole screen. Only windows of"
                " older programs (XWayland) could be shown. To be helped, sign out and choose an X11"
                " (Xorg) session, or share your screen from the browser."
            ),
        )
    return ()
