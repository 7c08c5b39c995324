"""Sessions as rows of a list: whose, which of them, in what order. Report, API and exports ask here."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta, tzinfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.common.keyset import Page, page_by_time
from apps.sessions.models import HelpSession, Side
from apps.sessions.selectors import sessions_of, sessions_open_to
from apps.sessions.states import EndReason, Kind, State
from apps.tenants.models import User

ROWS_PER_PAGE = 50
_WORDS = 5


@dataclass(frozen=True, slots=True)
class SessionFilters:
    """What a list of sessions is narrowed to; all that is left out does not narrow."""

    search: str = ""
    state: State | None = None
    kind: Kind | None = None
    side: Side | None = None
    end_reason: EndReason | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    is_oldest_first: bool = False
    zone: tzinfo = field(default_factory=timezone.get_current_timezone)

    @property
    def are_narrowing(self) -> bool:
        """Whether rows may be missing because of a filter; an order and a time zone leave none out."""
        plain = ("is_oldest_first", "zone")
        return any(getattr(self, f.name) for f in fields(self) if f.name not in plain)


def _start_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def _named(word: str) -> Q:
    """Whose name, address or device name has the word."""
    found = Q(device_name__icontains=word)
    for person in ("helper", "sharer"):
        for name in ("first_name", "last_name", "email"):
            found |= Q(**{f"{person}__{name}__icontains": word})
    return found


def _narrowed(
    found: QuerySet[HelpSession], actor: User, filters: SessionFilters
) -> QuerySet[HelpSession]:
    exact = {
        "state": filters.state,
        "kind": filters.kind,
        "end_reason": filters.end_reason,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if filters.side is not None:
        found = found.filter(**{filters.side.value: actor})
    if filters.opened_from is not None:
        found = found.filter(opened_at__gte=_start_of(filters.opened_from, filters.zone))
    if filters.opened_to is not None and filters.opened_to < date.max:
        day_after = filters.opened_to + timedelta(days=1)
        found = found.filter(opened_at__lt=_start_of(day_after, filters.zone))
    for word in filters.search.split()[:_WORDS]:
        found = found.filter(_named(word))
    return found


def session_rows(
    actor: User, filters: SessionFilters, *, are_own_only: bool = False
) -> QuerySet[HelpSession]:
    """The sessions that the actor may read about, narrowed; with `are_own_only`, those that they took part in."""
    found = sessions_of(actor) if are_own_only else sessions_open_to(actor)
    return _narrowed(found, actor, filters).select_related("helper", "sharer", "device")


def session_page(
    actor: User,
    filters: SessionFilters,
    *,
    cursor: str = "",
    size: int = ROWS_PER_PAGE,
    are_own_only: bool = False,
) -> Page[HelpSession]:
    """One page of `session_rows`, newest first unless asked otherwise; one query."""
    return page_by_time(
        session_rows(actor, filters, are_own_only=are_own_only),
        field="opened_at",
        cursor=cursor,
        size=size,
        is_oldest_first=filters.is_oldest_first,
    )
