"""What this device notes, in a file of this person's own: beside the system's log, or where there is none (M6, S11).

It is what `remotehelp-app log` shows, because most people may not read their system's log. It is kept for 30
days (M4). A full or missing log ends no session: writing never raises. Nothing of a session's content is ever written.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from remotehelp_app.platform.interfaces import Level, UnavailableError
from remotehelp_app.texts import gettext as _

_LINE_LIMIT: Final = 2000
_FILE_LIMIT: Final = 1_000_000  # bytes; then the file before is replaced
_KEPT_FOR: Final = 30 * 86_400.0


def one_line(text: str) -> str:
    """What a name may contain must not begin a new entry, nor move the cursor of a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LINE_LIMIT]


def state_folder() -> Path:
    """Where this person's logs are (XDG Base Directory; on Windows the application data that stays on this device)."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home()), "Remote Help")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "remotehelp")


class FileLog:
    """`app.log` in this person's state folder; only they can read it. Older entries are forgotten with each new one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or state_folder()) / "app.log"
        self._before = self._path.with_suffix(".log.1")

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        about = {name: one_line(value) for name, value in fields.items()}
        said = {
            **about,
            "at": round(time.time(), 3),
            "level": level,
            "message": one_line(message),
        }
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget()
            self._make_room()
            self._path.touch(mode=0o600)
            self._append(json.dumps(said).encode() + b"\n")

    def _append(self, line: bytes) -> None:
        with self._path.open("ab+") as log:
            if log.tell():
                log.seek(-1, os.SEEK_END)
                if log.read(1) != b"\n":  # the disk was full in the middle of an entry
                    line = b"\n" + line
            log.write(line)

    def _make_room(self) -> None:
        if self._path.exists() and self._path.stat().st_size > _FILE_LIMIT:
            self._path.replace(self._before)

    def _forget(self) -> None:
        """Nothing stays that is older than 30 days. Entries are in the order of time: the first one tells."""
        oldest = time.time() - _KEPT_FOR
        for path in (self._before, self._path):
            with suppress(FileNotFoundError):
                kept = _no_older_than(oldest, path)
                if kept is not None:
                    draft = path.with_name(f".{path.name}.{os.getpid()}")
                    draft.touch(mode=0o600)
                    draft.write_text("".join(kept))
                    draft.replace(path)

    def read(self, limit: int) -> list[str]:
        with suppress(OSError):
            self._forget()
        lines: list[str] = []
        for path in (self._before, self._path):
            with suppress(OSError):
                lines += path.read_text(errors="replace").splitlines()
        return [_shown(line) for line in lines[-limit:]]

    def where(self) -> str:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path.parent) as trial:
                trial.write(b" " * _LINE_LIMIT)
            if self._path.exists():
                self._path.open("a").close()
        except OSError as error:
            said = _(
                "%(path)s cannot be written (%(reason)s). Make it your own, and make room for it."
            )
            raise UnavailableError(said % {"path": self._path, "reason": error.strerror}) from error
        return str(self._path)


def _no_older_than(oldest: float, path: Path) -> list[str] | None:
    """What is to be kept of the file, which is closed again; None when that is all."""
    with path.open(errors="replace") as log:
        first = next((at for line in log if (at := _time_of(line)) is not None), oldest)
        if first >= oldest:
            return None
        return [line for line in log if (_time_of(line) or 0) >= oldest]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
        return {**said, "at": float(said["at"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _time_of(line: str) -> float | None:
    said = _entry(line)
    return said["at"] if said is not None else None


def _shown(line: str) -> str:
    """An entry of the file as people read it."""
    said = _entry(line)
    try:
        if said is None:
            return one_line(line)
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(said["at"]))
    except (ValueError, OverflowError, OSError):
        return one_line(line)
    return one_line(f"{at} {said.get('level', '')}: {said.get('message', '')}")
