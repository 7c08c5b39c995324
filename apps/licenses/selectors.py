"""Whether a tenant is licensed, and who has a seat."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
)
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.licenses.models import IN_FORCE, License, LicenseState, Product, Seat
from apps.tenants.models import Group, User
from apps.tenants.selectors import tenant_of


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one product: whether a licence is active, and if not, when a pending one is expected."""

    is_active: bool
    expected_at: datetime | None


def standings(tenant_id: uuid.UUID, at: datetime) -> dict[Product, Standing]:
    """How the tenant stands with each product at that moment. One query."""
    active: set[str] = set()
    expected: dict[str, datetime] = {}
    for license_ in License.objects.filter(tenant_id=tenant_id, cancelled_at__isnull=True):
        state = license_.state_at(at)
        if state in IN_FORCE:
            active.add(license_.product)
        elif state is LicenseState.PENDING:
            known = expected.get(license_.product, license_.activates_at)
            expected[license_.product] = min(known, license_.activates_at)
    return {
        product: Standing(
            is_active=product in active,
            expected_at=None if product in active else expected.get(product),
        )
        for product in Product
    }


def people_with_seat(
    tenant_id: uuid.UUID,
    people_ids: Collection[uuid.UUID],
    at: datetime,
    *,
    since: datetime | None = None,
    or_pending: bool = False,
) -> set[uuid.UUID]:
    """Which of these people hold a seat of an active remote help licence of that tenant.

    Their own, or as a member of a group with seats. `since` counts seats of licences that were in force at
    that moment and have ended since (L3); a seat that was taken back never counts. `or_pending` counts seats
    of licences that become active later. One query.
    """
    ids = list(people_ids)
    in_force = _seats_in_force(tenant_id, at, since=since, or_pending=or_pending)
    own = in_force.filter(person__in=ids).values_list("person_id", flat=True)
    grouped = in_force.filter(group__people__in=ids).values_list("group__people", flat=True)
    return set(own.union(grouped)) & set(ids)


def holders_of_seats(tenant_id: uuid.UUID, at: datetime) -> set[uuid.UUID]:
    """Everybody whom `people_with_seat` would name at that moment. One query."""
    return _holders(_seats_in_force(tenant_id, at))


def holding_seat(tenant_id: uuid.UUID, at: datetime) -> QuerySet[User]:
    """The same people as rows, to narrow a list by; part of its one query."""
    in_force = _seats_in_force(tenant_id, at)
    return User.objects.filter(
        Q(pk__in=in_force.filter(person__isnull=False).values("person"))
        | Q(
            pk__in=Group.people.through.objects.filter(
                group__in=in_force.filter(group__isnull=False).values("group")
            ).values("user")
        ),
        tenant=tenant_id,
    )


def _seats_in_force(
    tenant_id: uuid.UUID,
    at: datetime,
    *,
    since: datetime | None = None,
    or_pending: bool = False,
) -> QuerySet[Seat]:
    after = since or at
    in_force = Seat.objects.filter(
        Q(license__ends_at__isnull=True) | Q(license__ends_at__gt=after),
        Q(license__cancelled_at__isnull=True) | Q(license__cancelled_at__gt=after),
        license__product=Product.REMOTE_HELP,
        license__tenant=tenant_id,
    ).order_by()
    return in_force if or_pending else in_force.filter(license__activates_at__lte=at)


# Whom a seat covers: its person, or each member of its group. A row of the join for each of them.
_HOLDER = Coalesce("person", "group__people", output_field=UUIDField())


def seats_taken(license_: License) -> int:
    """How many different people the licence's seats cover."""
    seats = Seat.objects.filter(license=license_).order_by()
    return int(seats.aggregate(taken=Count(_HOLDER, distinct=True))["taken"])


def _holders(seats: QuerySet[Seat]) -> set[uuid.UUID]:
    """The ids of the people whom these seats cover. One query."""
    own = seats.order_by().filter(person__isnull=False).values_list("person_id", flat=True)
    grouped = seats.order_by().filter(group__people__isnull=False)
    return set(own.union(grouped.values_list("group__people", flat=True)))


def _covering(seats: QuerySet[Seat]) -> tuple[Exists, Exists]:
    """Whether one of these seats covers a person: their own, or through a group. Two conditions, so that a database can
    join against each; as one it would ask for each person anew."""
    return (
        Exists(seats.filter(person=OuterRef("pk"))),
        Exists(seats.filter(group__people=OuterRef("pk"))),
    )


def _not_covered(people: QuerySet[User], seats: QuerySet[Seat]) -> QuerySet[User]:
    own, grouped = _covering(seats)
    return people.filter(~own, ~grouped)


# --- what administrators of licences see -----------------------------------------------------------


def licenses_of(tenant_id: uuid.UUID, state: str = "") -> QuerySet[License]:
    """The tenant's licences, or those in that state, each with `taken`: how many people hold a seat of it."""
    seats = Seat.objects.filter(license=OuterRef("pk")).order_by().values("license")
    number = seats.annotate(number=Count(_HOLDER, distinct=True)).values("number")
    found = License.objects.filter(tenant=tenant_id)
    if state:
        found = found.in_state(LicenseState(state), now())
    return found.annotate(taken=Coalesce(Subquery(number), 0, output_field=IntegerField()))


