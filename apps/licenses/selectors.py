"""Whether a tenant is licensed, and who has a seat."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.licenses.models import License, LicenseState, Product, Seat
from apps.tenants.models import User


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
        if state is LicenseState.ACTIVE:
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
    in_force = _seats_in_force(tenant_id, at)
    own = in_force.filter(person__isnull=False).values_list("person_id", flat=True)
    grouped = in_force.filter(group__people__isnull=False).values_list("group__people", flat=True)
    return set(own.union(grouped))


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


def seats_taken(license_: License) -> int:
    """How many different people the licence's seats cover."""
    seats = Seat.objects.filter(license=license_).order_by()
    return (
        User.objects.filter(
            Q(pk__in=seats.values("person")) | Q(directory_groups__in=seats.values("group"))
        )
        .distinct()
        .count()
    )
