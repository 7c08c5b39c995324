"""Devices as rows of a list: which of those that the actor may see, in what order, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.keyset import Page, page_by_text, page_by_time
from apps.devices.models import Device, Enrolment, Policy, PolicyResult, System
from apps.devices.selectors import devices_visible_to, present
from apps.tenants.models import Group, User

ROWS_PER_PAGE = 50
_WORDS = 5
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeviceFilters:
    """What the list is narrowed to; all that is left out does not narrow."""

    search: str = ""
    enrolment: Enrolment | None = None
    system: System | None = None
    is_compliant: bool | None = None
    is_by_last_seen: bool = False

    @property
    def are_narrowing(self) -> bool:
        """Whether rows may be missing because of a filter; an order leaves none out."""
        return any(
            getattr(self, f.name) not in ("", None)
            for f in fields(self)
            if f.name != "is_by_last_seen"
        )


def compliance_now() -> Any:
    """As `selectors.is_compliant` says it of one device: enrolled, and no assigned policy without a good result."""
    assigned = Policy.objects.filter(
        Q(covers_all_devices=True)
        | Exists(Group.objects.filter(policies=OuterRef("pk"), devices=OuterRef(OuterRef("pk")))),
        tenant=OuterRef("tenant"),
    )
    met = PolicyResult.objects.filter(
        policy=OuterRef("pk"), device=OuterRef(OuterRef("pk")), is_met=True
    )
    unmet = assigned.exclude(Exists(met))
    return Case(
        When(Q(enrolment=Enrolment.ENROLLED) & ~Exists(unmet), then=Value(True)),
        default=Value(False),
    )


def _named(word: str) -> Q:
    found = Q(name__icontains=word)
    for name in ("first_name", "last_name", "email"):
        found |= Q(**{f"owner__{name}__icontains": word})
    return found


def device_rows(actor: User, filters: DeviceFilters) -> QuerySet[Device]:
    """The devices that the actor may see, narrowed; each with `is_compliant_now` and `is_connected_now`."""
    found = devices_visible_to(actor).annotate(
        is_compliant_now=compliance_now(),
        is_connected_now=Exists(present(now()).filter(device=OuterRef("pk"))),
    )
    exact = {
        "enrolment": filters.enrolment,
        "system": filters.system,
        "is_compliant_now": filters.is_compliant,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    for word in filters.search.split()[:_WORDS]:
        found = found.filter(_named(word))
    return found.select_related("owner")


def device_page(
    actor: User, filters: DeviceFilters, *, cursor: str = "", size: int = ROWS_PER_PAGE
) -> Page[Device]:
    """One page, by name or with the one seen last first; one query beside the question what the actor may see."""
    found = device_rows(actor, filters)
    if not filters.is_by_last_seen:
        return page_by_text(found, field="name", cursor=cursor, size=size)
    found = found.annotate(seen_key=Coalesce(F("last_seen_at"), Value(_NEVER)))
    return page_by_time(found, field="seen_key", cursor=cursor, size=size)
