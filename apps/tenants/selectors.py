"""What may be read of a tenant and its people."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from allauth.socialaccount.models import SocialApp
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from apps.common.errors import NotFoundError
from apps.tenants.models import Group, Tenant, User, VerifiedDomain

PERMISSIONS = (
    "tenants.manage_settings",
    "tenants.manage_people",
    "tenants.manage_roles",
    "tenants.manage_devices",
    "tenants.manage_licenses",
    "tenants.view_reports",
)


def tenant_of(person: User) -> Tenant:
    """The person's tenant, read fresh; refuses people without one (site operators) and disabled ones."""
    if not person.is_active or person.tenant_id is None:
        raise NotFoundError
    return Tenant.objects.get(pk=person.tenant_id)


def may_administer(person: User, permission: str) -> bool:
    """Whether the person holds an administrative permission on their own tenant.

    Asked with fresh caches: a permission that was taken away is gone with the next question. A site
    operator is nobody's administrator here, superuser or not.
    """
    if not person.is_active or person.tenant_id is None:
        return False
    fresh = User.objects.filter(pk=person.pk, is_active=True).select_related("tenant").first()
    if fresh is None or fresh.is_superuser or fresh.tenant is None:
        return False
    return fresh.has_perm(permission, fresh.tenant)


def people_of(tenant: Tenant) -> QuerySet[User]:
    return User.objects.filter(tenant=tenant)


def person_of(tenant: Tenant, pk: uuid.UUID) -> User:
    """A person of that tenant; anybody else's does not exist (T3)."""
    found = people_of(tenant).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def people_called(tenant: Tenant, said: str, number: int = 10) -> list[User]:
    """The people of the tenant whom somebody means by an address, or by words of a name. An address is one person."""
    said = said.strip()
    people = people_of(tenant)
    if found := list(people.filter(email__iexact=said)[:number]):
        return found
    for word in said.split()[:5]:
        people = people.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        )
    return list(people[:number]) if said else []


def groups_of(tenant: Tenant) -> QuerySet[Group]:
    return Group.objects.filter(tenant=tenant)


def verified_domain_of(person: User) -> str:
    """The tenant's verified domain that the person signs in with, else its primary one, else nothing."""
    domains = list(VerifiedDomain.objects.filter(tenant=person.tenant))
    own = person.email.rpartition("@")[2].lower()
    for domain in domains:
        if domain.name.lower() == own:
            return domain.name
    return domains[0].name if domains else ""


def person_with_picture(actor: User | AnonymousUser, pk: uuid.UUID) -> User:
    """A person of the actor's own tenant who has a picture; for everybody else there is nothing (T3)."""
    if not isinstance(actor, User):
        raise NotFoundError
    person = people_of(tenant_of(actor)).filter(pk=pk).exclude(picture="").first()
    if person is None:
        raise NotFoundError
    return person


def find_organisation_app(address: str) -> SocialApp | None:
    """The sign-in of the organisation to which a work address, or a bare domain, belongs, if it has one.

    The domain only chooses whose sign-in is asked; who belongs to the tenant is said there (T5).
    """
    domain = address.strip().rpartition("@")[2].lower().rstrip(".")
    known = VerifiedDomain.objects.filter(name__iexact=domain).select_related("tenant").first()
    if known is None or known.tenant.directory_id is None:
        return None
    return SocialApp.objects.filter(
        provider="openid_connect", provider_id=known.tenant.slug
    ).first()


@dataclass(frozen=True, slots=True)
class TrustCard:
    """What one side is shown of the other before anything is shared (S3)."""

    person_id: str
    full_name: str
    initials: str
    has_picture: bool
    job_title: str
    company: str
    verified_domain: str


def trust_card_of(person: User) -> TrustCard:
    tenant = person.tenant
    return TrustCard(
        person_id=str(person.pk),
        full_name=person.full_name,
        initials=person.initials,
        has_picture=bool(person.picture),
        job_title=person.job_title,
        company=tenant.name if tenant is not None else "",
        verified_domain=verified_domain_of(person),
    )
