"""What happened, for those who may read it: the list of sessions, and the story of one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from apps.common.errors import NotFoundError
from apps.reports import words
from apps.sessions.models import HelpSession
from apps.sessions.rows import SessionFilters, session_page
from apps.sessions.selectors import sessions_open_to
from apps.sessions.ways import why_recorded
from apps.sessions.why import ASK
from apps.tenants.models import User
from apps.tenants.selectors import may_administer


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A session as a line of a list."""

    session: HelpSession
    with_name: str
    device_words: str
    kind_words: str
    length_words: str
    standing_words: str


@dataclass(frozen=True, slots=True)
class Report:
    """A page of the list, and where the next one starts."""

    rows: list[ReportRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a session's story."""

    at: datetime
    words: str
    is_refusal: bool = False
    why_url: str = ""  # where the reader may ask why, of a refusal


def _row(session: HelpSession, actor: User) -> ReportRow:
    side = session.side_of(actor)
    other = session.person_on(side.other) if side is not None else session.sharer
    return ReportRow(
        session=session,
        with_name=other.full_name if other is not None else "",
        device_words=words.device_words(session),
        kind_words=words.kind_words(session),
        length_words=words.length_words(session.lasted_for),
        standing_words=words.standing_words(session),
    )


def session_report(actor: User, filters: SessionFilters, *, cursor: str = "") -> Report:
    """A page of the sessions open to the actor: their own, and the whole tenant's with *view reports*."""
    page = session_page(actor, filters, cursor=cursor)
    return Report([_row(session, actor) for session in page.rows], page.next_cursor)


def last_sessions(actor: User, number: int = 5) -> list[ReportRow]:
    """The person's own newest sessions, for the start page."""
    page = session_page(actor, SessionFilters(), size=number, are_own_only=True)
    return [_row(session, actor) for session in page.rows]


def sees_whole_tenant(actor: User) -> bool:
    return may_administer(actor, "tenants.view_reports")


def reported_session(actor: User, pk: uuid.UUID) -> ReportRow:
    """One session that is open to the actor; for everybody else it does not exist."""
    session = (
        sessions_open_to(actor)
        .select_related("helper", "sharer", "device", "ended_by")
        .filter(pk=pk)
        .first()
    )
    if session is None:
        raise NotFoundError
    return _row(session, actor)


def story_of(session: HelpSession, reader: User) -> list[Moment]:
    """What happened in the session, in order: its steps and what the help decision refused. Two queries, and
    one where something was refused."""
    events = session.events.select_related("actor")
    moments = [Moment(event.at, words.event_words(event)) for event in events]
    refusals = list(session.refusals.all())
    may_ask_all = bool(refusals) and may_administer(reader, ASK)
    for refusal in refusals:
        url = why_recorded(reader, refusal, session, may_ask_all=may_ask_all)
        moments.append(Moment(refusal.at, words.refusal_words(refusal), True, url))
    return sorted(moments, key=lambda moment: moment.at)
