"""Who opened a socket: a page, by its cookie, or the device app, by its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.conf import settings
from django.http import parse_cookie

from apps.tenants.api import bearer_of
from apps.tenants.app_access import find_person

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


class SignedInByToken:
    """Puts `person_id` into the scope by the device app's token alone; without a living one there is no socket."""

    def __init__(self, inner: App) -> None:
        self.inner = inner
        self.refuse: Any = WebsocketDenier.as_asgi()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # Two such headers are as good as none: nobody may choose which of them is believed.
        (value, *more) = _headers(scope, b"authorization")
        token = bearer_of(value) if not more else ""
        person = await database_sync_to_async(find_person)(token) if token else None
        if person is None:
            await self.refuse(scope, receive, send)
        else:
            await self.inner({**scope, "person_id": person.pk}, receive, send)


class Doorway:
    """Pages of ours come with their origin and cookie; the device app with a token, and without an origin.

    Whatever sends an origin has to send one of ours: a token opens no socket from a foreign page.
    """

    def __init__(self, inner: App) -> None:
        self.by_token = SignedInByToken(inner)
        self.of_page = AllowedHostsOriginValidator(SignedIn(inner))
        self.of_page_by_token = AllowedHostsOriginValidator(self.by_token)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        chosen: Any = self.of_page
        if _headers(scope, b"authorization"):
            has_origin = bool(_headers(scope, b"origin"))
            chosen = self.of_page_by_token if has_origin else self.by_token
        await chosen(scope, receive, send)


def _headers(scope: dict[str, Any], wanted: bytes) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == wanted]
