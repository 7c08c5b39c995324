"""Devices as rows of a list: which of those that the actor may see, in what order, and how they stand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.keyset import Key, KeyKind, Page, page_by
from apps.common.lists import matching
from apps.common.versions import sortable
from apps.devices.models import NEVER, Device, Enrolment, Policy, PolicyResult, System
from apps.devices.selectors import being_asked, devices_visible_to, present
from apps.tenants.models import Group, User

ROWS_PER_PAGE = 50
OWNER = ("owner__first_name", "owner__last_name", "owner__email")
# What the list can be sorted by, by the word for it in the address; with a minus the other way round.
SORTS = {
    "name": Key("name"),
    "owner": Key("owner_key"),
    "app": Key("app_version_key"),
    "seen": Key("seen_key", KeyKind.TIME),
}
DEFAULT_SORT = "name"


@dataclass(frozen=True, slots=True)
class Seen:
    """When a device was last there: within so many days, or not within them. Without days: never."""

    days: int | None
    is_within: bool = False

    def rows(self) -> Q:
        if self.days is None:
            return Q(last_seen_at__isnull=True)
        since = now() - timedelta(days=self.days)
        if self.is_within:
            return Q(seen_key__gte=since)
        return Q(seen_key__lt=since)


SEEN = {
    "1": Seen(1, True),
    "7": Seen(7, True),
    "30": Seen(30, True),
    "not7": Seen(7),
    "not30": Seen(30),
    "not90": Seen(90),
    "never": Seen(None),
}


@dataclass(frozen=True, slots=True)
class DeviceFilters:
    """What the list is narrowed to; all that is left out does not narrow."""

    search: str = ""
    enrolment: Enrolment | None = None
    system: System | None = None
    is_compliant: bool | None = None
    owner: str = ""
    group: uuid.UUID | None = None
    seen: Seen | None = None
    # A version of the app: the devices whose app is older.
    app_below: str = ""
    # A policy that they have to meet, and do not.
    fails: uuid.UUID | None = None

    @property
    def are_narrowing(self) -> bool:
        """Whether rows may be missing because of a filter."""
        return any(getattr(self, f.name) not in ("", None) for f in fields(self))


def _assigned() -> QuerySet[Policy]:
    """The policies that are assigned to the device of the query around it."""
    return Policy.objects.filter(
        Q(covers_all_devices=True)
        | Exists(Group.objects.filter(policies=OuterRef("pk"), devices=OuterRef(OuterRef("pk")))),
        Q(system="") | Q(system=OuterRef("system")),
        tenant=OuterRef("tenant"),
    )


def compliance_now(without: uuid.UUID | None = None) -> Any:
    """As `selectors.is_compliant` says it of one device: enrolled, and no assigned policy without a good result, but
    for those that are being asked just now. `without` leaves one policy out."""
    assigned = _assigned()
    if without is not None:
        assigned = assigned.exclude(pk=without)
    return Case(
        When(Q(enrolment=Enrolment.ENROLLED) & ~Exists(_unmet(assigned)), then=Value(True)),
        default=Value(False),
    )


def _unmet(assigned: QuerySet[Policy]) -> QuerySet[Policy]:
    results = PolicyResult.objects.filter(policy=OuterRef("pk"), device=OuterRef(OuterRef("pk")))
    asked = being_asked(now()).filter(policy=OuterRef("pk"))
    return assigned.exclude(Exists(results.filter(is_met=True))).exclude(
        Exists(asked) & ~Exists(results)
    )


def device_rows(actor: User, filters: DeviceFilters) -> QuerySet[Device]:
    """The devices that the actor may see, narrowed; each with `is_compliant_now`, `is_connected_now` and its keys."""
    found = devices_visible_to(actor).annotate(
        is_compliant_now=compliance_now(),
        is_connected_now=Exists(present(now()).filter(device=OuterRef("pk"))),
        seen_key=Coalesce(F("last_seen_at"), Value(NEVER)),
        owner_key=Coalesce(F("owner__last_name"), Value("")),
    )
    exact = {
        "enrolment": filters.enrolment,
        "system": filters.system,
        "is_compliant_now": filters.is_compliant,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if filters.search:
        found = found.filter(matching(filters.search, "name", *OWNER))
    if filters.owner:
        found = found.filter(matching(filters.owner, *OWNER))
    return _narrowed(found, filters).select_related("owner")


def _narrowed(found: QuerySet[Device], filters: DeviceFilters) -> QuerySet[Device]:
    if filters.group is not None:
        through = Device.groups.through.objects
        found = found.filter(Exists(through.filter(device=OuterRef("pk"), group=filters.group)))
    if filters.seen is not None:
        found = found.filter(filters.seen.rows())
    if filters.app_below:
        below = sortable(filters.app_below)
        found = found.filter(app_version_key__gt="", app_version_key__lt=below)
    if filters.fails is not None:
        unmet = _unmet(_assigned().filter(pk=filters.fails))
        found = found.filter(Exists(unmet), enrolment=Enrolment.ENROLLED)
    return found


def device_page(
    actor: User,
    filters: DeviceFilters,
    *,
    sort: str = DEFAULT_SORT,
    cursor: str = "",
    size: int = ROWS_PER_PAGE,
) -> Page[Device]:
    """One page in one of `SORTS`; one query beside the question what the actor may see."""
    return page_by(
        device_rows(actor, filters),
        SORTS[sort.removeprefix("-")],
        cursor=cursor,
        size=size,
        is_descending=sort.startswith("-"),
    )


def device_export(actor: User, filters: DeviceFilters, sort: str) -> QuerySet[Device]:
    """The same rows as the pages of the list, all of them, to be read one by one."""
    sign, name = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    found = device_rows(actor, filters).prefetch_related("groups")
    return found.order_by(f"{sign}{SORTS[name].field}", f"{sign}id")
