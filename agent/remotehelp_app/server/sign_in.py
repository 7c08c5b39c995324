"""Signing in through the person's own browser: by a loopback address (RFC 8252) or a typed code (RFC 8628)."""

from __future__ import annotations

import asyncio
import hashlib
import html
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from remotehelp_app.server.access import CLIENT, ask_token, read_json
from remotehelp_app.server.errors import ServerError, not_ours
from remotehelp_app.server.proof import b64
from remotehelp_app.server.site import Site
from remotehelp_app.status import SignInPrompt
from remotehelp_app.texts import gettext as _

_DISCOVERY = "/.well-known/openid-configuration"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SCOPE = "openid help"
_WAIT = 600.0  # seconds for the person to sign in
_LONGEST_POLL = 60.0


async def _addresses(site: Site) -> dict[str, Any]:
    """What the site says about itself; every address in it has to be the site's own."""
    status, body, _headers = await site.ask("GET", _DISCOVERY)
    found = read_json(body)
    if status != 200 or not isinstance(found, dict):
        raise not_ours()
    return found


def _own(site: Site, found: dict[str, Any], name: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not address.startswith(f"{site.address}/"):
        raise not_ours()
    return address


async def by_loopback(site: Site, shown: Callable[[SignInPrompt], None]) -> dict[str, Any]:
    """The tokens of whoever signed in. `shown` gets the address to open; ServerError when it came to nothing."""
    authorize = _own(site, await _addresses(site), "authorization_endpoint")
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(
        lambda reader, writer: _answer_browser(reader, writer, state, answer), "127.0.0.1", 0
    )
    async with server:
        back = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"
        challenge = b64(hashlib.sha256(verifier.encode()).digest())
        query = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": back,
            "scope": _SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        shown(SignInPrompt(f"{authorize}?{urlencode(query)}"))
        try:
            code = await asyncio.wait_for(answer, _WAIT)
        except TimeoutError as error:
            raise _not_in_time() from error
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    status, tokens = await ask_token(site, form | {"code_verifier": verifier})
    if status != 200:
        raise _refused()
    return tokens


async def _answer_browser(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    state: str,
    answer: asyncio.Future[str],
) -> None:
    """Reads one request of a browser, and takes the first answer that carries our state."""
    try:
        line = await asyncio.wait_for(reader.readline(), 10)
        status, text = _taken(line[:4096], state, answer)
        page = f"<!doctype html><meta charset=utf-8><title>Remote Help</title><p>{html.escape(text)}</p>"
        body = page.encode()
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\nReferrer-Policy: no-referrer\r\n"
            "Content-Security-Policy: default-src 'none'\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
    except (OSError, TimeoutError, ValueError):
        return  # a browser that went away; it may come again
    finally:
        writer.close()


def _taken(line: bytes, state: str, answer: asyncio.Future[str]) -> tuple[str, str]:
    parts = line.decode("latin1").split()
    asked = urlsplit(parts[1]) if len(parts) == 3 and parts[0] == "GET" else None
    if asked is None or asked.path != "/callback":
        return "404 Not Found", _("There is nothing here.")
    said = {name: values[0] for name, values in parse_qs(asked.query).items()}
    if not secrets.compare_digest(said.get("state", ""), state) or answer.done():
        return "400 Bad Request", _("This sign-in is not the one that the app waits for.")
    if "code" not in said:
        answer.set_exception(_refused())
        return "200 OK", _("The sign-in was cancelled. You can close this page.")
    answer.set_result(said["code"])
    return "200 OK", _("You are signed in. You can close this page and go back to the app.")


async def by_code(site: Site, shown: Callable[[SignInPrompt], None]) -> dict[str, Any]:
    """The tokens of whoever typed the code on any device. `shown` gets the address and the code."""
    found = await _addresses(site)
    path = urlsplit(_own(site, found, "device_authorization_endpoint")).path
    status, body, _headers = await site.ask(
        "POST", path, data={"client_id": CLIENT, "scope": "help"}
    )
    begun = read_json(body)
    if status != 200 or not isinstance(begun, dict):
        raise not_ours()
    texts = [begun.get(name) for name in ("device_code", "user_code", "verification_uri")]
    if not all(isinstance(text, str) and 0 < len(text) < 2000 for text in texts):
        raise not_ours()
    device_code, user_code, address = (str(text) for text in texts)
    shown(SignInPrompt(address, user_code))
    return await _poll(site, device_code, begun)


async def _poll(site: Site, device_code: str, begun: dict[str, Any]) -> dict[str, Any]:
    """RFC 8628, 3.5."""
    wait = begun.get("interval", 5)
    wait = float(wait) if type(wait) is int and 0 < wait <= _LONGEST_POLL else 5.0
    until = asyncio.get_running_loop().time() + _WAIT
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(wait)
        try:
            status, answer = await ask_token(
                site, {"grant_type": _DEVICE_GRANT, "device_code": device_code}
            )
        except ServerError as error:
            if not error.is_temporary:
                raise
            continue
        if status == 200:
            return answer
        if answer.get("error") == "slow_down":
            wait = min(_LONGEST_POLL, wait + 5)
        elif answer.get("error") != "authorization_pending":
            raise _refused()
    raise _not_in_time()


def _refused() -> ServerError:
    return ServerError(
        "sign_in_refused",
        _("The sign-in did not come about."),
        _("Try again, and confirm it in the browser."),
    )


def _not_in_time() -> ServerError:
    return ServerError(
        "sign_in_timed_out",
        _("Nobody signed in within ten minutes."),
        _("Try again when you are ready."),
    )
