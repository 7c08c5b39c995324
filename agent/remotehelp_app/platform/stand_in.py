"""A command that signs the person out in the system's place: for desktops that the app's own ways do not end, and for tests."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Final

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

STAND_IN: Final = "REMOTEHELP_APP_SIGN_OUT_COMMAND"
"""A JSON list of strings, the first an absolute path.

It comes from the environment in which the device's owner starts the app, never from the site.
"""
_WITHIN: Final = 20.0


def has_signed_out() -> bool:
    """Whether there is a stand-in, and it worked; UnavailableError when there is one that did not."""
    if (stand_in := os.environ.get(STAND_IN)) is None:
        return False
    if not runs(_read(stand_in)):
        raise UnavailableError(_("The command that signs you out of this device failed."))
    return True


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


def runs(command: list[str]) -> bool:
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
