"""What may be read of a tenant and its people."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

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
