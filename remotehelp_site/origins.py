"""Which origin may open a socket: the one that the page itself came from, by Django's rule for forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

App = Callable[[Any, Any, Any], Awaitable[None]]

_PORTS = {"http": "80", "https": "443"}


def header(scope: dict[str, Any], wanted: bytes) -> str:
    """The value of a header that came exactly once, else nothing: nobody chooses which one is believed."""
    values = [value for name, value in scope["headers"] if name == wanted]
    return values[0].decode("latin1") if len(values) == 1 else ""


def _is_secure(scope: dict[str, Any]) -> bool:
    """As `HttpRequest.is_secure`: by the proxy's header where one is set up, else by the connection."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        sent = header(scope, name.removeprefix("HTTP_").replace("_", "-").lower().encode())
        return sent.split(",")[0].strip() == secure
    return bool(scope.get("scheme") == "wss")


def _place(scheme: str, netloc: str) -> tuple[str, str, str]:
    domain, port = split_domain_port(netloc)
    return scheme, domain, port or _PORTS.get(scheme, "")


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Scheme, host and port of the origin are those that the socket was asked at, or are trusted by name.

    A page on another port or a sibling domain carries the same cookie (cookies know no ports), so the host
    alone is not enough.
    """
    origin, host = header(scope, b"origin"), header(scope, b"host")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        asked = urlsplit(origin)
    except ValueError:
        return False
    scheme = "https" if _is_secure(scope) else "http"
    return asked.path == "" and _place(asked.scheme, asked.netloc) == _place(scheme, host)


class OwnOriginOnly:
    """Refuses, before it is accepted, a socket that a page of another origin opens, or that names none."""

    def __init__(self, inner: App) -> None:
        self.inner = inner
        self.refuse: Any = WebsocketDenier.as_asgi()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (self.inner if is_own_origin(scope) else self.refuse)(scope, receive, send)
