"""Who opened a socket: a page, by its cookie, or the device app, by its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.http import parse_cookie

from apps.tenants.app_access import bearer_of, find_access, grant_in
from apps.tenants.signed_in import AppSignIn, SignIn
from remotehelp_site.origins import OwnOriginOnly

App = Callable[[Any, Any, Any], Awaitable[None]]


class SignedIn:
    """Puts `person_id` and `sign_in` into the scope: of whoever is signed in by the cookie, or None.

    Asks what Channels' own stack asks, but keeps neither person nor HTTP session for as long as the socket
    lives, and does not stand between the socket and each message that it sends.
    """

    def __init__(self, inner: App) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        sign_in = await _sign_in(scope)
        person_id = sign_in.person_id if sign_in is not None else None
        await self.inner({**scope, "person_id": person_id, "sign_in": sign_in}, receive, send)


async def _sign_in(scope: dict[str, Any]) -> SignIn | None:
    cookies: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies |= parse_cookie(value.decode("latin1"))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    session = store(cookies.get(settings.SESSION_COOKIE_NAME))
    signed_in_by: Any = {"session": session}
    person = await get_user(signed_in_by)
    if person.pk is None:
        return None
    return SignIn(person.pk, session.session_key or "", session.get(HASH_SESSION_KEY, ""))


class SignedInByToken:
    """Puts `person_id` and `sign_in` into the scope by the device app's token alone; without a living one there is no
    socket. `access_token` is there too, for the proof of the device that may come with it.
    """

    def __init__(self, inner: App) -> None:
        self.inner = inner
        self.refuse: Any = WebsocketDenier.as_asgi()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # Two such headers are as good as none: nobody may choose which of them is believed.
        (value, *more) = _headers(scope, b"authorization")
        token = bearer_of(value) if not more else ""
        sign_in = await database_sync_to_async(_app_sign_in)(token) if token else None
        if sign_in is None:
            await self.refuse(scope, receive, send)
            return
        found = {"person_id": sign_in.person_id, "sign_in": sign_in, "access_token": token}
        await self.inner({**scope, **found}, receive, send)


def _app_sign_in(token: str) -> AppSignIn | None:
    access = find_access(token)
    if access is None:
        return None
    return AppSignIn(access.user_id, grant_in(access.data), access.hash)


class Doorway:
    """Pages of ours come with their origin and cookie; the device app with a token, and without an origin.

    Whatever sends an origin has to send one of ours: a token opens no socket from a foreign page.
    """

    def __init__(self, inner: App) -> None:
        self.by_token = SignedInByToken(inner)
        self.of_page = OwnOriginOnly(SignedIn(inner))
        self.of_page_by_token = OwnOriginOnly(self.by_token)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        chosen: Any = self.of_page
        if _headers(scope, b"authorization"):
            has_origin = bool(_headers(scope, b"origin"))
            chosen = self.of_page_by_token if has_origin else self.by_token
        await chosen(scope, receive, send)


def _headers(scope: dict[str, Any], wanted: bytes) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == wanted]
