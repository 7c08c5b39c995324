"""What may be read of a tenant and its people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialApp
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermission

from apps.common.errors import InvalidError, NotFoundError
from apps.tenants.models import (
    ApiClient,
    AuditEntry,
    DomainClaim,
    Group,
    Tenant,
    User,
    VerifiedDomain,
)
from apps.tenants.rights import MAKES_ADMINISTRATORS, RIGHTS

PERMISSIONS = tuple(RIGHTS)


def tenant_of(person: User) -> Tenant:
    """The person's tenant, read fresh; refuses people without one (site operators) and disabled ones."""
    if not person.is_active or person.tenant_id is None:
        raise NotFoundError
    return Tenant.objects.get(pk=person.tenant_id)


def permissions_held(person: User) -> frozenset[str]:
    """The administrative permissions that the person holds on their own tenant. One query.

    Asked of the table itself, past all caches: what was taken away is gone with the next question. A site
    operator is nobody's administrator here, superuser or not. Through an API client, only what that has of it.
    """
    if not person.is_active or person.tenant_id is None:
        return frozenset()
    rows = UserObjectPermission.objects.filter(
        user=person.pk,
        user__is_active=True,
        user__is_superuser=False,
        user__tenant=person.tenant_id,
        object_pk=str(person.tenant_id),
        permission__content_type__app_label="tenants",
        permission__content_type__model="tenant",
    )
    held = {f"tenants.{name}" for name in rows.values_list("permission__codename", flat=True)}
    narrowed = held if person.through is None else held & person.through.scopes
    return frozenset(narrowed & set(PERMISSIONS))


def may_administer(person: User, permission: str) -> bool:
    """Whether the person holds an administrative permission on their own tenant, asked afresh."""
    return permission in permissions_held(person)


def _held_on(tenant_id: uuid.UUID) -> QuerySet[UserObjectPermission]:
    rows: QuerySet[UserObjectPermission] = UserObjectPermission.objects.filter(
        object_pk=str(tenant_id),
        permission__content_type__app_label="tenants",
        permission__content_type__model="tenant",
    ).order_by()
    return rows


def holders_of_rights(tenant_id: uuid.UUID) -> QuerySet[UserObjectPermission, Any]:
    """The ids of everybody who holds an administrative permission on the tenant, for other queries: few, of many people."""
    return _held_on(tenant_id).values("user")


def administrators_of(tenant_id: uuid.UUID) -> QuerySet[User]:
    """Everybody who holds an administrative permission on the tenant, disabled people too; each with
    `number_of_rights`."""
    own = _held_on(tenant_id).filter(user=OuterRef("pk"))
    counted = own.values("user").annotate(number=Count("permission")).values("number")
    # First who, then how many: asked of everybody, the numbers take a second in a large tenant.
    return User.objects.filter(tenant=tenant_id, pk__in=holders_of_rights(tenant_id)).annotate(
        number_of_rights=Coalesce(Subquery(counted), 0)
    )


def full_administrators(tenant_id: uuid.UUID) -> QuerySet[User]:
    """Active people who hold every permission on the tenant."""
    active = administrators_of(tenant_id).filter(is_active=True, is_superuser=False)
    return active.filter(Q(number_of_rights=len(PERMISSIONS)))


def holders_of(tenant_id: uuid.UUID, permission: str) -> QuerySet[User]:
    """The active people who hold that administrative permission on the tenant, by name."""
    rows = UserObjectPermission.objects.filter(
        user=OuterRef("pk"),
        object_pk=str(tenant_id),
        permission__content_type__app_label="tenants",
        permission__content_type__model="tenant",
        permission__codename=permission.removeprefix("tenants."),
    )
    active = User.objects.filter(tenant=tenant_id, is_active=True, is_superuser=False)
    return active.filter(Exists(rows)).order_by("last_name", "first_name", "id")


def rights_of(people: Iterable[User]) -> dict[uuid.UUID, frozenset[str]]:
    """The rights of these people on their own tenants, those of disabled ones too. One query."""
    tenants = {person.pk: str(person.tenant_id) for person in people}
    rows = UserObjectPermission.objects.filter(
        user__in=list(tenants),
        permission__content_type__app_label="tenants",
        permission__content_type__model="tenant",
    ).values_list("user_id", "object_pk", "permission__codename")
    held: dict[uuid.UUID, set[str]] = {}
    for person_id, tenant_id, codename in rows:
        if tenants[person_id] == tenant_id:
            held.setdefault(person_id, set()).add(f"tenants.{codename}")
    return {person_id: frozenset(rights) for person_id, rights in held.items()}


def administration_state(person: User) -> dict[str, object]:
    """What the form for somebody's rights shows and asks about again when it is saved."""
    return {"rights": sorted(rights_of([person]).get(person.pk, ()))}


PROFILE = ("email", "first_name", "last_name", "job_title", "language")


def profile_state(person: User) -> dict[str, object]:
    """What the form for somebody's profile shows and asks about again when it is saved."""
    return {name: getattr(person, name) for name in PROFILE}


