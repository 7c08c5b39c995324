"""*Get the app*: from the page, by the very command that stands on it, to an app that runs (A1). What the app builds
on comes from the package registry that is set up on this machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect
from remotehelp_app import VERSION

from tests.browser.conftest import Desk, Site

pytestmark = pytest.mark.browser
PATIENCE = 600


def run(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """In a shell, as somebody would who pastes the command; nothing of the suite's environment is near."""
    kept = {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
    env = {
        **kept,
        "PATH": f"{folder}/fresh/bin:/usr/bin:/bin",
        "HOME": os.environ["HOME"],
        "XDG_STATE_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        **more,
    }
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_command_of_the_page_installs_an_app_that_runs(
    desk: Desk, site: Site, helper_browser: Browser, tmp_path: Path
) -> None:
    page = desk.page(helper_browser, "sharer")
    page.goto("/get/")
    page.get_by_role("main").get_by_role("link", name="Get the app").click()
    expect(page.get_by_role("heading", name="Get the app")).to_be_visible()
    digest = page.locator("[data-sha256]").inner_text()
    command = page.locator("[data-command=pip]").inner_text()
    address = command.split("'")[1].removesuffix(f"#sha256={digest}")
    assert address.startswith(f"{site.url}/app/remotehelp_agent-{VERSION}-")
    with urlopen(address) as answer:  # noqa: S310 our own site; nobody is signed in
        assert hashlib.sha256(answer.read()).hexdigest() == digest
    assert page.locator("[data-command=pipx]").inner_text() == command.replace("pip", "pipx", 1)
    assert address in page.locator("[data-command=uv]").inner_text()

    made = subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=False)
    assert made.returncode == 0
    wrong = run(command.replace(digest, "0" * 64), tmp_path)
    assert wrong.returncode != 0
    assert "hash" in wrong.stderr.lower()
    installed = run(command, tmp_path)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert run("remotehelp-app --version", tmp_path).stdout.strip() == VERSION

    # With the address of the page the app finds the site, and says so in the person's language (I1, A6).
    start = page.locator("[data-command=start]").inner_text()
    said = run(f"{start} doctor", tmp_path, LANGUAGE="de").stdout
    assert f"Die Website, {site.url}: antwortet ohne TLS" in said
    assert "Die Anmeldung in der App: ist möglich" in said
    assert "Es gibt keine X11-Anzeige, die diese App verwenden darf." in said
    assert "The site's sockets (WebSocket): are reached" in run(f"{start} doctor", tmp_path).stdout
    assert "Traceback" not in run(f"{start} doctor", tmp_path).stderr
    without_display = run(start, tmp_path, LANGUAGE="de")
    assert without_display.returncode == 1
    assert "DISPLAY ist nicht gesetzt" in without_display.stderr
