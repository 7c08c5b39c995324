"""The site goes away in the middle of a session and comes back: picture and control go on, and so does the session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Desk, Site, _site_of, answers, free_port, until
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.steps import go_live, point_at, sign_in

pytestmark = pytest.mark.desktop


class OwnSite:
    """A site of this test alone, which it may stop."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "REMOTEHELP_VAR": str(self._folder), "PORT": str(self._port)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        with (self._folder / "site.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "remotehelp"), "up", "--demo"],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: answers(f"http://127.0.0.1:{self._port}"), "the site answers", 60)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)
            self._process = None

    def site(self) -> Site:
        return _site_of(self._folder)


@pytest.fixture
def own_site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    made = OwnSite(folder)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def own_desk(own_site):
    made = Desk(own_site.site())
    yield made
    for context in made.contexts:
        context.close()


def test_a_session_outlives_a_restart_of_the_site(own_site, own_desk, helper_browser, device):
    sign_in(device, own_desk, helper_browser)
    helper = own_desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    marker = Marker(device.display, from_right=260, y=300, edge=200)
    marker.colour(255, 0, 0)
    until_seen(helper, marker, (255, 0, 0))
    target = device.target(0, 500, 1280, 300)

    own_site.stop()
    marker.colour(0, 0, 255)
    until_seen(helper, marker, (0, 0, 255))
    helper.mouse.click(*point_at(helper, 300, 700))
    until(lambda: target.events("up"), "control goes on without the site")
    own_site.start()
    marker.colour(0, 255, 0)
    until_seen(helper, marker, (0, 255, 0))
    marker.close()
    helper.mouse.click(*point_at(helper, 900, 650))
    until(lambda: len(target.events("up")) == 2, "and after it has come back")
    assert [(e["x"], e["y"]) for e in target.events("down")] == [(300, 700), (900, 650)]

    device.press("Leave")
    expect(helper.get_by_text("Sami Virtanen ended the session.")).to_be_visible(timeout=30_000)
    device.reads("You ended the session.")
    log = (device.folder / "app.log").read_text()
    assert "Traceback" not in log
