"""Connections of python-xlib to the X server: opened one after the other, and their failures said in one way.

python-xlib imports its extensions while it opens a connection, and keeps the numbers of their events with its classes,
not with the connection. Two threads that open one at the same moment were seen to get half an extension; the
screen's thread then died of an AttributeError.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any, Final

from Xlib import display as xdisplay
from Xlib.error import ConnectionClosedError, DisplayError, XError

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

LOST: Final = (ConnectionClosedError, OSError)
_opening = threading.Lock()


def connect(display_name: str = "") -> Any:
    """A connection of its own for one thread. Raises UnavailableError when there is no X server."""
    with _opening:
        try:
            return xdisplay.Display(display_name or os.environ.get("DISPLAY") or None)
        except (DisplayError, XError, *LOST) as error:
            raise UnavailableError(_("There is no X11 display that this app may use.")) from error


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Says that the X server went away in the words of `UnavailableError`."""
    try:
        yield
    except LOST as error:
        raise UnavailableError(_("The X server does not answer.")) from error


def disconnect(display: Any) -> None:
    """Closes it, also when the X server is gone already."""
    with contextlib.suppress(*LOST, XError):
        display.close()
