"""The site's address, and requests to it: one client, limits on everything, never another site."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from remotehelp_app import VERSION
from remotehelp_app.server.errors import ServerError, not_ours, unreachable
from remotehelp_app.texts import gettext as _

_LARGEST: Final = 1_000_000  # bytes of one answer
_TIMEOUT: Final = httpx.Timeout(20, connect=10)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def checked_address(text: str) -> str:
    """The address as origin: https, or http on this machine only. ServerError says what is wrong with another."""
    given = text.strip()
    parts = urlsplit(given if "://" in given else f"https://{given}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.username or parts.password or parts.path.strip("/") or parts.query:
        raise ServerError(
            "bad_address",
            _("This is not the address of a site."),
            _("Enter it as in https://help.example.org"),
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ServerError(
            "insecure_address",
            _("The address has to begin with https://, so that nobody can listen."),
        )
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


class Site:
    """Requests to one site. Redirects are not followed and answers are cut off at a limit."""

    def __init__(self, address: str, language: str = "") -> None:
        self.address = checked_address(address)
        headers = {"User-Agent": f"remotehelp-app/{VERSION}", "Accept": "application/json"}
        if language:
            headers["Accept-Language"] = language
        self.tls = ssl.create_default_context()
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls_version = ""  # of the last answer; empty without TLS
        self._client = httpx.AsyncClient(
            base_url=self.address,
            headers=headers,
            timeout=_TIMEOUT,
            verify=self.tls,
            follow_redirects=False,
        )

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers. ServerError when the site cannot be reached or says too much."""
        try:
            async with self._client.stream(
                method, path, headers=dict(headers or {}), **content
            ) as answer:
                line = answer.extensions["network_stream"].get_extra_info("ssl_object")
                self.tls_version = (line.version() or "") if line is not None else ""
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise not_ours()
                return answer.status_code, bytes(body), answer.headers
        except (httpx.HTTPError, OSError, ssl.SSLError) as error:
            raise unreachable(error) from error

    @property
    def socket_address(self) -> str:
        return self.address.replace("http", "ws", 1)

    async def close(self) -> None:
        await self._client.aclose()
