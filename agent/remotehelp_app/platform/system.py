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
    # Raises UnavailableError where no window can be opened; a toolkit would end the process without a word.
    check_desktop: Callable[[], None] = lambda: None
    notices: tuple[str, ...] = ()


def this_system() -> System:
    """The parts for the system that this runs on; UnavailableError where there are none."""
    if sys.platform == "win32":
        from remotehelp_app.platform.windows.system import windows

        return windows()
    if not sys.platform.startswith("linux"):
        raise UnavailableError(
            _("This app runs on Linux with X11 only. Share your screen from the browser instead.")
        )
    return _linux()


def _linux() -> System:
    from remotehelp_app.platform.linux.event_log import best_event_log
    from remotehelp_app.platform.linux.facts import facts
    from remotehelp_app.platform.linux.notifications import DBusNotifier
    from remotehelp_app.platform.linux.sign_out import LinuxSignOut
    from remotehelp_app.platform.x11 import xlib
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
        check_desktop=xlib.check,
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