def group_state(group: Group) -> dict[str, object]:
    """What the form for a group shows and asks about again when it is saved."""
    return {"name": group.name, "description": group.description}


def api_clients_of(actor: User) -> QuerySet[ApiClient]:
    """The API clients of the actor's tenant, for whoever makes administrators there."""
    if not may_administer(actor, MAKES_ADMINISTRATORS):
        return ApiClient.objects.none()
    return ApiClient.objects.filter(tenant=actor.tenant_id).select_related("acts_for", "tenant")


def api_client_for(actor: User, pk: uuid.UUID) -> ApiClient:
    """One of them; anybody else's does not exist (T3)."""
    found = api_clients_of(actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


SETTINGS = (
    "is_remote_help_enabled",
    "are_unenrolled_devices_allowed",
    "is_chat_enabled",
    "is_sign_out_at_end",
    "code_valid_minutes",
    "longest_session_minutes",
    "recommended_app_version",
    "mandatory_app_version",
    "is_compliance_required",
)


def settings_state(tenant: Tenant) -> dict[str, object]:
    """What the form for the settings shows and asks about again when it is saved."""
    groups = tenant.compliance_groups.order_by("pk").values_list("pk", flat=True)
    values: dict[str, object] = {name: getattr(tenant, name) for name in SETTINGS}
    return {**values, "compliance_groups": [str(pk) for pk in groups]}


def compliance_is_required(
    tenant: Tenant, *, person_id: uuid.UUID | None, covers_device: Q | None = None
) -> bool:
    """Whether the policy *require a compliant device* covers this person as a sharer, or a device.

    `covers_device` are the groups that a device is in, which this app cannot know. Without groups it covers all.
    """
    if not tenant.is_compliance_required:
        return False
    groups = tenant.compliance_groups.all()
    covers = covers_device if covers_device is not None else Q()
    if person_id is not None:
        covers = covers | Q(people=person_id) if covers else Q(people=person_id)
    if covers and groups.filter(covers).exists():
        return True
    return not groups.exists()


def last_change_of(row: Model) -> tuple[str, datetime | None]:
    """Who changed that thing last, as far as the audit log still names people, and when."""
    entry = AuditEntry.objects.filter(target_key=str(row.pk)).order_by("-at", "-number").first()
    if entry is None:
        return "", None
    return str((entry.names or {}).get("actor", "")), entry.at


def person_for(actor: User, pk: uuid.UUID) -> User:
    """A person of the actor's tenant; somebody else's does not exist (T3). Whether the actor may is the door's to ask."""
    person = User.objects.filter(tenant=actor.tenant_id, pk=pk).select_related("tenant").first()
    if person is None or actor.tenant_id is None:
        raise NotFoundError
    return person


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


def group_for(actor: User, pk: uuid.UUID) -> Group:
    """A group of the actor's tenant; any other does not exist (T3). Whether the actor may is the door's to ask."""
    found = groups_of(tenant_of(actor)).select_related("tenant").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def people_by(tenant: Tenant, ids: Iterable[uuid.UUID]) -> list[User]:
    """The tenant's people with these ids; one that is not there, or another tenant's, is not found (T3)."""
    wanted = set(ids)
    found = list(people_of(tenant).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise NotFoundError
    return found


def groups_named(tenant: Tenant, ids: Iterable[uuid.UUID], field: str) -> list[Group]:
    """The groups with these ids; says of `field` that there is no such group if one is not of this tenant (T3)."""
    wanted = set(ids)
    found = list(groups_of(tenant).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise InvalidError(fields={field: str(_("There is no such group."))})
    return found


def groups_by(tenant: Tenant, ids: Iterable[uuid.UUID]) -> list[Group]:
    """The tenant's groups with these ids; one that is not there, or another tenant's, is not found (T3)."""
    wanted = set(ids)
    found = list(groups_of(tenant).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise NotFoundError
    return found


def domains_of(tenant: Tenant) -> QuerySet[VerifiedDomain]:
    """The tenant's verified domains, the primary one first; each with `number_of_people`, whose local accounts have an
    address in it."""
    people = (
        User.objects.filter(
            tenant=OuterRef("tenant"),
            directory_oid="",
            email__iendswith=Concat(Value("@"), OuterRef("name")),
        )
        .order_by()
        .values("tenant")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return VerifiedDomain.objects.filter(tenant=tenant).annotate(
        number_of_people=Coalesce(Subquery(people), 0)
    )


def domain_named(tenant: Tenant, name: str) -> VerifiedDomain:
    """A verified domain of that tenant; any other does not exist (T3)."""
    found = domains_of(tenant).filter(name__iexact=name).first()
    if found is None:
        raise NotFoundError
    return found


def claims_of(tenant: Tenant) -> QuerySet[DomainClaim]:
    """The domains that the tenant has entered and not proved yet."""
    return DomainClaim.objects.filter(tenant=tenant)


def claim_for(actor: User, pk: uuid.UUID) -> DomainClaim:
    """A claim of the actor's tenant; any other does not exist (T3)."""
    found = claims_of(tenant_of(actor)).select_related("tenant").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


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