def licenses_with_seats(tenant_id: uuid.UUID) -> list[License]:
    """The tenant's licences whose seats can be given to people, ended ones too; the newest first, at most 50."""
    found = License.objects.filter(tenant=tenant_id, product=Product.REMOTE_HELP)
    return list(found.order_by("-ordered_at")[:50])


def license_for(actor: User, pk: uuid.UUID) -> License:
    """A licence of the actor's tenant, with `taken`; any other does not exist (T3). Whether the actor may is the door's to
    ask."""
    found = licenses_of(tenant_of(actor).pk).filter(pk=pk).select_related("tenant").first()
    if found is None:
        raise NotFoundError
    return found


def license_state(license_: License) -> dict[str, object]:
    """What the form for a licence shows and asks about again when it is saved."""
    return {
        "quantity": license_.quantity,
        "last_day": license_.last_day,
        "ends_at": license_.ends_at,
    }


def seats_of(license_: License) -> QuerySet[Seat]:
    """The licence's seats, each with `holder`, the name to sort by, and for a group `number_of_people`."""
    members = User.objects.filter(directory_groups=OuterRef("group")).order_by()
    counted = members.values("directory_groups").annotate(number=Count("pk")).values("number")
    return (
        Seat.objects.filter(license=license_)
        .select_related("person", "group")
        .annotate(
            holder=Coalesce("group__name", "person__last_name"),
            number_of_people=Coalesce(Subquery(counted), 0, output_field=IntegerField()),
        )
    )


def seat_for(actor: User, license_id: uuid.UUID, pk: uuid.UUID) -> Seat:
    """A seat of that licence of the actor's tenant; any other does not exist (T3)."""
    found = (
        Seat.objects.filter(license=license_id, license__tenant=tenant_of(actor), pk=pk)
        .select_related("license__tenant", "person", "group")
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


def people_to_seat(license_: License) -> QuerySet[User]:
    """Active people of the tenant who have no seat of this licence, by themselves or through a group."""
    everybody = User.objects.filter(tenant=license_.tenant_id, is_active=True)
    return _not_covered(everybody, Seat.objects.filter(license=license_))


def groups_to_seat(license_: License) -> QuerySet[Group]:
    """Groups of the tenant that have no seats of this licence, each with `number_of_people`."""
    members = User.objects.filter(directory_groups=OuterRef("pk")).order_by()
    counted = members.values("directory_groups").annotate(number=Count("pk")).values("number")
    return (
        Group.objects.filter(tenant=license_.tenant_id)
        .exclude(seats__license=license_)
        .annotate(number_of_people=Coalesce(Subquery(counted), 0, output_field=IntegerField()))
    )


def seats_needed(license_: License, groups: Collection[Group]) -> dict[uuid.UUID, int]:
    """For how many members of each of these groups it would take a seat that they do not have yet. Two queries."""
    holders = _holders(Seat.objects.filter(license=license_))
    members = Group.people.through.objects.filter(group__in=[group.pk for group in groups])
    needed = {group.pk: 0 for group in groups}
    for group_id, person_id in members.values_list("group_id", "user_id"):
        needed[group_id] += person_id not in holders
    return needed


def people_without_seat(
    tenant_id: uuid.UUID, at: datetime, *, is_seat_coming: bool | None = None
) -> QuerySet[User]:
    """Active people who hold no seat of a licence in force, and so can neither help nor be helped (L1); each with
    `is_seat_coming`, whether they hold one of a licence that is pending, and if asked only those who do, or do not."""
    own, grouped = _covering(_seats_in_force(tenant_id, at, or_pending=True))
    coming = Q(own) | Q(grouped)
    everybody = User.objects.filter(tenant=tenant_id, is_active=True)
    found = _not_covered(everybody, _seats_in_force(tenant_id, at))
    if is_seat_coming is not None:
        found = found.filter(coming) if is_seat_coming else found.exclude(coming)
    return found.annotate(is_seat_coming=ExpressionWrapper(coming, BooleanField()))


def people_who_would_lose(seats: QuerySet[Seat], tenant_id: uuid.UUID, at: datetime) -> int:
    """How many active people hold one of these seats, in force now, and no other: without it they could neither help nor be
    helped."""
    these = set(seats.values_list("pk", flat=True))
    lost: set[uuid.UUID] = set()
    kept: set[uuid.UUID] = set()
    holding = _seats_in_force(tenant_id, at).annotate(who=_HOLDER).values_list("pk", "who")
    for seat_id, person_id in holding:
        (lost if seat_id in these else kept).add(person_id)
    lost -= {*kept, None}
    disabled = User.objects.filter(tenant=tenant_id, is_active=False)
    return len(lost.difference(disabled.values_list("pk", flat=True)))
