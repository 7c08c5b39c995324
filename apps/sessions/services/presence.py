"""Which socket speaks for which side, and whether the picture flows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.common.clock import now
from apps.sessions import notices
from apps.sessions.models import HelpSession, Side
from apps.sessions.services.core import IllegalStepError, has_run_out, record_event, step
from apps.sessions.states import RUNNING, State
from apps.tenants.models import Tenant, User
from apps.tenants.services import note_first_session


@dataclass(frozen=True, slots=True)
class Joined:
    """What a socket has to know when it has joined: where the other side is, if it is there."""

    session: HelpSession
    peer_channel: str


def join_session(*, actor: User, session: HelpSession, side: Side, channel: str) -> Joined:
    """This socket speaks for that side from now on; an older one of the same side is told so.

    Refuses a session that has ended. Who comes back within the reconnect time goes on where they were.
    """
    mine, theirs = f"{side.value}_channel", f"{side.other.value}_channel"
    with transaction.atomic():
        row = HelpSession.objects.select_for_update().filter(pk=session.pk).first()
        if row is None or row.is_ended or row.side_of(actor) is not side:
            raise IllegalStepError
        if has_run_out(row, now()):
            raise IllegalStepError  # too late to come back: `settle` writes it down
        previous, peer = getattr(row, mine), getattr(row, theirs)
        was_lost = getattr(row, f"{side.value}_lost_at") is not None
        stamps: dict[str, object] = {mine: channel, f"{side.value}_seen_at": now()}
        if row.state == State.CONNECTING:
            stamps[f"{side.value}_lost_at"] = None
        # In an active session the socket alone is not enough: the picture has to come back too
        # (`confirm_media`), or the session ends as lost.
        HelpSession.objects.filter(pk=row.pk).update(**stamps)
        if previous and previous != channel:
            notices.taken_over(previous)
        if peer:
            notices.peer_joined(peer, peer_channel=channel)
        if was_lost:
            record_event(row, actor=actor, name="socket_back", detail=side.value)
    row.refresh_from_db()
    return Joined(row, peer)


def part_session(*, session_id: uuid.UUID, side: Side, channel: str) -> None:
    """A socket closed. If it still spoke for its side, a running session starts to count the seconds."""
    mine, theirs = f"{side.value}_channel", f"{side.other.value}_channel"
    with transaction.atomic():
        row = (
            HelpSession.objects.select_for_update().filter(pk=session_id, **{mine: channel}).first()
        )
        if row is None:
            return  # taken over, or never joined
        # It no longer speaks for its side, so that it is silent means nothing any more.
        stamps: dict[str, object] = {mine: "", f"{side.value}_seen_at": None}
        if row.state in RUNNING:
            stamps |= {f"{side.value}_lost_at": now(), f"{side.value}_has_media": False}
            record_event(row, actor=None, name="socket_lost", detail=side.value)
        HelpSession.objects.filter(pk=row.pk).update(**stamps)
        peer = getattr(row, theirs)
        if peer:
            notices.peer_left(peer, peer_channel=channel)


def touch_presence(channels: dict[Side, list[str]]) -> set[str]:
    """These sockets still live in their process; gives those that speak for no open session any more.

    A process that dies says no goodbye: what it stops touching counts as lost (`upkeep.mark_silent`), and a
    touch takes that mark back. The other way round, a socket that missed the news of its session's end is
    found here. A few statements a side, however many sockets.
    """
    at = now()
    stale: set[str] = set()
    for side, names in channels.items():
        for some in _chunks(names):
            open_ones = HelpSession.objects.filter(
                **{f"{side.value}_channel__in": some}, ended_at__isnull=True
            )
            open_ones.update(**{f"{side.value}_seen_at": at})
            # Only silence leaves a lost mark on a side that has its socket and its picture.
            open_ones.filter(
                Q(state=State.CONNECTING) | Q(**{f"{side.value}_has_media": True}),
                **{f"{side.value}_lost_at__isnull": False},
            ).update(**{f"{side.value}_lost_at": None})
            stale |= set(some) - set(open_ones.values_list(f"{side.value}_channel", flat=True))
    return stale


def _chunks(names: list[str]) -> Iterator[list[str]]:
    """SQLite takes a limited number of values in one statement."""
    for start in range(0, len(names), 500):
        yield names[start : start + 500]


def confirm_media(*, actor: User, session: HelpSession, side: Side) -> HelpSession:
    """That side sees media flow. When both do, a connecting session is active; a lost one is found again."""
    with transaction.atomic():
        row = HelpSession.objects.select_for_update().filter(pk=session.pk).first()
        if row is None or row.state not in RUNNING or row.side_of(actor) is not side:
            raise IllegalStepError
        if has_run_out(row, now()):
            raise IllegalStepError
        was_lost = getattr(row, f"{side.value}_lost_at") is not None
        setattr(row, f"{side.value}_has_media", True)
        setattr(row, f"{side.value}_lost_at", None)
        row.save(update_fields=[f"{side.value}_has_media", f"{side.value}_lost_at"])
        if was_lost and row.state == State.ACTIVE:
            record_event(row, actor=actor, name="picture_back", detail=side.value)
        if row.state == State.CONNECTING and row.helper_has_media and row.sharer_has_media:
            at = now()
            until = _ends_at_latest(row.tenant, at)
            step(
                row,
                State.ACTIVE,
                actor=actor,
                name="connected",
                active_at=at,
                expires_at=until,
            )
            note_first_session(row.tenant_id)
    return row


def _ends_at_latest(tenant: Tenant, at: datetime) -> datetime | None:
    """When the organisation's longest time for a session will be over."""
    minutes = tenant.longest_session_minutes
    return at + timedelta(minutes=minutes) if minutes is not None else None


def report_media_lost(*, actor: User, session: HelpSession, side: Side) -> HelpSession:
    """That side sees no media any more: unless it comes back in time the session ends as lost (product.md 5.8)."""
    with transaction.atomic():
        row = HelpSession.objects.select_for_update().filter(pk=session.pk).first()
        if row is None or row.side_of(actor) is not side:
            raise IllegalStepError
        if row.state != State.ACTIVE or getattr(row, f"{side.value}_lost_at") is not None:
            return row
        setattr(row, f"{side.value}_has_media", False)
        setattr(row, f"{side.value}_lost_at", now())
        row.save(update_fields=[f"{side.value}_has_media", f"{side.value}_lost_at"])
        record_event(row, actor=actor, name="picture_lost", detail=side.value)
    return row
