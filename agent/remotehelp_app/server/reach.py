"""What the app needs of the network, tried out (A6): the site, its sockets, and each STUN and TURN server that it names.

Nobody has to be signed in. A relay is asked for an allocation without a password: that it refuses shows that it is
reached and speaks the protocol (RFC 8489, RFC 8656). Nothing is sent but these questions.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from remotehelp_app import VERSION
from remotehelp_app.server.access import read_json
from remotehelp_app.server.errors import ServerError, not_ours, unreachable
from remotehelp_app.server.site import Site
from remotehelp_app.texts import gettext as _

_SERVERS_LIMIT: Final = 16
_URL_LIMIT: Final = 500
_COOKIE: Final = b"\x21\x12\xa4\x42"  # RFC 8489, 5
_BINDING, _ALLOCATE = 0x0001, 0x0003
_ANSWERS: Final = {_BINDING: (0x0101, 0x0111), _ALLOCATE: (0x0103, 0x0113)}
# REQUESTED-TRANSPORT: UDP (RFC 8656, 18.7).
_WANTS_UDP: Final = bytes.fromhex("0019000411000000")
_LONGEST_ANSWER: Final = 2048
_WITHIN: Final = 6.0
_ASK_AGAIN: Final = (0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was tried, what came of it, and what to do where it did not work. `is_well` None: worth knowing."""

    is_well: bool | None
    name: str
    said: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class IceAddress:
    """One address that a session may use (RFC 7064, RFC 7065)."""

    url: str
    host: str
    port: int
    is_relay: bool
    is_udp: bool
    is_tls: bool


def read_ice_address(url: str) -> IceAddress | None:
    """None where it is no such address."""
    scheme, _colon, rest = url.partition(":")
    if scheme not in ("stun", "stuns", "turn", "turns") or len(url) > _URL_LIMIT:
        return None
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    is_tls = scheme.endswith("s")
    transport = parse_qs(parts.query).get("transport", ["tcp" if is_tls else "udp"])[-1]
    if not host or parts.path or transport not in ("udp", "tcp") or (is_tls and transport == "udp"):
        return None
    is_relay = scheme.startswith("turn")
    default = 5349 if is_tls else 3478
    return IceAddress(url, host, port or default, is_relay, transport == "udp", is_tls)


async def look(address: str) -> list[Finding]:
    """Everything that can be tried from here, in the order in which the app needs it."""
    try:
        site = Site(address)
    except ServerError as error:
        return [Finding(False, address, error.message, error.remedy)]
    try:
        found, urls = await _look_at_site(site)
        if urls is None:
            return found  # without the site there is nothing more to ask
        rest = [_look_at_sign_in(site), _look_at_socket(site), *(_look_at_ice(url) for url in urls)]
        found += await asyncio.gather(*rest)
        if not urls:
            found.append(
                Finding(
                    None,
                    _("The site names no STUN or TURN server."),
                    _("Only people on the same network reach each other."),
                )
            )
        return found
    finally:
        await site.close()


# --- the site ---------------------------------------------------------------------------------------


async def _look_at_site(site: Site) -> tuple[list[Finding], list[str] | None]:
    """And the STUN and TURN servers that it names; None when it is not there."""
    name = _("The site, %(address)s") % {"address": site.address}
    try:
        status, body, _headers = await site.ask("GET", "/reach")
        urls = _named(read_json(body)) if status == 200 else None
        if urls is None:
            raise not_ours()
    except ServerError as error:
        return [Finding(False, name, error.message, _site_remedy(site, error))], None
    if site.tls_version:
        said = _("answers over %(version)s") % {"version": site.tls_version}
        return [Finding(True, name, said)], urls
    return [Finding(None, name, _("answers without TLS, as it may on this machine alone"))], urls


def _named(answer: object) -> list[str] | None:
    urls = answer.get("ice_urls") if isinstance(answer, dict) else None
    if not isinstance(urls, list) or len(urls) > _SERVERS_LIMIT:
        return None
    return urls if all(isinstance(url, str) and len(url) <= _URL_LIMIT for url in urls) else None


