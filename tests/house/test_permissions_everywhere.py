"""No address and no socket without a row in the table of doors, or a written reason (house.md 2.11)."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
from channels.security.websocket import WebsocketDenier
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from apps.sessions.routing import websocket_urlpatterns
from tests.doors.table import DOORS, EXEMPT, SOCKETS


def _routes(patterns: Any, namespace: str = "", prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            name = namespace + (pattern.name or f"unnamed:{where}")
            yield name, pattern.callback
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern.url_patterns, inner, where)


ROUTES = list(_routes(get_resolver().url_patterns))
TABLED = {door.name for door in DOORS}


def _is_exempt(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in EXEMPT)


def test_every_address_has_a_row_or_a_reason():
    missing = sorted(
        {name for name, _view in ROUTES if name not in TABLED and not _is_exempt(name)}
    )

    assert missing == [], "add a row to tests/doors/table.py, or a reason to its EXEMPT"


def test_every_row_and_every_reason_is_about_an_address_that_exists():
    names = {name for name, _view in ROUTES}

    assert names >= TABLED
    for pattern, reason in EXEMPT.items():
        assert any(fnmatch(name, pattern) for name in names), f"{pattern} exempts nothing"
        assert len(reason) > 20
        assert not any(fnmatch(name, pattern) for name in TABLED), f"{pattern} hides a row"


def test_every_socket_has_a_row():
    named = {pattern.name for pattern in websocket_urlpatterns if pattern.name}
    rest = [pattern.callback for pattern in websocket_urlpatterns if not pattern.name]

    assert named == set(SOCKETS)
    assert all(consumer.consumer_class is WebsocketDenier for consumer in rest)


def test_both_methods_of_an_api_address_have_a_row():
    tabled = {(door.name, door.method) for door in DOORS}
    for name, view in ROUTES:
        cls = getattr(view, "cls", None)
        if name not in TABLED or cls is None or not issubclass(cls, APIView):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(cls, method):
                assert (name, method.upper()) in tabled, f"{method.upper()} {name} has no row"


def test_every_view_of_the_api_says_whom_it_is_for():
    views = [(name, view.cls) for name, view in ROUTES if name.startswith("api:")]

    assert len(views) > 10
    for name, cls in views:
        assert cls.audience, f"{name} declares no audience and is refused to everybody"


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/key/",
        "/accounts/password/set/",
        "/accounts/login/code/confirm/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/signup/",
        "/accounts/social/connections/",
        "/accounts/social/signup/",
        "/accounts/oidc/contoso/login/",
    ],
)
def test_what_is_walled_up_is_nothing_to_everybody(address, hanna):
    signed_in = Client()
    signed_in.force_login(hanna)
    for client in (Client(), signed_in):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
