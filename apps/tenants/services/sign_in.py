"""How people come in: one-time links of local accounts, and the sign-in of organisations."""

from __future__ import annotations

from urllib.parse import urlsplit

from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError, NotAllowedError
from apps.tenants import audit
from apps.tenants.claims import DirectoryClaims
from apps.tenants.models import Act, Tenant, User

OPENID_CONNECT = "openid_connect"
# Entra's endpoints for everybody: their issuer is a template, and they would admit any organisation.
SHARED_DIRECTORIES = frozenset({"common", "organizations", "consumers"})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class DirectoryRefusedError(NotAllowedError):
    code = "directory_refused"
    message = _(
        "Your organisation's sign-in did not say that you belong to this organisation."
        " Sign in with an account of your own organisation, or ask your help desk."
    )


class PersonDisabledError(NotAllowedError):
    code = "person_disabled"
    message = _("This account is disabled. Ask your organisation's administrator.")


class DirectoryAccountError(NotAllowedError):
    code = "directory_account"
    message = _("This account signs in through its organisation and has no password here.")


def require_local_account(person: User) -> None:
    """Refuse for a person of an organisation's directory: their one way in is their organisation."""
    if person.directory_oid:
        raise DirectoryAccountError


def one_time_link_path(person: User) -> str:
    """The path of a page on which this local account's password can be set, once.

    The link dies with the first password that is set, with any sign-in, with a change of the address,
    and after `PASSWORD_RESET_TIMEOUT`.
    """
    require_local_account(person)
    if not person.is_active:
        raise PersonDisabledError
    key = default_token_generator.make_token(person)
    return reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": key}
    )


@transaction.atomic
def admit_from_directory(*, slug: str, claims: DirectoryClaims | None) -> SocialAccount:
    """The account of whoever an organisation's sign-in vouches for, made at the first sign-in.

    `slug` says through whose sign-in they came; it must be the tenant whose directory the claims name.
    The person is found by `(tenant, oid)` only, so a local account with the same address stays what it
    is. Names, address and job title follow the directory at every sign-in; disabled people are refused.
    """
    tenant = Tenant.objects.filter(slug=slug).first()
    if (
        tenant is None
        or claims is None
        or tenant.directory_id is None
        or claims.directory_id != tenant.directory_id
    ):
        raise DirectoryRefusedError
    profile = {
        name: value
        for name in ("first_name", "last_name", "email", "job_title")
        if (value := getattr(claims, name))
    }
    person, is_new = User.objects.get_or_create(
        tenant=tenant,
        directory_oid=claims.oid,
        defaults={**profile, "password": make_password(None)},
    )
    if not person.is_active:
        raise PersonDisabledError
    changed = [name for name, value in profile.items() if getattr(person, name) != value]
    if changed and not is_new:
        for name in changed:
            setattr(person, name, profile[name])
        person.save(update_fields=changed)
    account, _made = SocialAccount.objects.update_or_create(
        provider=slug,
        uid=claims.oid,
        defaults={
            "user": person,
            "extra_data": {"id_token": {"tid": str(claims.directory_id), "oid": claims.oid}},
        },
    )
    return account


@transaction.atomic
def configure_organisation_sign_in(
    *, actor: User | None, tenant: Tenant, client_id: str, secret: str, server_url: str
) -> SocialApp:
    """Set up, or change, how a tenant's people sign in through their own organisation.

    For site operators and the command line only (`actor` None): whoever sets this says whom to believe,
    and the server calls the address. The tenant's directory id has to be known first.
    """
    if actor is not None and not (actor.is_superuser and actor.is_active):
        raise NotAllowedError
    if tenant.directory_id is None:
        raise InvalidError(_("Enter the organisation's directory id first."))
    if tenant.slug == OPENID_CONNECT:
        raise InvalidError(_("Give the organisation another short name first."))
    for name, value in (("client_id", client_id), ("secret", secret)):
        if not value.strip() or len(value) > 191:
            raise InvalidError(fields={name: str(_("Enter what your directory gave you."))})
    app, is_new = SocialApp.objects.update_or_create(
        provider=OPENID_CONNECT,
        provider_id=tenant.slug,
        defaults={
            "name": tenant.name[:40],
            "client_id": client_id.strip(),
            "secret": secret.strip(),
            "settings": {
                "server_url": _server_url(server_url),
                "uid_field": "oid",
                "fetch_userinfo": False,
                "oauth_pkce_enabled": True,
            },
        },
    )
    # That it was set again is worth knowing, though the address may be the same; the secret is nobody's to read.
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED if is_new else Act.CHANGED,
        target=app,
        new={"client_id": app.client_id, "server_url": app.settings["server_url"]},
    )
    return app


def _server_url(value: str) -> str:
    """The issuer's address: https, or plain http to this machine (for trials), and one organisation's own."""
    try:
        parts = urlsplit(value.strip())
        host = parts.hostname or ""
        parts.port  # noqa: B018  # raises when it is no number
    except ValueError as error:
        raise InvalidError(fields={"server_url": str(_("Enter a valid address."))}) from error
    is_trusted = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL_HOSTS)
    if not host or not is_trusted or parts.username or parts.query or parts.fragment:
        raise InvalidError(
            fields={"server_url": str(_("Enter an address that starts with https://."))}
        )
    if SHARED_DIRECTORIES & set(parts.path.lower().split("/")):
        raise InvalidError(
            fields={"server_url": str(_("Enter the address of this one organisation's directory."))}
        )
    return parts.geturl().rstrip("/")
