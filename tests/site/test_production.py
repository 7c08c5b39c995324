"""Production as it is deployed: two web processes, a worker and beat, on PostgreSQL and Redis."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.site.running import FOREIGN, PATIENCE, ROOT, free_port, until

pytestmark = pytest.mark.services
HOST = "help.example.org"
ORIGIN = f"https://{HOST}"
PASSWORD = "a password of the suite"
BIN = Path(sys.executable).parent

MAKE_PEOPLE = f"""
from datetime import timedelta
from apps.licenses.models import Product
from apps.licenses.services import assign_seat, order_license
from apps.roles.services import assign_role, help_desk_operator
from apps.tenants.models import User
from apps.tenants.services import change_settings, create_group, create_person, grant_administration
from apps.tenants.models import Tenant
tenant = Tenant.objects.get()
people = [
    create_person(actor=None, tenant=tenant, email=f"{{name}}@woodgrove.example", first_name=name,
                  last_name="Tester", password={PASSWORD!r})
    for name in ("hanna", "sam")
]
grant_administration(actor=None, person=people[0])
change_settings(actor=people[0], tenant=tenant, are_unenrolled_devices_allowed=True)
license_ = order_license(
    actor=None, tenant=tenant, product=Product.REMOTE_HELP, quantity=5, delay=timedelta(0)
)
for person in people:
    assign_seat(actor=None, license_=license_, person=person)
desk = create_group(actor=None, tenant=tenant, name="Desk", people=people[:1])
assign_role(actor=None, tenant=tenant, role=help_desk_operator(), name="All", admin_groups=[desk],
            covers_all_users=True)
"""


@dataclass
class Deployment:
    """What runs, where, and with which environment."""

    env: dict[str, str]
    folder: Path
    ports: list[int] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)

    def stop(self) -> list[int]:
        for process in self.processes:
            process.terminate()
        return [process.wait(PATIENCE) for process in self.processes]


class Visitor:
    """A browser behind the TLS proxy: it speaks to one web process, in the proxy's words."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    @property
    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more = {"Cookie": cookies} if cookies else {}
        return {"Host": HOST, "X-Forwarded-Proto": "https", "Referer": f"{ORIGIN}/", **more}

    def ask(self, method: str, path: str, **fields: str) -> tuple[int, str, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(line):
            form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
            line.request(method, path, urlencode(fields) or None, {**self.headers, **form})
            answer = line.getresponse()
            for header in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = header.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def post(self, page: str, action: str, **fields: str) -> tuple[int, str, str]:
        _status, _where, text = self.ask("GET", page)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert token, text[:500]
        return self.ask("POST", action, csrfmiddlewaretoken=token[1], **fields)

    def sign_in(self, name: str) -> None:
        page = "/accounts/login/"
        self.post(page, page, login=f"{name}@woodgrove.example", password=PASSWORD)
        assert "__Host-session" in self.cookies

    def socket(self, pk: str) -> ClientConnection:
        headers = {name: self.headers[name] for name in ("Cookie", "X-Forwarded-Proto")}
        address = f"ws://{HOST}:{self.port}/ws/sessions/{pk}/"
        return connect(
            address,
            sock=_line_to(self.port),
            origin=Origin(ORIGIN),
            additional_headers=headers,
            compression=None,
        )


def _line_to(port: int):
    import socket

    return socket.create_connection(("127.0.0.1", port), 30)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    server, broker = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if not server or not broker:
        pytest.skip("needs PostgreSQL and Redis: make test LANE=postgresql")
    folder = tmp_path_factory.mktemp("production")
    name = f"production_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    env = {k: v for k, v in os.environ.items() if k not in FOREIGN} | {
        "DJANGO_SETTINGS_MODULE": "remotehelp_site.settings.production",
        "SECRET_KEY": "0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGH",
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": server.rpartition("/")[0] + f"/{name}",
        "REDIS_URL": broker.rpartition("/")[0] + "/7",
        "REMOTEHELP_VAR": str(folder / "var"),
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "REMOTEHELP_TURN_URLS": "turn:turn.example.org",
        "REMOTEHELP_TURN_SECRET": "shared with nobody",
    }
    here = Deployment(env, folder)
    try:
        yield here
    finally:
        for process in here.processes:
            process.kill()
            process.wait(PATIENCE)
        with psycopg.connect(server, autocommit=True) as admin:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(drop.format(sql.Identifier(name)))


def prepare(here: Deployment) -> None:
    """The Procfile's release line, an organisation, then two web processes, a worker and beat."""
    early = here.run("remotehelp", "web", "--port", str(free_port()))
    assert early.returncode == 1
    assert "remotehelp manage migrate" in early.stderr
    for command in (
        ("remotehelp", "manage", "migrate", "--noinput"),
        ("remotehelp", "manage", "collectstatic", "--noinput"),
        ("remotehelp", "create-tenant", "--name", "Woodgrove", "--domain", "woodgrove.example"),
        ("remotehelp", "manage", "shell", "-v", "0", "-c", MAKE_PEOPLE),
    ):
        done = here.run(*command)
        assert done.returncode == 0, done.stderr
    here.ports = [free_port(), free_port()]
    for port in here.ports:
        here.start(f"web-{port}", "remotehelp", "web", "--port", str(port))
    here.start("worker", "celery", "-A", "remotehelp_site", "worker", "--concurrency", "1")
    here.start("beat", "celery", "-A", "remotehelp_site", "beat", "-s", str(here.folder / "beat"))

    def is_well(port: int) -> bool:
        try:
            return Visitor(port).ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    for port in here.ports:
        until(lambda port=port: is_well(port), f"the web process on {port} is well")  # type: ignore[misc]


def next_of(line: ClientConnection, kind: str, **wanted: str) -> dict[str, object]:
    """The next message of that kind; others that come before it are read past."""
    for raw in line:
        message = json.loads(raw)
        if message["type"] == kind and wanted.items() <= message.items():
            return dict(message)
    raise AssertionError(f"the socket ended before {kind}")


def test_a_session_whose_two_sides_are_on_different_processes(deployment: Deployment):
    """Helper on one web process, sharer on the other; Redis carries what each is told (issue 2, part 2)."""
    prepare(deployment)
    first, second = deployment.ports
    hanna, sam = Visitor(first), Visitor(second)
    hanna.sign_in("hanna")
    sam.sign_in("sam")
    _status, _where, page = hanna.post("/give/", "/give/open/")
    code = re.search(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", page)
    pk = re.search(r"/sessions/([0-9a-f-]{36})/", page)
    assert code
    assert pk
    with hanna.socket(pk[1]) as helper_line:
        status, where, text = sam.post("/get/", "/get/redeem/", code=code[0])
        assert (status, where) == (302, f"/sessions/{pk[1]}/"), text[:500]
        next_of(helper_line, "session.changed", state="introduced")
        with sam.socket(pk[1]) as sharer_line:
            next_of(helper_line, "peer.joined")
            action = f"/sessions/{pk[1]}/leave/"
            assert hanna.post(f"/sessions/{pk[1]}/", action)[0] in (200, 302)
            next_of(sharer_line, "session.changed", state="ended")

    def findings() -> dict[str, str]:
        said = deployment.run("remotehelp", "doctor", "--json").stdout
        return {f["name"]: f"{f['outcome']}: {f['said']}" for f in json.loads(said)}

    # Beat's first heartbeat comes after half a minute.
    until(lambda: findings()["beat"].startswith("ok"), "doctor hears beat", 120)
    bad = {name: said for name, said in findings().items() if not said.startswith("ok")}
    assert bad == {}
    codes = deployment.stop()
    assert codes == [0, 0, 0, 0]
