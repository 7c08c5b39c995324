"""Who opened a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from django.conf import settings
from django.http import parse_cookie

App = Callable[[Any, Any, Any], Awaitable[None]]


class SignedIn:
    """Puts `person_id` into the scope: of whoever is signed in by the cookie, or None.

    Asks what Channels' own stack asks, but keeps neither person nor HTTP session for as long as the socket
    lives, and does not stand between the socket and each message that it sends.
    """

    def __init__(self, inner: App) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.inner({**scope, "person_id": await _person_id(scope)}, receive, send)


async def _person_id(scope: dict[str, Any]) -> Any:
    cookies: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies |= parse_cookie(value.decode("latin1"))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    signed_in_by: Any = {"session": store(cookies.get(settings.SESSION_COOKIE_NAME))}
    return (await get_user(signed_in_by)).pk
