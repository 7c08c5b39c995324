"""The system's own event log (M6, S11): journald, else syslog, else a file of this person's.

A full or missing log ends no session: writing never raises. Nothing of a session's content is ever written.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from remotehelp_app.platform.interfaces import EventLog, Level

IDENTIFIER: Final = "remotehelp-app"
JOURNAL: Final = Path("/run/systemd/journal/socket")
SYSLOG: Final = Path("/dev/log")
_PRIORITIES: Final[dict[Level, int]] = {"info": 6, "warning": 4, "error": 3}
_USER_FACILITY: Final = 1  # RFC 5424, 6.2.1
_LINE_LIMIT: Final = 2000
_FILE_LIMIT: Final = 1_000_000  # bytes; then the file before is replaced
_READ_WITHIN: Final = 10.0


def one_line(text: str) -> str:
    """What a name may contain must not begin a new entry."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LINE_LIMIT]


def _send(path: Path, data: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        try:
            line.sendto(data, str(path))
        except OSError:
            return False
    return True


class FileLog:
    """`app.log` in this person's state folder; only they can read it."""

    def __init__(self, folder: Path | None = None) -> None:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        self._path = (folder or Path(state, "remotehelp")) / "app.log"

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        said = {"at": round(time.time(), 3), "level": level, "message": one_line(message), **fields}
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room()
            self._path.touch(mode=0o600)
            with self._path.open("a") as log:
                log.write(json.dumps(said) + "\n")

    def _make_room(self) -> None:
        if self._path.exists() and self._path.stat().st_size > _FILE_LIMIT:
            self._path.replace(self._path.with_suffix(".log.1"))

    def read(self, limit: int) -> list[str]:
        lines: list[str] = []
        for path in (self._path.with_suffix(".log.1"), self._path):
            with suppress(OSError):
                lines += path.read_text(errors="replace").splitlines()
        return [_shown(line) for line in lines[-limit:]]


def _shown(line: str) -> str:
    """An entry of the file as people read it."""
    try:
        said = json.loads(line)
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(said["at"])))
        return f"{at} {said['level']}: {said['message']}"
    except (ValueError, KeyError, TypeError):
        return line


class SyslogLog:
    """The local syslog (RFC 3164's form, which every daemon reads); what was written is read back from our own file."""

    def __init__(self, path: Path = SYSLOG, own: FileLog | None = None) -> None:
        self._path, self._own = path, own or FileLog()

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        number = _USER_FACILITY * 8 + _PRIORITIES[level]
        at = time.strftime("%b %d %H:%M:%S")
        text = f"<{number}>{at} {IDENTIFIER}[{os.getpid()}]: {one_line(message)}"
        _send(self._path, text.encode())
        self._own.write(level, message, fields)

    def read(self, limit: int) -> list[str]:
        return self._own.read(limit)


class JournalLog:
    """systemd's journal, by its native protocol (systemd, JOURNAL_NATIVE_PROTOCOL)."""

    def __init__(self, path: Path = JOURNAL, own: FileLog | None = None) -> None:
        self._path, self._own = path, own or FileLog()

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        entry = {
            "MESSAGE": one_line(message),
            "PRIORITY": str(_PRIORITIES[level]),
            "SYSLOG_IDENTIFIER": IDENTIFIER,
        }
        entry |= {f"REMOTEHELP_{name.upper()}": one_line(value) for name, value in fields.items()}
        data = b"".join(_field(name, value) for name, value in entry.items())
        if not _send(self._path, data):
            self._own.write(level, message, fields)

    def read(self, limit: int) -> list[str]:
        command = ["journalctl", f"SYSLOG_IDENTIFIER={IDENTIFIER}", f"-n{limit}", "--no-pager"]
        try:
            found = subprocess.run(
                [*command, "-o", "short-iso", "-q"],
                capture_output=True,
                text=True,
                timeout=_READ_WITHIN,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return self._own.read(limit)
        return found.stdout.splitlines() or self._own.read(limit)


def _field(name: str, value: str) -> bytes:
    data = value.encode()
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"


def best_event_log() -> EventLog:
    """journald where it runs, else syslog, else a file."""
    if JOURNAL.is_socket():
        return JournalLog()
    return SyslogLog() if SYSLOG.is_socket() else FileLog()
