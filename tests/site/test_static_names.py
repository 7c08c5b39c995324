from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command

IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;]*?from\s*["']([^"']+)["']""", re.MULTILINE)
HASHED = re.compile(r"\.[0-9a-f]{12}\.")


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "remotehelp_site.storage.HashedStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


def test_every_module_is_imported_by_its_hashed_name(collected: Path):
    """Else a browser could keep an old neighbour of a new module."""
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]
    ours = [
        hashed for name, hashed in paths.items() if name.startswith(("site/js/", "help_sessions/"))
    ]
    imported: list[str] = []
    for name in (name for name in ours if name.endswith(".js")):
        text = (collected / name).read_text()
        found = IMPORT.findall(text)
        for target in found:
            assert HASHED.search(target), f"{name} imports {target}"
            assert ((collected / name).parent / target).resolve().is_file(), target
        imported += found
    assert imported, "no module of ours imports another, so this test has seen nothing"


def test_what_is_large_is_there_compressed_too(collected: Path):
    assert list(collected.glob("site/css/*.css.gz"))
