"""The device's own log (S11, M6): what is written where, and that it can be read back."""

from __future__ import annotations

import json
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remotehelp_app.platform.linux.event_log import FileLog, JournalLog, SyslogLog
from remotehelp_app.session.journal import Journal


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(path))
        line.settimeout(5)
        yield line


def entry(data: bytes) -> dict[str, str]:
    """journald's native protocol: name, newline, length, value, newline."""
    found = {}
    while data:
        name, rest = data.split(b"\n", 1)
        (length,) = struct.unpack("<Q", rest[:8])
        found[name.decode()] = rest[8 : 8 + length].decode()
        data = rest[9 + length :]
    return found


def test_a_session_is_told_to_the_journal_with_who_and_what(tmp_path: Path):
    with listening(tmp_path / "socket") as line:
        Journal(JournalLog(tmp_path / "socket")).session_started("s-1", "Anna Berg", "full_control")
        said = entry(line.recv(10_000))
    assert said["MESSAGE"] == "Session with Anna Berg allowed: full control."
    assert said["SYSLOG_IDENTIFIER"] == "remotehelp-app"
    assert (said["PRIORITY"], said["REMOTEHELP_SESSION"]) == ("6", "s-1")
    assert said["REMOTEHELP_KIND"] == "full_control"


def test_an_interruption_is_a_warning_and_a_problem_an_error(tmp_path: Path):
    with listening(tmp_path / "socket") as line:
        journal = Journal(JournalLog(tmp_path / "socket"))
        journal.connection_lost("s-1")
        assert entry(line.recv(10_000))["PRIORITY"] == "4"
        journal.problem("s-1", "screen failed")
        assert entry(line.recv(10_000))["PRIORITY"] == "3"
        journal.session_ended("s-1", "Anna", "connection_lost")
        assert entry(line.recv(10_000))["PRIORITY"] == "4"
        journal.session_ended("s-1", "Anna", "helper_left")
        assert entry(line.recv(10_000))["PRIORITY"] == "6"


def test_a_name_cannot_begin_an_entry_of_its_own(tmp_path: Path):
    with listening(tmp_path / "socket") as line:
        name = "Eve\nMESSAGE=forged\x1b[2J"
        Journal(JournalLog(tmp_path / "socket")).session_started("s", name, "view_screen")
        said = entry(line.recv(10_000))
    assert "\n" not in said["MESSAGE"]
    assert "\x1b" not in said["MESSAGE"]
    assert said["REMOTEHELP_HELPER"] == "Eve MESSAGE=forged [2J"


def test_without_a_journal_a_file_of_this_person_alone_keeps_it(tmp_path: Path):
    log = JournalLog(tmp_path / "nobody", FileLog(tmp_path / "state"))
    Journal(log).elevation("s-1", "granted")
    path = tmp_path / "state" / "app.log"
    assert json.loads(path.read_text())["message"] == "Elevation granted."
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileLog(tmp_path / "state").read(10)[0].endswith("info: Elevation granted.")


def test_syslog_gets_one_line_and_the_file_is_read_back(tmp_path: Path):
    with listening(tmp_path / "log") as line:
        log = SyslogLog(tmp_path / "log", FileLog(tmp_path / "state"))
        log.write("warning", "The connection was interrupted.", {})
        said = line.recv(10_000).decode()
    assert said.startswith("<12>")
    assert said.endswith(": The connection was interrupted.")
    assert len(log.read(5)) == 1


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path):
    (tmp_path / "state").write_text("a file where the folder should be")
    log = JournalLog(tmp_path / "nobody", FileLog(tmp_path / "state"))
    log.write("info", "hello", {})
    assert log.read(5) == []


def test_a_large_log_makes_room_and_the_newest_are_read(tmp_path: Path):
    log = FileLog(tmp_path)
    for number in range(700):
        log.write("info", f"{number} " + "x" * 1900, {})
    assert (tmp_path / "app.log").stat().st_size < 1_100_000
    assert " info: 699 " in log.read(3)[-1]
    assert len(log.read(3)) == 3
