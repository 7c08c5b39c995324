"""`remotehelp-app doctor` looks at the network (A6): a real site, over TLS too, a real relay, and ports that are closed."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from remotehelp_app.server.reach import read_ice_address

from tests.browser.conftest import Turn
from tests.desktop.certificates import certificate
from tests.desktop.desk import APP
from tests.site.running import Site, free_port, running_site

pytestmark = pytest.mark.desktop


@contextmanager
def silent_port() -> Iterator[int]:
    """A UDP port that hears everything and says nothing, as behind a firewall that drops."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        yield int(line.getsockname()[1])


@pytest.fixture(scope="module")
def place(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, list[str]]]:
    """A running site, and the STUN and TURN servers that it names."""
    closed = free_port()
    relay = turn.url.removeprefix("turn:")
    with silent_port() as silent:
        stun = [f"stun:{relay}"]
        turns = [
            f"turn:{relay}?transport=udp",
            f"turn:{relay}?transport=tcp",
            f"turn:127.0.0.1:{closed}?transport=udp",
            f"turn:127.0.0.1:{closed}?transport=tcp",
            f"turn:127.0.0.1:{silent}?transport=udp",
            "turn:nowhere.invalid:3478?transport=tcp",
        ]
        with running_site(
            tmp_path_factory.mktemp("reach") / "var",
            "--demo",
            REMOTEHELP_STUN_URLS=",".join(stun),
            REMOTEHELP_TURN_URLS=",".join(turns),
            REMOTEHELP_TURN_SECRET=turn.secret,
        ) as site:
            yield site, [*stun, *turns]


def doctor(address: str, folder: Path, **more: str) -> tuple[int, dict[str, str]]:
    """The exit code, and each line by what it is about."""
    done = subprocess.run(
        [str(APP), *(("--server", address) if address else ()), "doctor"],
        env={
            **os.environ,
            "LANGUAGE": "en",
            "XDG_STATE_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            **more,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    lines = [line for line in done.stdout.splitlines() if line[:1] in "✓✗!"]
    return done.returncode, {line[3:].rsplit(": ", 1)[0]: line for line in lines}


def line_of(lines: dict[str, str], beginning: str) -> str:
    (found,) = [line for line in lines.values() if line[3:].startswith(beginning)]
    return found


def test_each_part_of_the_way_is_tried_and_said(place: tuple[Site, list[str]], tmp_path: Path):
    site, (stun, udp, tcp, no_udp, no_tcp, silent, nowhere) = place
    code, lines = doctor(site.url, tmp_path)
    assert code == 1
    assert line_of(lines, "The site, http://127.0.0.1").startswith("! ")  # no TLS, which is said
    for well in ("Signing in from the app", "The site's sockets", stun, udp, tcp):
        assert line_of(lines, well).startswith("✓ "), lines
    for closed, way in ((no_udp, "UDP"), (no_tcp, "TCP")):
        said = line_of(lines, closed)
        assert said.startswith("✗ ")
        assert "refuses the connection" in said
        assert f"Let this device reach 127.0.0.1 by {way}, port" in said
    assert "does not answer" in line_of(lines, silent)
    assert "its name cannot be found" in line_of(lines, nowhere)


def test_a_site_that_is_not_there_is_said_with_what_to_do(tmp_path: Path):
    port = free_port()
    code, lines = doctor(f"http://127.0.0.1:{port}", tmp_path)
    assert code == 1
    said = line_of(lines, "The site, ")
    assert "cannot be reached" in said
    assert f"Let this device reach 127.0.0.1 by TCP, port {port}" in said


def test_another_site_is_not_taken_for_ours(tmp_path: Path):
    with answering(lambda: None) as port:
        code, lines = doctor(f"http://127.0.0.1:{port}", tmp_path)
    assert code == 1
    assert "✗" in line_of(lines, "The site, ")


def test_without_a_site_the_rest_is_looked_at_and_how_to_name_one_is_said(tmp_path: Path):
    _code, lines = doctor("", tmp_path)
    assert "remotehelp-app --server" in line_of(lines, "No site is set")


# --- over TLS -------------------------------------------------------------------------------------------


@contextmanager
def answering(make_tls, behind: int = 0) -> Iterator[int]:
    """A listener with that TLS, that passes everything on to the port behind it, or says what no site says."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not behind:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                return
            there, back = await asyncio.open_connection("127.0.0.1", behind)
            await asyncio.gather(pump(reader, back), pump(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    starting = asyncio.start_server(serve, "127.0.0.1", 0, ssl=make_tls())
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)

    async def stop() -> None:
        server.close()
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def test_the_version_of_tls_is_said_and_an_old_one_or_a_false_certificate_is_refused(
    place: tuple[Site, list[str]], tmp_path: Path
):
    site, _urls = place
    path = certificate(tmp_path)

    def modern() -> ssl.SSLContext:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(path)
        return tls

    def old() -> ssl.SSLContext:
        tls = modern()
        tls.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            tls.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            tls.maximum_version = ssl.TLSVersion.TLSv1_1
        return tls

    with answering(modern, site.port) as port:
        address = f"https://127.0.0.1:{port}"
        _code, lines = doctor(address, tmp_path, SSL_CERT_FILE=str(path))
        assert "✓  The site, " in line_of(lines, "The site, ")
        assert "answers over TLSv1." in line_of(lines, "The site, ")
        assert line_of(lines, "The site's sockets").startswith("✓ ")
        # Nobody vouches for this certificate.
        _code, lines = doctor(address, tmp_path)
        assert "certificate cannot be trusted" in line_of(lines, "The site, ")
    with answering(old, site.port) as port:
        _code, lines = doctor(f"https://127.0.0.1:{port}", tmp_path, SSL_CERT_FILE=str(path))
        assert "does not speak TLS 1.2 or later" in line_of(lines, "The site, ")


def test_addresses_of_relays_are_read_as_their_standards_say():
    found = read_ice_address("turns:relay.example.org")
    assert found is not None
    assert (found.port, found.is_udp, found.is_tls, found.is_relay) == (5349, False, True, True)
    found = read_ice_address("stun:[::1]:99")
    assert found is not None
    assert (found.host, found.port, found.is_udp, found.is_relay) == ("::1", 99, True, False)
    for wrong in (
        *("", "http://a", "turn:", "turn:a:b", "turn:a:99999", "turn:a?transport=sctp"),
        *("stun:a/b", "turn:" + "a" * 600),
    ):
        assert read_ice_address(wrong) is None, wrong
