"""A real `remotehelp up` in a process of its own, and what to ask it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
# Nothing of the suite's own settings may reach the process.
FOREIGN = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "REMOTEHELP_URL", "PORT", "BIND")


def until(is_so: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition; fail, saying which, when it does not come about."""
    end = time.monotonic() + patience
    waiting = threading.Event()
    while not is_so():
        assert time.monotonic() < end, f"still not so after {patience:.0f} s: {what}"
        waiting.wait(0.05)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(var: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "REMOTEHELP_VAR": str(var), **more}


def remotehelp(var: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `remotehelp` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "remotehelp_site.cli", *arguments],
        cwd=ROOT,
        env=environment(var, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Site:
    """A running site."""

    def __init__(self, var: Path, *arguments: str, **more: str) -> None:
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = var.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "remotehelp_site.cli", "up", *arguments],
                cwd=ROOT,
                env=environment(var, PORT=str(self.port), **more),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.log.read_text()

    def is_well(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310 our own site
                return bool(answer.status == 200)
        except (HTTPError, URLError, ConnectionError, TimeoutError):
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def running_site(var: Path, *arguments: str, **more: str) -> Iterator[Site]:
    site = Site(var, *arguments, **more)
    try:
        until(site.is_well, "the site answers /healthz")
        yield site
    finally:
        site.process.kill()
        site.process.wait(PATIENCE)


class Browser:
    """Just enough of a browser: cookies, forms with their token, the page's own origin."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        with self.opener.open(f"{self.site.url}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, page: str, action: str, **fields: str) -> str:
        """Fill in a form of that page; gives the page that answers."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page))
        assert found, f"no form on {page}"
        body = urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode()
        headers = {"Origin": self.site.url, "Referer": f"{self.site.url}{page}"}
        request = Request(f"{self.site.url}{action}", body, headers)  # noqa: S310 our own site
        with self.opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())

    def sign_in(self, address: str, password: str) -> None:
        page = "/accounts/login/"
        self.post(page, page, login=address, password=password)
        assert any("session" in cookie.name for cookie in self.cookies), "not signed in"

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
