"""One copy of the app for one person on one machine: the second says so and ends.

Also where the second is on another desktop: both would have the same sign-in and the same device key, and the renewal of
one would end the sign-in of the other, in the middle of a session.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from remotehelp_app.config import folder

_LONGEST = 200


class AlreadyRunningError(Exception):
    """Another copy holds the lock; `display` is its desktop, empty when it cannot be told."""

    def __init__(self, display: str = "") -> None:
        super().__init__(display)
        self.display = display


class OneCopy:
    """A lock for as long as it is entered; the system lets go of it when the process dies, however it dies."""

    def __init__(self) -> None:
        self._path = _place() / "remotehelp-app.lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+")
        try:
            _lock(self._file)
        except OSError as error:
            raise AlreadyRunningError(self._said_by_the_other()) from error
        self._file.truncate(0)
        self._file.write(this_desktop())
        self._file.flush()

    def _said_by_the_other(self) -> str:
        if self._file is None:
            return ""
        with self._file as file, suppress(OSError, UnicodeDecodeError):
            file.seek(0)
            return file.read(_LONGEST).strip()
        return ""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def this_desktop() -> str:
    """As the X server counts them: `:0.1` is a screen of `:0`."""
    host, colon, number = os.environ.get("DISPLAY", "").rpartition(":")
    return f"{host}{colon}{number.partition('.')[0]}"


def _place() -> Path:
    """A folder of this person on this machine, whatever started the app; the settings may be shared by machines."""
    places = [os.environ.get("XDG_RUNTIME_DIR", "")]
    if sys.platform != "win32":
        places.append(f"/run/user/{os.getuid()}")
    return next((Path(p) for p in places if p and os.access(p, os.W_OK)), folder())


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        # Nobody else can read a byte that is locked: it is one behind the text.
        os.lseek(file.fileno(), _LONGEST, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
