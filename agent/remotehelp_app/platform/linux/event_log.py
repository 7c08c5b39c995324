"""The system's own event log (M6, S11): journald, else syslog; and beside either a file of this person's own.

A full or missing log ends no session: writing never raises.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from remotehelp_app.platform.file_log import FileLog, one_line
from remotehelp_app.platform.interfaces import EventLog, Level
from remotehelp_app.texts import gettext as _

IDENTIFIER: Final = "remotehelp-app"
JOURNAL: Final = Path("/run/systemd/journal/socket")
SYSLOG: Final = Path("/dev/log")
_PRIORITIES: Final[dict[Level, int]] = {"info": 6, "warning": 4, "error": 3}
_USER_FACILITY: Final = 1  # RFC 5424, 6.2.1
_SYSLOG_LIMIT: Final = 1000  # bytes; RFC 3164, 4.1 allows 1024 for the whole packet
_READ_WITHIN: Final = 10.0
# RFC 3164, 4.1.2 wants these, whatever the language of the desktop calls them.
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip


def _send(path: Path, data: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        try:
            line.sendto(data, str(path))
        except OSError:
            return False
    return True


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
