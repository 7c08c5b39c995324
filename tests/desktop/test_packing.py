"""The device app as a package: what the wheel and the sdist carry, and that either speaks the person's language (I1).

The build tools come from the package registry that is set up on this machine, into an environment of their own.
"""

from __future__ import annotations

import gettext
import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from remotehelp_app import VERSION

from tests.house.test_locales import messages_in

pytestmark = pytest.mark.desktop
AGENT = Path(__file__).resolve().parents[2] / "agent"
PATIENCE = 300
# Nothing of the suite's own environment may reach the app, and no desktop.
KEPT = ("PATH", "HOME", "TMPDIR")


def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def said(python: Path, folder: Path, *arguments: str, **language: str) -> str:
    """What the installed app says, far from any checkout."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    env = {**kept, **language, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    app = str(python.parent / "remotehelp-app")
    return run(app, *arguments, cwd=folder, env=env)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment of its own, and in `dist` what was built of the app."""
    folder = tmp_path_factory.mktemp("workshop")
    run(sys.executable, "-m", "venv", "tools", cwd=folder)
    python = str(folder / "tools/bin/python")
    run(python, "-m", "pip", "install", "-q", "hatchling", "babel", cwd=folder)
    for place in ("dist", "again"):
        run(python, "-m", "hatchling", "build", "-d", str(folder / place), cwd=AGENT)
    return folder


def built(workshop: Path, ending: str, place: str = "dist") -> Path:
    (found,) = (workshop / place).glob(f"*{ending}")
    return found


def test_the_wheel_carries_every_translation_of_the_app_and_no_other(workshop: Path):
    own = {
        key[1] for path in (AGENT / "remotehelp_app").rglob("*.py")
        for key in messages_in(path.read_bytes())
    }  # fmt: skip
    with zipfile.ZipFile(built(workshop, ".whl")) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(".mo")]
        assert "remotehelp_app/locale/de/LC_MESSAGES/django.mo" in names
        for name in names:
            with wheel.open(name) as packed:
                catalogue: dict[object, str] = gettext.GNUTranslations(packed)._catalog  # type: ignore[attr-defined]
            texts = {key[0] if isinstance(key, tuple) else key for key in catalogue}
            assert {str(text).rpartition("\x04")[2] for text in texts} - {""} == own
        assert not [
            name for name in wheel.namelist() if name.endswith((".po", "hatch_catalogues.py"))
        ]


def test_the_same_source_makes_the_same_files(workshop: Path):
    for ending in (".whl", ".tar.gz"):
        one, two = (
            hashlib.sha256(built(workshop, ending, place).read_bytes()).hexdigest()
            for place in ("dist", "again")
        )
        assert one == two, ending


def test_the_sdist_carries_what_a_wheel_is_made_of(workshop: Path):
    with tarfile.open(built(workshop, ".tar.gz")) as sdist:
        top = f"remotehelp_agent-{VERSION}"
        source = sdist.extractfile(f"{top}/locale/de/LC_MESSAGES/django.po")
        assert source is not None
        catalogue = read_po(source)
    said = {message.id: message.string for message in catalogue}
    assert said["Nothing was noted yet."] == "Bisher wurde nichts festgehalten."
    assert "Get a security code" not in said


@pytest.mark.parametrize("ending", [".whl", ".tar.gz"])
def test_what_is_installed_speaks_the_language_of_the_desktop(
    workshop: Path, tmp_path: Path, ending: str
):
    run(sys.executable, "-m", "venv", "fresh", cwd=tmp_path)
    python = tmp_path / "fresh/bin/python"
    package = str(built(workshop, ending))
    # Of what it builds on, only what a terminal needs; the browser lane installs the whole.
    pip = (str(python), "-m", "pip", "install", "-q")
    run(*pip, "--no-deps", package, cwd=tmp_path)
    run(*pip, "python-xlib", "jeepney", cwd=tmp_path)
    assert said(python, tmp_path, "--version").strip() == VERSION

    def line(**language: str) -> str:
        return said(python, tmp_path, "log", **language).strip()

    german, english = "Bisher wurde nichts festgehalten.", "Nothing was noted yet."
    assert line(LANGUAGE="de") == german
    assert line(LANG="de_AT.UTF-8") == german
    assert line(LC_ALL="de_DE@euro", LANG="en_GB.UTF-8") == german
    assert line(LANGUAGE="xx:de", LANG="C.UTF-8") == german
    # English comes first in these, and a language that nobody knows is English too.
    assert line(LANGUAGE="en_GB:de", LANG="de_DE.UTF-8") == english
    assert line(LC_ALL="C", LANG="de_DE.UTF-8") == english
    assert line(LANGUAGE="xx") == english
    assert line() == english

    help_text = said(python, tmp_path, "--help", LANGUAGE="de")
    for words in ("Aufruf: remotehelp-app", "Optionen:", "Hilfe vom Helpdesk", "zeigen, was"):
        assert words in help_text
    assert "show this help" not in help_text
    assert "usage: " in said(python, tmp_path, "--help", LANGUAGE="xx")
