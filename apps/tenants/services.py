"""Creating organisations and their people, and changing their switches."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm, remove_perm
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.common.errors import InvalidError, NotAllowedError
from apps.tenants import selectors
from apps.tenants.models import Group, Tenant, User, VerifiedDomain
from apps.tenants.signals import announce_ground_change

PICTURE_EDGE = 256
PICTURE_BYTES = 5 * 1024 * 1024


class NameTakenError(InvalidError):
    code = "name_taken"
    message = _("This name is already used.")


class ForeignDomainError(InvalidError):
    code = "foreign_domain"
    message = _("The address must be in one of the organisation's verified domains.")


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
    if password is None:
        person.set_unusable_password()
    else:
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise InvalidError(fields={"password": " ".join(error.messages)}) from error
        person.set_password(password)
    person.save()
    return person


@transaction.atomic
def create_group(
    *, actor: User | None, tenant: Tenant, name: str, people: Iterable[User] = ()
) -> Group:
    """A directory group with its first people; people of another tenant are refused."""
    if actor is not None:
        require_permission(actor, "tenants.manage_people")
    members = list(people)
    if any(person.tenant_id != tenant.pk for person in members):
        raise NotAllowedError
    group = Group.objects.create(tenant=tenant, name=name)
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
    tenant.full_clean()
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
            image.draft("RGB", (PICTURE_EDGE * 2, PICTURE_EDGE * 2))
            picture = ImageOps.fit(
                ImageOps.exif_transpose(image).convert("RGB"), (PICTURE_EDGE, PICTURE_EDGE)
            )
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidError(
            _("This is no picture that we can read. Use PNG, JPEG or WebP.")
        ) from error
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85)
    person.picture.save("picture.webp", ContentFile(out.getvalue()), save=False)
    person.save(update_fields=["picture"])


def set_language(*, person: User, language: str) -> None:
    """Remember the language that the person chose; the caller has checked that it is one of ours."""
    User.objects.filter(pk=person.pk).update(language=language)
