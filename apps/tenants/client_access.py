"""API clients as they ask: OAuth client credentials (RFC 6749, 4.4), spoken by allauth's provider.

Whose a token is, and what it lets do, is asked anew each time; see docs/decisions/api-clients.md.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.contrib.auth.hashers import make_password
from django.db.models import Q

from apps.common.clock import now
from apps.tenants.models import ApiClient, Through, User

SECRET_PREFIX = "rhc_"  # noqa: S105 lets people, and scanners of leaked secrets, see what it is
_USE_NOTED_EVERY = timedelta(minutes=1)


def new_secret() -> str:
    """256 random bits: nobody guesses one."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def make_oauth_client(*, name: str, scopes: list[str], secret: str) -> Client:
    """A confidential client that gets tokens by its secret, and by nothing else."""
    return Client.objects.create(
        name=name,
        secret=make_password(secret),
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS,
        response_types=Client.ResponseType.NONE,
        scopes="\n".join(scopes),
        default_scopes="\n".join(scopes),
    )


def set_secret(client: ApiClient, secret: str | None) -> None:
    """What it signs in with from now on, or nothing; every token that it has is gone."""
    hashed = make_password(secret)
    Client.objects.filter(pk=client.oauth_id).update(secret=hashed)
    Token.objects.filter(client=client.oauth_id).delete()


class _Access(NamedTuple):
    token: Token
    client: ApiClient
    person: User


def _find(value: str) -> _Access | None:
    token = (
        Token.objects.filter(
            type=Token.Type.ACCESS_TOKEN,
            hash=get_adapter().hash_token(value),
            expires_at__gt=now(),
            client__api_client__isnull=False,
        )
        .select_related("client__api_client__acts_for__tenant")
        .first()
    )
    if token is None:
        return None
    client: ApiClient = token.client.api_client
    person = client.acts_for
    if person is None or not person.is_active or person.is_superuser:
        return None
    if person.tenant_id != client.tenant_id or not client.is_usable(now()):
        return None
    return _Access(token, client, person)


def is_good(value: str) -> bool:
    """Whether a token is of a client that may ask. Of one that was just made: the caller takes back what is not."""
    return _find(value) is not None


def find_actor(value: str) -> tuple[User, Token] | None:
    """The person for whom the client with this access token acts, narrowed to what the token is for.

    None for what has run out or was revoked, and once the person is disabled, gone or of another tenant.
    """
    found = _find(value)
    if found is None:
        return None
    client, person = found.client, found.person
    scopes = frozenset(client.scopes) & frozenset(found.token.get_scopes())
    person.through = Through(client.pk, client.name, scopes)
    _note_use(client)
    return person, found.token


def _note_use(client: ApiClient) -> None:
    """To the minute, so that not every question writes."""
    before = now() - _USE_NOTED_EVERY
    ApiClient.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lte=before), pk=client.pk
    ).update(last_used_at=now())
