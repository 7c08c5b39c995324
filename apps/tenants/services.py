"""Creating organisations and their people, and changing their switches."""

from __future__ import annotations

import io
import struct
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm, remove_perm
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.common.errors import InvalidError, NotAllowedError, require_valid
from apps.tenants import selectors
from apps.tenants.app_access import revoke_tokens_of
from apps.tenants.claims import DirectoryClaims
from apps.tenants.models import Group, Tenant, User, VerifiedDomain
from apps.tenants.signals import announce_ground_change

PICTURE_EDGE = 256
PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_PIXELS = 50_000_000  # a small file can unpack to gigabytes
# What Pillow raises over broken pictures: its readers have several words for it.
_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    struct.error,
)
OPENID_CONNECT = "openid_connect"
# Entra's endpoints for everybody: their issuer is a template, and they would admit any organisation.
SHARED_DIRECTORIES = frozenset({"common", "organizations", "consumers"})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class NameTakenError(InvalidError):
    code = "name_taken"
    message = _("This name is already used.")


class ForeignDomainError(InvalidError):
    code = "foreign_domain"
    message = _("The address must be in one of the organisation's verified domains.")


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


def require_permission(actor: User, permission: str) -> None:
    """Refuse unless the actor holds that administrative permission on their tenant."""
    if not selectors.may_administer(actor, permission):
        raise NotAllowedError


@transaction.atomic
def create_tenant(
    *, actor: User | None, name: str, domain: str, directory_id: uuid.UUID | None = None
) -> Tenant:
    """A new tenant with its primary verified domain. Its remote help is on, and off in effect until a
    licence is active (T1). `actor` is a site operator, or None on the command line."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    slug = slugify(name)[:60] or slugify(domain)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(name=name, slug=slug, directory_id=directory_id)
            VerifiedDomain.objects.create(tenant=tenant, name=domain.lower(), is_primary=True)
    except IntegrityError as error:
        raise NameTakenError from error
    return tenant


@transaction.atomic
def create_person(
    *,
    actor: User | None,
    tenant: Tenant,
    email: str,
    first_name: str,
    last_name: str,
    job_title: str = "",
    password: str | None = None,
    language: str = "",
) -> User:
    """A local account. Its address is in a verified domain of the tenant (T5) and nobody else's.

    Without a password nobody can sign in until one is set by a one-time link.
    """
    if actor is not None:
        require_permission(actor, "tenants.manage_people")
        if actor.tenant_id != tenant.pk:
            raise NotAllowedError
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidError(fields={"email": " ".join(error.messages)}) from error
    domain = email.rpartition("@")[2]
    if not tenant.domains.filter(name__iexact=domain).exists():
        raise ForeignDomainError(fields={"email": str(ForeignDomainError.message)})
    if User.objects.filter(email__iexact=email, directory_oid="").exists():
        raise NameTakenError(fields={"email": str(NameTakenError.message)})
    person = User(
        tenant=tenant,
        email=email,
        first_name=first_name,
        last_name=last_name,
        job_title=job_title,
        language=language,
    )
    give_first_password(person, password)
    person.save()
    return person


def give_first_password(person: User, password: str | None) -> None:
    """Set the password of an account that is being made; a weak one is refused, none lets nobody sign in."""
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidError(fields={"password": " ".join(error.messages)}) from error
    person.set_password(password)


@transaction.atomic
def create_group(
    *, actor: User | None, tenant: Tenant, name: str, people: Iterable[User] = ()
) -> Group:
    """A directory group with its first people; people of another tenant are refused."""
    if actor is not None:
        require_permission(actor, "tenants.manage_people")
        if actor.tenant_id != tenant.pk:
            raise NotAllowedError
    members = list(people)
    if any(person.tenant_id != tenant.pk for person in members):
        raise NotAllowedError
    try:
        with transaction.atomic():
            group = Group.objects.create(tenant=tenant, name=name)
    except IntegrityError as error:
        raise NameTakenError from error
    group.people.set(members)
    announce_ground_change(tenant.pk)
    return group


@transaction.atomic
def disable_person(*, actor: User, person: User) -> None:
    """Sign the person out for good and end what they have running."""
    require_permission(actor, "tenants.manage_people")
    if person.tenant_id != actor.tenant_id or person.tenant_id is None:
        raise NotAllowedError
    User.objects.filter(pk=person.pk).update(is_active=False)
    revoke_tokens_of(person)
    announce_ground_change(person.tenant_id)


SWITCHES = frozenset(
    {
        "is_remote_help_enabled",
        "are_unenrolled_devices_allowed",
        "is_chat_enabled",
        "is_sign_out_at_end",
        "is_compliance_required",
        "recommended_app_version",
        "mandatory_app_version",
    }
)


@transaction.atomic
def change_settings(*, actor: User, tenant: Tenant, **changes: Any) -> Tenant:
    """Change the tenant's switches (T1, T2, T6, S8). Running sessions are asked about again."""
    require_permission(actor, "tenants.manage_settings")
    if actor.tenant_id != tenant.pk or not changes.keys() <= SWITCHES:
        raise NotAllowedError
    for name, value in changes.items():
        setattr(tenant, name, value)
    require_valid(tenant)
    tenant.save(update_fields=list(changes))
    announce_ground_change(tenant.pk)
    return tenant


def grant_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Make a person an administrator of their own tenant, for these permissions."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    for permission in permissions:
        assign_perm(permission, person, person.tenant)


def revoke_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Take administrative permissions back; those not held are ignored."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    for permission in permissions:
        remove_perm(permission, person, person.tenant)


def set_picture(*, person: User, data: bytes) -> None:
    """Keep a profile picture, decoded and encoded anew, so that nothing but pixels survives."""
    if len(data) > PICTURE_BYTES:
        raise InvalidError(_("The picture is larger than 5 MB."))
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
            if image.width * image.height > PICTURE_PIXELS:
                raise InvalidError(_("The picture has too many pixels. Use a smaller one."))
            image.draft("RGB", (PICTURE_EDGE * 2, PICTURE_EDGE * 2))
            picture = ImageOps.fit(
                ImageOps.exif_transpose(image).convert("RGB"), (PICTURE_EDGE, PICTURE_EDGE)
            )
    except _UNREADABLE as error:
        raise InvalidError(
            _("This is no picture that we can read. Use PNG, JPEG or WebP.")
        ) from error
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85)
    old = person.picture.name
    person.picture.save("picture.webp", ContentFile(out.getvalue()), save=False)
    person.save(update_fields=["picture"])
    _delete_picture_file(person, old)


def remove_picture(*, person: User) -> None:
    """Back to initials; the file goes too."""
    old = person.picture.name
    person.picture = ""
    person.save(update_fields=["picture"])
    _delete_picture_file(person, old)


def _delete_picture_file(person: User, name: str | None) -> None:
    if name:
        storage = person.picture.storage
        transaction.on_commit(lambda: storage.delete(name))


def set_language(*, person: User, language: str) -> None:
    """Remember the language that the person chose; the caller has checked that it is one of ours."""
    User.objects.filter(pk=person.pk).update(language=language)


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
    app, _made = SocialApp.objects.update_or_create(
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
