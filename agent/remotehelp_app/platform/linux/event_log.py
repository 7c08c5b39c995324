"""The system's own event log (M6, S11): journald, else syslog; and beside either a file of this person's own.

The file is what `remotehelp-app log` shows, because most people may not read their system's log. It is kept for 30
days (M4). A full or missing log ends no session: writing never raises. Nothing of a session's content is ever written.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from remotehelp_app.platform.interfaces import EventLog, Level, UnavailableError
from remotehelp_app.texts import gettext as _

IDENTIFIER: Final = "remotehelp-app"
JOURNAL: Final = Path("/run/systemd/journal/socket")
SYSLOG: Final = Path("/dev/log")
_PRIORITIES: Final[dict[Level, int]] = {"info": 6, "warning": 4, "error": 3}
_USER_FACILITY: Final = 1  # RFC 5424, 6.2.1
_LINE_LIMIT: Final = 2000
_SYSLOG_LIMIT: Final = 1000  # bytes; RFC 3164, 4.1 allows 1024 for the whole packet
_FILE_LIMIT: Final = 1_000_000  # bytes; then the file before is replaced
_KEPT_FOR: Final = 30 * 86_400.0
_READ_WITHIN: Final = 10.0
# RFC 3164, 4.1.2 wants these, whatever the language of the desktop calls them.
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip


def one_line(text: str) -> str:
    """What a name may contain must not begin a new entry, nor move the cursor of a terminal."""
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
    """`app.log` in this person's state folder; only they can read it. Older entries are forgotten with each new one."""

    def __init__(self, folder: Path | None = None) -> None:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        self._path = (folder or Path(state, "remotehelp")) / "app.log"
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
            with suppress(FileNotFoundError), path.open(errors="replace") as log:
                first = next((at for line in log if (at := _time_of(line)) is not None), oldest)
                if first >= oldest:
                    continue
                kept = [line for line in log if (_time_of(line) or 0) >= oldest]
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


class SyslogLog:
    """The local syslog, in the form that every daemon reads (RFC 3164)."""

    def __init__(self, path: Path = SYSLOG, own: FileLog | None = None) -> None:
        self._path, self._own = path, own or FileLog()

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        number = _USER_FACILITY * 8 + _PRIORITIES[level]
        now = time.localtime()
        at = f"{_MONTHS[now.tm_mon - 1]} {now.tm_mday:2d} {time.strftime('%H:%M:%S', now)}"
        head = f"<{number}>{at} {IDENTIFIER}[{os.getpid()}]: ".encode()
        session = one_line(fields.get("session", ""))[:100]
        tail = f" [session {session}]".encode() if session else b""
        room = _SYSLOG_LIMIT - len(head) - len(tail)
        text = one_line(message).encode()[:room].decode(errors="ignore")  # no half of a letter
        _send(self._path, head + text.encode() + tail)
        self._own.write(level, message, fields)

    def read(self, limit: int) -> list[str]:
        return self._own.read(limit)

    def where(self) -> str:
        return _("the system's syslog, and %(path)s") % {"path": self._own.where()}


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
        _send(self._path, b"".join(_field(name, value) for name, value in entry.items()))
        self._own.write(level, message, fields)

    def read(self, limit: int) -> list[str]:
        return self._own.read(limit) or self._read_journal(limit)

    def _read_journal(self, limit: int) -> list[str]:
        """Where no file could be kept. Any program may call itself as ours does, so only this person's count."""
        ours = [f"SYSLOG_IDENTIFIER={IDENTIFIER}", f"_UID={os.getuid()}"]
        try:
            found = subprocess.run(
                ["journalctl", *ours, f"-n{limit}", "--no-pager", "-o", "short-iso", "-q"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_READ_WITHIN,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return []
        return [one_line(line) for line in found.stdout.splitlines()]

    def where(self) -> str:
        command = f"journalctl SYSLOG_IDENTIFIER={IDENTIFIER}"
        said = _("the system's journal (%(command)s), and %(path)s")
        return said % {"command": command, "path": self._own.where()}


def _field(name: str, value: str) -> bytes:
    data = value.encode()
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"


def best_event_log() -> EventLog:
    """journald where it runs, else syslog, else the file alone."""
    if JOURNAL.is_socket():
        return JournalLog()
    return SyslogLog() if SYSLOG.is_socket() else FileLog()
