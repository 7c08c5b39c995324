from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from apps.reports.services import purge
from remotehelp_site import cli, doctor
from tests.site.running import remotehelp

UNSAFE_SECRET = "short"


def outcomes(findings: list[doctor.Finding]) -> dict[str, str]:
    return {finding.name: finding.outcome for finding in findings}


@pytest.mark.django_db
def test_a_sound_installation_has_nothing_to_fix(capsys: pytest.CaptureFixture[str], settings):
    settings.REMOTEHELP_URL = "http://127.0.0.1:8000"
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "Nothing to fix."
    assert {line.split()[1] for line in said[:-1]} >= {"database", "migrations", "clock", "relay"}


@pytest.mark.django_db
def test_each_fault_is_one_line_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], settings, tmp_path: Path
):
    (tmp_path / "taken").write_text("a file where the folder should be")
    settings.REMOTEHELP_URL = "http://help.example.org"
    settings.MEDIA_ROOT = tmp_path / "taken"
    settings.CHANNEL_LAYERS = {}
    assert cli.main(["doctor"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("failed")]
    assert {line.split()[1] for line in lines} == {"address", "layer", "pictures"}
    assert cli.main(["doctor", "--json"]) == 1
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)}
    assert found["address"]["outcome"] == "failed"
    assert "https" in found["address"]["fix"]
    assert found["database"]["outcome"] == "ok"


@pytest.mark.django_db
def test_outside_the_embedded_mode_more_has_to_be_there(settings, tmp_path: Path):
    settings.REMOTEHELP_EMBEDDED = False
    settings.SECRET_KEY = UNSAFE_SECRET
    settings.STATIC_ROOT = tmp_path
    settings.REMOTEHELP_TURN_URLS = []
    found = outcomes(doctor.examine())
    assert found["settings"] == "failed"
    assert found["static files"] == "failed"
    assert found["relay"] == "failed"
    assert found["worker"] == "failed"
    settings.REMOTEHELP_TURN_URLS = ["turn:turn.example.org"]
    settings.REMOTEHELP_TURN_SECRET = "shared"
    (tmp_path / "staticfiles.json").write_text("{}")
    found = outcomes(doctor.examine())
    assert (found["static files"], found["relay"]) == ("ok", "ok")


@pytest.mark.django_db
def test_beat_counts_as_heard_for_a_while(settings, monkeypatch: pytest.MonkeyPatch):
    from django.core.cache import cache

    from remotehelp_site.tasks import HEARTBEAT, note_heartbeat

    cache.delete(HEARTBEAT)
    assert [f.outcome for f in doctor._beat()] == ["failed"]
    note_heartbeat()
    assert [f.outcome for f in doctor._beat()] == ["ok"]
    cache.set(HEARTBEAT, cache.get(HEARTBEAT) - 600)
    assert [f.outcome for f in doctor._beat()] == ["failed"]


def test_incomplete_settings_and_an_unreachable_database_are_findings_too(tmp_path: Path):
    production = "remotehelp_site.settings.production"
    bare = remotehelp(tmp_path, "doctor", DJANGO_SETTINGS_MODULE=production)
    assert bare.returncode == 1
    assert "Traceback" not in bare.stderr
    assert bare.stdout.startswith("failed  settings")
    gone = remotehelp(
        tmp_path,
        "doctor",
        "--json",
        DJANGO_SETTINGS_MODULE=production,
        SECRET_KEY="0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGH",
        ALLOWED_HOSTS="help.example.org",
        DATABASE_URL="postgres://nobody:nothing@127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert gone.returncode == 1, gone.stderr
    found = {f["name"]: f["outcome"] for f in json.loads(gone.stdout)}
    assert found["database"] == found["channel layer"] == found["worker"] == "failed"
    assert found["address"] == "ok"


@pytest.mark.django_db
def test_a_purge_that_does_not_run_is_a_fault(contoso, clock):
    """M4"""
    assert outcomes(doctor.examine())["thirty days"] == "ok"  # a day has not gone by yet
    clock.shift(timedelta(days=2))
    assert outcomes(doctor.examine())["thirty days"] == "failed"
    purge()
    assert outcomes(doctor.examine())["thirty days"] == "ok"
