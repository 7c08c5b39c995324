"""People with accounts of their own, and groups of people."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError, NotAllowedError
from apps.tenants import audit
from apps.tenants.app_access import revoke_tokens_of
from apps.tenants.memberships import require_memberships_fit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.selectors import tenant_of
from apps.tenants.services.administrators import (
    require_not_last,
    require_outranks,
    require_permission,
)
from apps.tenants.services.organisations import NameTakenError
from apps.tenants.signals import announce_ground_change


class ForeignDomainError(InvalidError):
    code = "foreign_domain"
    message = _("The address must be in one of the organisation's verified domains.")


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
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=person,
        new=audit.state_of(person, "email", "first_name", "last_name", "job_title"),
    )
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
    require_memberships_fit([group])
    announce_ground_change(tenant.pk)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=group,
        new={"people": members},
        names_people=True,
    )
    return group


@transaction.atomic
def disable_person(*, actor: User, person: User) -> None:
    """Sign the person out for good and end what they have running."""
    require_permission(actor, "tenants.manage_people")
    if person.tenant_id != actor.tenant_id or person.tenant_id is None:
        raise NotAllowedError
    require_outranks(actor, person)
    require_not_last(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    revoke_tokens_of(person)
    announce_ground_change(person.tenant_id)
    audit.record(actor=actor, tenant=tenant_of(actor), act=Act.DISABLED, target=person)


def set_language(*, person: User, language: str) -> None:
    """Remember the language that the person chose; the caller has checked that it is one of ours."""
    User.objects.filter(pk=person.pk).update(language=language)
