"""The browser lane: a real site process, a real X screen, real Chromium browsers, and no access to the database.

Needs `DISPLAY` of an X server that belongs to this lane alone (tests/lanes.py starts one).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.marker import Marker

ROOT = Path(__file__).resolve().parents[2]
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A host candidate behind an mDNS name needs an mDNS responder, which a test machine has not.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]
OBSERVE = """
  window.seen = { streams: [], sockets: [], peers: [] };
  const remember = (name, kept) => {
    window[name] = new Proxy(window[name], {
      construct(target, args) {
        if (window.relayOnly && args[0]?.iceServers) args[0].iceTransportPolicy = "relay";
        const made = new target(...args);
        kept.push(made);
        return made;
      },
    });
  };
  remember("WebSocket", window.seen.sockets);
  remember("RTCPeerConnection", window.seen.peers);
  const devices = navigator.mediaDevices;
  if (devices?.getDisplayMedia) {
    const choose = devices.getDisplayMedia.bind(devices);
    devices.getDisplayMedia = async (wishes) => {
      const stream = await choose(wishes);
      window.seen.streams.push(stream);
      return stream;
    };
  }
"""
expect.set_options(timeout=15_000)


def until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = 20) -> Any:
    """Wait for a condition, never for a time; fails with `what` was missing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    pytest.fail(f"waited {seconds} s in vain: {what() if callable(what) else what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A running site and its demo people by role."""

    url: str
    people: dict[str, dict[str, str]]


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@dataclass
class Turn:
    """A running coturn and the secret that it shares with the site."""

    url: str
    secret: str


@contextmanager
def relay(folder: Path, *options: str) -> Iterator[Turn]:
    """A coturn of this machine alone; without options it speaks no TLS."""
    program = shutil.which("turnserver")
    assert program, "Debian's coturn is missing"
    port, secret = free_port(), secrets.token_urlsafe(24)
    with (folder / "turn.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program, "-n", "--use-auth-secret", f"--static-auth-secret={secret}",
                "--realm=remotehelp.example", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
                f"--listening-port={port}", "--allow-loopback-peers", "--no-cli", "--log-file=stdout",
                f"--pidfile={folder}/pid", f"--userdb={folder}/db", *(options or ("--no-tls", "--no-dtls")),
            ],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            until(lambda: listens(port), "the relay listens")
            yield Turn(f"turn:127.0.0.1:{port}", secret)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    with relay(tmp_path_factory.mktemp("turn")) as made:
        yield made


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, turn: Turn) -> Iterator[Site]:
    """`remotehelp up --demo` in a folder of its own, or the site that REMOTEHELP_SITE_VAR points to."""
    if ready := os.environ.get("REMOTEHELP_SITE_VAR"):
        yield _site_of(Path(ready))
        return
    with demo_site(tmp_path_factory.mktemp("site"), turn, turn.url) as made:
        yield made


@contextmanager
def demo_site(folder: Path, turn: Turn, *turn_urls: str, **more: str) -> Iterator[Site]:
    """`remotehelp up --demo` in that folder, which names the relay by these addresses."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = {
        **os.environ,
        "REMOTEHELP_VAR": str(folder),
        "PORT": str(port),
        # Every browser here has the same address; its limit has a test of its own.
        "REMOTEHELP_CODE_TRIES_PER_ADDRESS": "1000",
        # So has that of devices: each desktop of the tests is another device of the same person.
        "REMOTEHELP_DEVICES_PER_PERSON": "1000",
        "REMOTEHELP_TURN_URLS": ",".join(turn_urls),
        "REMOTEHELP_TURN_SECRET": turn.secret,
        **more,
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with (folder / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "remotehelp"), "up", "--demo"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            until(
                lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}"),
                "the site answers",
                60,
            )
            assert process.poll() is None, (folder / "site.log").read_text()
            yield _site_of(folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _site_of(folder: Path) -> Site:
    demo = json.loads((folder / "demo.json").read_text())
    return Site(demo["url"], {person["role"]: person for person in demo["people"]})


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Debian's chromium is missing"
    return found


@pytest.fixture(scope="session")
def helper_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def sharer_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Headful, on the lane's X screen, which it shares without asking for the source."""
    assert os.environ.get("DISPLAY"), "the browser lane needs an X display (tests/lanes.py)"
    browser = playwright.chromium.launch(
        executable_path=chromium,
        headless=False,
        args=[
            *QUIET,
            "--auto-select-desktop-capture-source=Entire screen",
            "--window-position=0,0",
            "--window-size=820,760",
        ],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def denying_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser in which the choice of a screen fails, as when the person presses Cancel."""
    browser = playwright.chromium.launch(
        executable_path=chromium, args=[*QUIET, "--use-fake-ui-for-media-stream=deny"]
    )
    yield browser
    browser.close()


@pytest.fixture
def marker() -> Iterator[Marker]:
    window = Marker(os.environ["DISPLAY"], from_right=260, y=100, edge=200)
    yield window
    window.close()


@dataclass
class Desk:
    """Opens pages signed in as somebody, and notes what their consoles complain about."""

    site: Site
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(
        self, browser: Browser, role: str, *, is_relay_only: bool = False, **options: Any
    ) -> Page:
        if not options.get("no_viewport"):
            options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("locale", "en-GB")
        context = browser.new_context(base_url=self.site.url, **options)
        self.contexts.append(context)
        # The tests hold on to what the page's modules keep to themselves; the page is not changed.
        context.add_init_script(f"window.relayOnly = {str(is_relay_only).lower()};" + OBSERVE)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.goto("/")
        person = self.site.people[role]
        page.locator("input[name=login]").fill(person["sign_in"])
        page.locator("input[name=password]").fill(person["password"])
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/accounts/login" not in url)
        return page

    def close(self) -> None:
        """Closes every page, and fails when one of them complained."""
        for context in self.contexts:
            context.close()
        assert self.complaints == []

    def _hear(self, message: Any) -> None:
        # A refused step is answered 4xx, which the console notes by itself.
        # Chromium asks about the camera when it gathers addresses, although nobody wants one.
        # And htmx notes a request that could not be sent, beside what the page says of it.
        known = (
            "Failed to load resource",
            "Permissions policy violation: camera",
            "htmx:afterRequest",
            "htmx:sendError",
        )
        if message.type == "error" and not message.text.startswith(known):
            self.complaints.append(f"{message.page.url}: {message.text}")


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    made = Desk(site)
    yield made
    made.close()