def _site_remedy(site: Site, error: ServerError) -> str:
    if error.code != "unreachable":
        return error.remedy
    parts = urlsplit(site.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    said = _("Let this device reach %(host)s by TCP, port %(port)d.")
    return f"{error.remedy} {said % {'host': parts.hostname, 'port': port}}"


async def _look_at_sign_in(site: Site) -> Finding:
    name = _("Signing in from the app")
    try:
        status, _body, _headers = await site.ask("GET", "/.well-known/openid-configuration")
    except ServerError as error:
        return Finding(False, name, error.message, error.remedy)
    if status == 200:
        return Finding(True, name, _("is possible"))
    return Finding(
        False,
        name,
        _("is switched off at this site"),
        _("Ask those who run it to switch the device app on."),
    )


async def _look_at_socket(site: Site) -> Finding:
    """Without a sign-in the site refuses the handshake; what a proxy would make of it looks otherwise."""
    name = _("The site's sockets (WebSocket)")
    blocked = _("A proxy on the way lets no WebSocket through. Let it pass them to this site.")
    try:
        async with asyncio.timeout(_WITHIN):
            line = await connect(
                f"{site.socket_address}/ws/sessions/{uuid.uuid4()}/",
                user_agent_header=f"remotehelp-app/{VERSION}",
                ssl=site.tls if site.address.startswith("https") else None,
                open_timeout=_WITHIN,
            )
            await line.close()
    except InvalidStatus as error:
        status = error.response.status_code
        if status == 403:
            return Finding(True, name, _("are reached"))
        said = _("are answered with the status %(status)d") % {"status": status}
        return Finding(False, name, said, blocked)
    except (OSError, TimeoutError, InvalidHandshake) as error:
        return Finding(False, name, unreachable(error).message, blocked)
    return Finding(False, name, _("are opened to anybody, so this is no Remote Help site"))


# --- STUN and TURN ----------------------------------------------------------------------------------


async def _look_at_ice(url: str) -> Finding:
    address = read_ice_address(url)
    if address is None:
        said = _("is not an address of a STUN or TURN server")
        return Finding(False, url, said, _("Ask those who run the site to mend it."))
    way = "UDP" if address.is_udp else "TLS" if address.is_tls else "TCP"
    what = _("relay") if address.is_relay else _("finds the way")
    name = f"{url} ({what}, {way})"
    ask = _ask_by_udp if address.is_udp else _ask_by_tcp
    try:
        async with asyncio.timeout(_WITHIN):
            is_one = await ask(address)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        return Finding(False, name, _why(error), _ice_remedy(address))
    if is_one:
        return Finding(True, name, _("answers"))
    said = _("something answers there that is no STUN or TURN server")
    return Finding(False, name, said, _("Ask those who run the site."))


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return _("its name cannot be found")
    if isinstance(error, ssl.SSLError):
        return _("its certificate cannot be trusted")
    if isinstance(error, ConnectionRefusedError):
        return _("refuses the connection")
    if isinstance(error, TimeoutError):
        return _("does not answer")
    return _("cannot be reached")


def _ice_remedy(address: IceAddress) -> str:
    way = "UDP" if address.is_udp else "TCP"
    said = _("Let this device reach %(host)s by %(way)s, port %(port)d.")
    return said % {"host": address.host, "way": way, "port": address.port}


def _question(address: IceAddress) -> tuple[bytes, Callable[[bytes], bool]]:
    """A question, and what tells whether something is the answer to it."""
    method = _ALLOCATE if address.is_relay else _BINDING
    more = _WANTS_UDP if address.is_relay else b""
    number = secrets.token_bytes(12)

    def is_answer(data: bytes) -> bool:
        is_ours = len(data) >= 20 and data[4:8] == _COOKIE and data[8:20] == number
        return is_ours and struct.unpack("!H", data[:2])[0] in _ANSWERS[method]

    return struct.pack("!HH", method, len(more)) + _COOKIE + number + more, is_answer


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, is_answer: Callable[[bytes], bool]) -> None:
        self.is_answer = is_answer
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.answer.done():
            self.answer.set_result(self.is_answer(data))

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _ask_by_udp(address: IceAddress) -> bool:
    """Asks up to four times: a packet may get lost."""
    question, is_answer = _question(address)
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Listener(is_answer), remote_addr=(address.host, address.port)
    )
    try:
        for wait in (*_ASK_AGAIN, _WITHIN):
            transport.sendto(question)
            await asyncio.wait([listener.answer], timeout=wait)
            if listener.answer.done():
                break
        return await listener.answer
    finally:
        listener.answer.cancel()
        transport.close()


async def _ask_by_tcp(address: IceAddress) -> bool:
    question, is_answer = _question(address)
    tls = ssl.create_default_context() if address.is_tls else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
    try:
        writer.write(question)
        await writer.drain()
        head = await reader.readexactly(20)
        if struct.unpack("!H", head[2:4])[0] <= _LONGEST_ANSWER:
            return is_answer(head)
        return False
    finally:
        writer.close()
