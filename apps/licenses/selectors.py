"""Whether a tenant is licensed, and who has a seat."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

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
    people_ids: Collection[uuid.UUID], at: datetime, *, even_if_over: bool = False
) -> set[uuid.UUID]:
    """Which of these people have a seat, their own or through a group, of the remote help add-on.

    A seat counts while its licence is active or pending (L2: the licence check says "not yet").
    `even_if_over` counts seats of expired and cancelled licences too: those end no running session (L3).
    One query.
    """
    ids = list(people_ids)
    seats = Seat.objects.filter(license__product=Product.REMOTE_HELP)
    if not even_if_over:
        seats = seats.filter(
            Q(license__ends_at__isnull=True) | Q(license__ends_at__gt=at),
            license__cancelled_at__isnull=True,
        )
    own = seats.filter(person__in=ids).order_by().values_list("person_id", flat=True)
    grouped = seats.filter(group__people__in=ids).order_by().values_list("group__people", flat=True)
    return set(own.union(grouped)) & set(ids)


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
