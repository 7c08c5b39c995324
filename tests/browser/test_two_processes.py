"""Production: two web processes with PostgreSQL and Redis, helper on one and sharer on the other."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, Desk, Site, answers, free_port, until
from tests.browser.marker import Marker
from tests.browser.steps import go_live, until_seen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a production installation on a database of its own."""
    server = os.environ.get("TEST_DATABASE_URL")
    redis = os.environ.get("TEST_REDIS_URL")
    assert server, "this test needs a PostgreSQL (TEST_DATABASE_URL); `make test` starts one"
    assert redis, "this test needs a Redis (TEST_REDIS_URL); `make test` starts one"
    name = f"twin_{secrets.token_hex(6)}"
    base = server.rpartition("/")[0]
    folder = tmp_path_factory.mktemp("production")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "remotehelp_site.settings.production",
                "DATABASE_URL": f"{base}/{name}",
                "DATABASE_POOL": "4",
                "REDIS_URL": redis,
                "SECRET_KEY": secrets.token_urlsafe(64),
                "ALLOWED_HOSTS": "localhost",
                "SECURE_SSL_REDIRECT": "False",  # the test has no certificate; nginx has one
                "STATIC_ROOT": str(folder / "static"),
                "MEDIA_ROOT": str(folder / "media"),
                "REMOTEHELP_VAR": str(folder),
                "LOG_LEVEL": "WARNING",
            }
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def twins(production: dict[str, str]) -> Iterator[tuple[Site, Site]]:
    _run(production, "manage.py", "migrate", "--verbosity", "0")
    _run(production, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    people = json.loads(_run(production, "-m", "tests.browser.twin_seed"))
    processes: list[subprocess.Popen[bytes]] = []
    sites = []
    log = Path(production["REMOTEHELP_VAR"]) / "web.log"
    try:
        with log.open("wb") as out:
            for _ in range(2):
                port = free_port()
                command = [str(Path(sys.executable).parent / "remotehelp"), "web"]
                processes.append(
                    subprocess.Popen(
                        command,
                        cwd=ROOT,
                        env={**production, "PORT": str(port)},
                        stdout=out,
                        stderr=out,
                    )
                )
                site = Site(f"http://localhost:{port}", {p["role"]: p for p in people})
                until(partial(answers, site.url), log.read_text, 60)
                sites.append(site)
        yield sites[0], sites[1]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(20)


def test_helper_and_sharer_on_different_processes_have_a_whole_session(
    twins: tuple[Site, Site], helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    one, other = Desk(twins[0]), Desk(twins[1])
    helper = one.page(helper_browser, "helper")
    sharer = other.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    marker.colour(255, 0, 255)
    until_seen(helper, marker, (255, 0, 255))
    helper.get_by_role("button", name="Chat").click()
    helper.get_by_label("Message", exact=True).fill("Across two processes")
    helper.get_by_role("button", name="Send").click()
    sharer.get_by_role("button", name="Chat").click()
    expect(sharer.get_by_role("log")).to_contain_text("Across two processes")
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_role("heading", name="Hanna Korhonen ended the session.")).to_be_visible()
    for desk in (one, other):
        for context in desk.contexts:
            context.close()
        assert desk.complaints == []
