"""One copy of the app for one person on one desktop: the second says so and ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from remotehelp_app.config import folder


class AlreadyRunningError(Exception):
    """Another copy holds the lock."""


class OneCopy:
    """A lock for as long as it is entered; the system lets go of it when the process dies, however it dies."""

    def __init__(self) -> None:
        base = os.environ.get("XDG_RUNTIME_DIR")
        self._path = Path(base) if base and Path(base).is_dir() else folder()
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        display = os.environ.get("DISPLAY", "").replace("/", "_").replace(":", "_")
        self._file = (self._path / f"remotehelp-app{display}.lock").open("a")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise AlreadyRunningError from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
