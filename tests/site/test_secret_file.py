from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from remotehelp_site.secrets import secret_of_this_install, signing_key_of_this_install
from tests.site.running import ROOT

MAKE = "import sys; from pathlib import Path; from remotehelp_site.secrets import *; "
MAKE += "print(secret_of_this_install(Path(sys.argv[1])))"


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path):
    secret = secret_of_this_install(tmp_path)
    path = tmp_path / "secret_key"
    assert len(secret) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_of_this_install(tmp_path) == secret
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_the_signing_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path):
    key = signing_key_of_this_install(tmp_path)
    path = tmp_path / "signing_key.pem"
    assert key.startswith("-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing_key_of_this_install(tmp_path) == key
    assert [file.name for file in tmp_path.iterdir()] == ["signing_key.pem"]


def test_two_installs_have_different_secrets(tmp_path: Path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    assert len({secret_of_this_install(folder) for folder in folders}) == 2


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path):
    command = [sys.executable, "-c", MAKE, str(tmp_path)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert len(set(said)) == 1
    assert said[0].strip() == (tmp_path / "secret_key").read_text()
