"""What the device app is to the site: one public OAuth client, and the tokens that it holds for people.

The app signs in as the person (RFC 8628, or RFC 8252 with PKCE); allauth's provider does the talking. Here is whose
a token is, which is asked anew each time, and how tokens end.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.db import transaction
from django.db.models import QuerySet

from apps.common.clock import now
from apps.tenants.models import User
from apps.tenants.signals import announce_app_sign_out

APP_CLIENT_ID = "remotehelp-app"
APP_NAME = "Remote Help"
# `openid` says who signed in; `help` is what the API and the sockets ask for.
OPENID, HELP = "openid", "help"
# Loopback addresses match on any port (RFC 8252, 7.3).
LOOPBACKS = ("http://127.0.0.1/callback", "http://[::1]/callback")
UNUSABLE = "!"  # a hash that no secret has: the client is public
GRANT = "grant"  # in a token's data: all tokens that came from one sign-in share it

_CLIENT = {
    "name": APP_NAME,
    "type": Client.Type.PUBLIC,
    "scopes": f"{OPENID}\n{HELP}",
    "default_scopes": HELP,
    "grant_types": "\n".join(
        (
            Client.GrantType.AUTHORIZATION_CODE,
            Client.GrantType.DEVICE_CODE,
            Client.GrantType.REFRESH_TOKEN,
        )
    ),
    "response_types": Client.ResponseType.CODE,
    "redirect_uris": "\n".join(LOOPBACKS),
    "cors_origins": "",
    "allow_uri_wildcards": False,
    "skip_consent": False,
    "owner_id": None,
}


def ensure_app_client() -> None:
    """The one client is there and is what this version of the site says; after every migrate and flush."""
    client = Client.objects.filter(pk=APP_CLIENT_ID).first()
    if client is None:
        Client.objects.create(pk=APP_CLIENT_ID, secret=UNUSABLE, **_CLIENT)
    elif any(getattr(client, name) != value for name, value in _CLIENT.items()):
        Client.objects.filter(pk=APP_CLIENT_ID).update(secret=UNUSABLE, **_CLIENT)


def bearer_of(header: bytes) -> str | None:
    """The token in an Authorization header; empty if it is no bearer token, None if there is no such header."""
    if not header:
        return None
    scheme, _space, value = header.partition(b" ")
    token = value.strip()
    if scheme.lower() != b"bearer" or not token.isascii() or b" " in token:
        return ""
    return token.decode("ascii")


def find_access(value: str) -> Token | None:
    """The living access token of the app with this value, with its person as they are now.

    None for refresh tokens, other clients, tokens without the scope, and tokens of people who are disabled
    or of no tenant: whatever they hold is worth nothing from that moment.
    """
    token = (
        _living()
        .filter(type=Token.Type.ACCESS_TOKEN, hash=get_adapter().hash_token(value))
        .select_related("user__tenant")
        .first()
    )
    return token if token is not None and HELP in token.get_scopes() else None


def _living() -> QuerySet[Token]:
    found: QuerySet[Token] = Token.objects.filter(
        client=APP_CLIENT_ID,
        expires_at__gt=now(),
        user__is_active=True,
        user__is_superuser=False,
        user__tenant__isnull=False,
    )
    return found


def living_tokens(people_ids: Collection[uuid.UUID]) -> list[tuple[uuid.UUID, str, Any]]:
    """Person, hash and data of each token of the app that these people have and that is worth something. One query."""
    return list(_living().filter(user__in=people_ids).values_list("user_id", "hash", "data"))


def grant_in(data: Any) -> str:
    """Which sign-in a token came from, by what is noted with it; empty where nothing is."""
    return str(data.get(GRANT, "")) if isinstance(data, dict) else ""


def revoke_tokens_of(person: User) -> None:
    """Sign the person's apps out everywhere: disabled, or a new password."""
    Token.objects.filter(user=person).delete()
    announce_app_sign_out(person.pk)


def _locked(value: str) -> Token | None:
    """The app's token with that value. Locked, so that of two refreshes at once the later finds it gone."""
    rows = Token.objects.select_for_update().by_value(value).filter(client=APP_CLIENT_ID)
    token: Token | None = rows.first()
    return token


def begin_refresh(value: str) -> str:
    """The sign-in that a refresh token belongs to; the caller holds a transaction until the answer is made."""
    token = _locked(value)
    return grant_in(token.data) if token is not None else ""


def tie_together(values: list[str], grant: str) -> None:
    """Note of just issued tokens which sign-in they came from, so that one of them can end all."""
    hashes = [get_adapter().hash_token(value) for value in values]
    Token.objects.filter(hash__in=hashes).update(data={GRANT: grant or uuid.uuid4().hex})


@transaction.atomic
def revoke_sign_in(value: str) -> None:
    """End everything that came from the sign-in to which this token of the app belongs; unknown ones are no error."""
    token = _locked(value)
    if token is None or not (grant := grant_in(token.data)):
        return
    Token.objects.filter(client=APP_CLIENT_ID, data__grant=grant).delete()
    if token.user_id is not None:
        announce_app_sign_out(token.user_id)


def forget_expired_tokens() -> int:
    """Delete what has run out and can decide nothing any more; gives the number of rows."""
    number, _of_each = Token.objects.expired().delete()
    return int(number)
