"""What else the app needs of Windows: its event log, facts about it, signing out, notices."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.conftest import until
from tests.windows.machine import RefusedError
from tests.windows.wheels import windows_path

pytestmark = pytest.mark.windows
FIREWALL = (
    r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\%sProfile"
)
POLICY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
UPDATED = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\Install"
)
DESKTOP = r"HKCU\Control Panel\Desktop"
STAND_IN = "REMOTEHELP_APP_SIGN_OUT_COMMAND"


def test_the_event_log_gets_each_entry_by_its_level_and_the_person_can_read_it(pc):
    """Wine keeps no entries, but tells on request which it was given."""
    with closing(pc.program("parts", WINEDEBUG="-all,+eventlog")) as parts:
        about = {"session": "s-1", "helper": "Änne\nMESSAGE=forged"}
        for level in ("info", "warning", "error"):
            parts.ask("log", level=level, message=f"A {level}.\nAnd more.", fields=about)
        until(lambda: parts.said().count("session: s-1") == 3, parts.said)
        for wine_calls_it, level in (("trace", "info"), ("warn", "warning"), ("err", "error")):
            lines = [line for line in parts.said().splitlines() if f"A {level}. And more." in line]
            assert [f"{wine_calls_it}:eventlog" in line for line in lines] == [True]
        assert (
            "\\xc4nne MESSAGE=forged" in parts.said() or "\\00c4nne MESSAGE=forged" in parts.said()
        )
        read = parts.ask("read_log")
        assert [line[20:] for line in read[-3:]] == [
            "info: A info. And more.",
            "warning: A warning. And more.",
            "error: A error. And more.",
        ]
        assert "Windows' event log (Application, source Remote Help)" in parts.ask("log_place")


def test_what_is_older_than_thirty_days_is_forgotten(pc):
    """Windows lets nobody put a file in the place of one that is open."""
    with closing(pc.program("parts")) as parts:
        place = parts.ask("log_place").rpartition("C:\\")[2].replace("\\", "/")
        log = Path(pc.env["WINEPREFIX"], "drive_c", place)
        log.parent.mkdir(parents=True, exist_ok=True)
        entry = {"at": time.time() - 31 * 86_400, "level": "info", "message": "Long ago."}
        log.write_text(json.dumps(entry) + "\n")
        parts.ask("log", level="info", message="Now.", fields={})
        assert [line[20:] for line in parts.ask("read_log")] == ["info: Now."]
        assert "Long ago" not in log.read_text()


def test_facts_are_those_of_the_registry(pc):
    with closing(pc.program("parts")) as parts:
        found = parts.ask("facts")
        assert found["system"] == "windows"
        assert found["system_version"].startswith("10.0.")
        assert found["disk_encrypted"] is found["updates_pending"] is None

        for profile in ("Domain", "Public", "Standard"):
            pc.registry(FIREWALL % profile, "EnableFirewall", "REG_DWORD", "1")
        assert parts.ask("facts")["firewall"] is True
        pc.registry(FIREWALL % "Public", "EnableFirewall", "REG_DWORD", "0")
        assert parts.ask("facts")["firewall"] is False

        pc.registry(DESKTOP, "ScreenSaveActive", "REG_SZ", "1")
        pc.registry(DESKTOP, "ScreenSaverIsSecure", "REG_SZ", "0")
        assert parts.ask("facts")["screen_lock"] is False
        pc.registry(DESKTOP, "ScreenSaverIsSecure", "REG_SZ", "1")
        assert parts.ask("facts")["screen_lock"] is True
        pc.registry(DESKTOP, "ScreenSaverIsSecure", "REG_SZ", "0")
        pc.registry(POLICY, "InactivityTimeoutSecs", "REG_DWORD", "900")
        assert parts.ask("facts")["screen_lock"] is True

        ten_days_ago = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 10.5 * 86_400))
        pc.registry(UPDATED, "LastSuccessTime", "REG_SZ", ten_days_ago)
        assert parts.ask("facts")["days_since_update"] == 10
        pc.registry(UPDATED, "LastSuccessTime", "REG_SZ", "never")
        assert parts.ask("facts")["days_since_update"] is None


def test_signing_out_runs_the_stand_in_and_says_when_it_failed(pc):
    done = pc.folder / "signed-out"
    shell = "C:\\windows\\system32\\cmd.exe"
    command = [shell, "/c", f"echo gone>{windows_path(done)}"]
    with closing(pc.program("parts", **{STAND_IN: json.dumps(command)})) as parts:
        parts.ask("sign_out")
        until(done.exists, "the stand-in was run")
    for unusable in (["cmd.exe"], [shell, "/c", "exit 3"]):
        with (
            closing(pc.program("parts", **{STAND_IN: json.dumps(unusable)})) as parts,
            pytest.raises(RefusedError, match="command that signs you out"),
        ):
            parts.ask("sign_out")


def test_notices_are_said_not_to_be_there(pc):
    with (
        closing(pc.program("parts")) as parts,
        pytest.raises(RefusedError, match="shows no notifications"),
    ):
        parts.ask("check_notices")


def test_doctor_says_what_works_and_what_was_never_run(pc):
    said = pc.run("-m", "remotehelp_app", "doctor")
    for part in ("The screen can be read", "Mouse and keyboard can be controlled"):
        assert f"✓  {part}" in said
    assert "✗" not in said
    assert "!  On Windows this app was never run: only under Wine" in said
    assert "Never run: Windows itself" in said
