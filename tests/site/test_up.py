"""`remotehelp up` as a real process."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.site.running import Browser, Site, remotehelp, running_site, until

EXPIRE = """
from datetime import timedelta
from apps.common.clock import now
from apps.sessions.models import HelpSession
from apps.sessions.services import open_session
from apps.tenants.models import User
opened = open_session(actor=User.objects.get(email="hanna@contoso.example"))
HelpSession.objects.filter(pk=opened.session.pk).update(expires_at=now() - timedelta(seconds=1))
print("id", opened.session.pk.hex)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("demo") / "var", "--demo") as site:
        yield site


def sign_in_as(site: Site, role: str) -> Browser:
    people = json.loads((site.var / "demo.json").read_text())["people"]
    (one,) = [person for person in people if person["role"] == role]
    browser = Browser(site)
    browser.sign_in(one["sign_in"], one["password"])
    return browser


def test_the_demo_prints_its_address_and_sign_ins(site: Site):
    content = json.loads((site.var / "demo.json").read_text())
    assert content["url"] == site.url
    until(lambda: "demo.json" in site.said(), "the sign-ins are printed")
    for text in (site.url, *(p["password"] for p in content["people"])):
        assert text in site.said()


def test_beat_ticks_inside_the_one_process(site: Site):
    """A waiting session whose time ran out is ended by the embedded worker; nobody looks at it."""
    made = remotehelp(site.var, "manage", "shell", "-c", EXPIRE)
    assert made.returncode == 0, made.stderr
    (pk,) = [line.split()[1] for line in made.stdout.splitlines() if line.startswith("id ")]

    def is_ended() -> bool:
        with sqlite3.connect(site.var / "remotehelp.sqlite3", timeout=20) as database:
            sql = "SELECT state, end_reason FROM help_sessions_helpsession WHERE id = ?"
            return bool(database.execute(sql, [pk]).fetchone() == ("ended", "expired"))

    until(is_ended, "the expired session has ended")


def test_a_frame_over_64_kib_closes_the_socket(site: Site):
    """The limit holds in the protocol, before the message is read whole."""
    helper = sign_in_as(site, "helper")
    found = re.search(r"/sessions/([0-9a-f-]{36})/", helper.post("/give/", "/give/open/"))
    assert found
    socket_url = f"ws://127.0.0.1:{site.port}/ws/sessions/{found[1]}/"
    headers = {"Cookie": helper.cookie_header}
    with connect(socket_url, origin=Origin(site.url), additional_headers=headers) as line:
        assert line.response is not None
        assert "Sec-WebSocket-Extensions" not in line.response.headers
        line.send("x" * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            list(line)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_a_second_process_on_the_same_folder_is_refused(site: Site):
    second = remotehelp(site.var, "up", PORT="0")
    assert second.returncode == 2  # argparse: no port
    second = remotehelp(site.var, "up", "--port", str(free_neighbour()))
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert second.stderr.count("\n") == 1


def free_neighbour() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_one_clear_line(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = remotehelp(tmp_path / "var", "up", PORT=port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"remotehelp: Cannot listen on 127.0.0.1 port {port}")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    refused = remotehelp(tmp_path / "file" / "var", "up", "--port", str(free_neighbour()))
    assert refused.returncode == 1
    assert "REMOTEHELP_VAR" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_database_that_is_none_is_one_clear_line(tmp_path: Path):
    var = tmp_path / "var"
    var.mkdir()
    (var / "remotehelp.sqlite3").write_text("this is no database at all" * 100)
    refused = remotehelp(var, "up", "--port", str(free_neighbour()))
    assert refused.returncode == 1
    assert refused.stderr.startswith("remotehelp: The database does not answer")
    assert refused.stderr.count("\n") == 1


def test_production_settings_are_not_for_up_and_embedded_ones_not_for_web(tmp_path: Path):
    production = remotehelp(
        tmp_path, "up", "--demo", DJANGO_SETTINGS_MODULE="remotehelp_site.settings.production"
    )
    assert production.returncode == 1
    assert "remotehelp web" in production.stderr
    embedded = remotehelp(
        tmp_path,
        "web",
        *("--port", str(free_neighbour())),
        DJANGO_SETTINGS_MODULE="remotehelp_site.settings.embedded",
    )
    assert embedded.returncode == 1
    assert "remotehelp up" in embedded.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_stops_in_good_order(tmp_path: Path, number: signal.Signals):
    with running_site(tmp_path / "var") as site:
        assert site.stop(number) == 0
        assert "Traceback" not in site.said()
