"""The device's own log (S11, M6): what is written where, and that it can be read back."""

from __future__ import annotations

import json
import os
import resource
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from remotehelp_app.platform.file_log import FileLog
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.linux.event_log import JournalLog, SyslogLog
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
        Journal(JournalLog(tmp_path / "socket", FileLog(tmp_path / "state"))).session_started(
            "s-1", "Anna Berg", "full_control"
        )
        said = entry(line.recv(10_000))
    assert said["MESSAGE"] == "Session with Anna Berg allowed: full control."
    assert said["SYSLOG_IDENTIFIER"] == "remotehelp-app"
    assert (said["PRIORITY"], said["REMOTEHELP_SESSION"]) == ("6", "s-1")
    assert said["REMOTEHELP_KIND"] == "full_control"


def test_an_interruption_is_a_warning_and_a_problem_an_error(tmp_path: Path):
    with listening(tmp_path / "socket") as line:
        journal = Journal(JournalLog(tmp_path / "socket", FileLog(tmp_path / "state")))
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
        Journal(JournalLog(tmp_path / "socket", FileLog(tmp_path / "state"))).session_started(
            "s", name, "view_screen"
        )
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


def test_what_the_journal_was_told_can_be_read_by_who_may_not_read_the_journal(tmp_path: Path):
    with listening(tmp_path / "socket") as line:
        log = JournalLog(tmp_path / "socket", FileLog(tmp_path / "state"))
        Journal(log).elevation("s-1", "granted")
        assert entry(line.recv(10_000))["MESSAGE"] == "Elevation granted."
    assert log.read(10)[0].endswith("info: Elevation granted.")
    assert str(tmp_path / "state" / "app.log") in log.where()


def test_a_name_is_one_line_in_the_file_too_and_rewrites_nothing(tmp_path: Path):
    log = FileLog(tmp_path)
    name = "Eve\n\x1b[2J\u202e\ud800"
    log.write("info", f"Session with {name}.", {"helper": name, "at": "1", "message": "forged"})
    said = json.loads((tmp_path / "app.log").read_text())
    assert said["message"] == "Session with Eve  [2J  ."
    assert said["helper"] == "Eve  [2J  "
    assert said["at"] > 1
    # And what another program wrote into the file cannot play with the terminal.
    with (tmp_path / "app.log").open("a") as file:
        file.write("\x1b[2Jno entry\n" + '{"at": 1e99, "message": "x"}\n' + '{"at": "soon"}\n')
    (shown, *others) = log.read(10)
    assert shown.endswith("info: Session with Eve  [2J  .")
    assert others == [" [2Jno entry", '{"at": 1e99, "message": "x"}', '{"at": "soon"}']


def test_what_is_older_than_30_days_is_forgotten(tmp_path: Path):
    """M4"""
    log = FileLog(tmp_path)
    day = 86_400
    for days in (40, 31, 29, 0):
        with time_machine.travel(time.time() - days * day, tick=False):
            log.write("info", f"{days} days ago", {})
    (tmp_path / "app.log.1").write_text(
        "half an entry\n" + json.dumps({"at": time.time() - 50 * day, "message": "older"}) + "\n"
    )
    assert [line.rpartition(": ")[2] for line in log.read(10)] == ["29 days ago", "0 days ago"]
    assert "31 days" not in (tmp_path / "app.log").read_text()
    assert (tmp_path / "app.log.1").read_text() == ""
    assert stat.S_IMODE((tmp_path / "app.log").stat().st_mode) == 0o600


def test_an_entry_that_was_cut_off_by_a_full_disk_does_not_spoil_the_next(tmp_path: Path):
    log = FileLog(tmp_path)
    log.write("info", "one", {})
    with (tmp_path / "app.log").open("a") as file:
        file.write('{"at": 1')
    log.write("info", "two", {})
    assert [line.rpartition(": ")[2] for line in log.read(10)] == ["one", "1", "two"]


def test_a_full_disk_ends_nothing_and_a_forbidden_folder_is_said(tmp_path: Path):
    log = FileLog(tmp_path)
    log.write("info", "before", {})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # no file may grow beyond this
    try:
        log.write("error", "x" * 1000, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    log.write("info", "after", {})
    lines = log.read(10)
    assert lines[0].endswith("info: before")
    assert lines[-1].endswith("info: after")
    with pytest.raises(UnavailableError, match="cannot be written"):
        FileLog(Path("/proc/nowhere")).where()


def test_syslog_gets_the_months_of_its_standard_whatever_the_desktop_speaks(tmp_path: Path):
    log = SyslogLog(tmp_path / "log", FileLog(tmp_path / "state"))
    with (
        listening(tmp_path / "log") as line,
        time_machine.travel(datetime(2026, 3, 5, 12, 0, tzinfo=UTC), tick=False),
    ):
        log.write("info", "hello", {"session": "s-1"})
        said = line.recv(10_000).decode()
    at = time.strftime(
        "%H:%M:%S", time.localtime(datetime(2026, 3, 5, 12, 0, tzinfo=UTC).timestamp())
    )
    assert said == f"<14>Mar  5 {at} remotehelp-app[{os.getpid()}]: hello [session s-1]"


def test_a_syslog_packet_is_never_too_long_and_keeps_its_end(tmp_path: Path):
    log = SyslogLog(tmp_path / "log", FileLog(tmp_path / "state"))
    with listening(tmp_path / "log") as line:
        log.write("info", "ä" * 5000, {"session": "s-1"})
        said = line.recv(10_000)
    assert len(said) <= 1000
    assert said.decode().endswith("ää [session s-1]")


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
