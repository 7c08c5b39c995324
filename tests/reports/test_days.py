"""Sessions by day on PostgreSQL: whole days go as tables, and whoever opens a session never waits for one."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.ids import first_id_at, moment_of, new_id
from apps.reports.services import purge
from apps.sessions import partitions
from apps.sessions.models import HelpSession, Refusal, SessionEvent
from apps.sessions.services import end_session, make_days_ahead
from apps.sessions.states import EndReason, State
from tests.factories import make_session
from tests.threads import Thread

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def days_stay(transactional_db):
    """Whatever day a test took away, the next one finds today."""
    yield
    partitions.finish_interrupted()
    today = timezone.now().astimezone(UTC).date()
    partitions.make_days([today - timedelta(days=1), today])
    partitions._known.clear()


def _tables(parent: str = partitions.SESSIONS) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ %s",
            [rf"^{parent}_p\d+$"],
        )
        return {name for (name,) in cursor.fetchall()}


def _part_of(session: HelpSession) -> partitions.Part:
    (part,) = (one for one in partitions.parts(partitions.SESSIONS) if one.holds(session.pk))
    return part


def _in_ten_days(clock) -> None:
    """Where no table is that holds other days too."""
    clock.shift(timedelta(days=10))


def _ended(helper, sharer) -> HelpSession:
    session = make_session(helper, sharer)
    return end_session(actor=None, session=session, reason=EndReason.ENDED_BY_ADMIN)


def test_the_worker_makes_a_week_ahead_and_no_day_twice(clock):
    clock.shift(timedelta(days=200))
    assert make_days_ahead() > 0
    assert make_days_ahead() == 0
    for parent in (partitions.SESSIONS, partitions.EVENTS):
        for ahead in range(8):
            one = first_id_at(timezone.now() + timedelta(days=ahead))
            assert sum(part.holds(one) for part in partitions.parts(parent)) == 1


def test_a_session_makes_its_day_where_no_worker_did(hanna, sam, clock):
    clock.shift(timedelta(days=100))
    session = make_session(hanna, sam, State.INTRODUCED)
    assert HelpSession.objects.get(pk=session.pk).events.count() >= 2
    day = moment_of(session.pk)
    assert _part_of(session).table == f"{partitions.SESSIONS}_p{day:%Y%m%d}"


def test_a_day_goes_as_a_table_with_all_that_points_to_it(hanna, sam, clock):
    _in_ten_days(clock)
    session = _ended(hanna, sam)
    Refusal.objects.create(
        tenant=session.tenant,
        session=session,
        helper=hanna,
        sharer=sam,
        step="request",
        code="no_role",
    )
    table = _part_of(session).table
    clock.shift(timedelta(days=32))
    make_days_ahead()

    run = purge()

    assert run.removed["sessions"] == 1
    assert table not in _tables()
    assert not Refusal.objects.exists()
    assert not HelpSession.objects.exists()
    assert not SessionEvent.objects.exists()


def test_a_day_with_a_session_under_way_stays_and_loses_only_the_others(
    hanna, sam, wilma, otto, clock
):
    _in_ten_days(clock)
    gone, running = _ended(hanna, sam), make_session(otto, wilma)
    clock.shift(timedelta(days=32))
    purge()
    assert list(HelpSession.objects.all()) == [running]
    assert running.events.exists()
    assert not SessionEvent.objects.filter(session=gone.pk).exists()
    assert _part_of(running).holds(running.pk)


def test_what_was_interrupted_is_finished(hanna, sam, clock):
    _in_ten_days(clock)
    session = _ended(hanna, sam)
    parts = [
        (parent, one)
        for parent in (partitions.EVENTS, partitions.SESSIONS)
        for one in partitions.parts(parent)
        if one.holds(session.pk)
    ]
    clock.shift(timedelta(days=32))
    with connection.cursor() as cursor:  # as if it was killed after the first step
        parent, part = parts[0]
        cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {part.table} CONCURRENTLY")
    purge()
    assert not {part.table for _parent, part in parts} & (_tables() | _tables(partitions.EVENTS))


def test_while_another_process_purges_days_this_one_does_rows_and_neither_fails(hanna, sam, clock):
    _in_ten_days(clock)
    session = _ended(hanna, sam)
    table = _part_of(session).table
    clock.shift(timedelta(days=32))
    with partitions.alone() as is_alone:
        assert is_alone
        other = Thread(purge).result()
    assert other.removed["sessions"] == 1
    assert table in _tables()
    purge()
    assert table not in _tables()


def test_sessions_are_opened_while_a_day_goes(hanna, sam, clock):
    _in_ten_days(clock)
    for _number in range(20):
        _ended(hanna, sam)
    clock.shift(timedelta(days=32))
    opening = Thread(lambda: [_ended(hanna, sam) for _number in range(20)])
    run = purge()
    made = opening.result()
    assert isinstance(made, list), made
    assert run.removed["sessions"] == 20
    assert HelpSession.objects.count() == 20


def test_ids_tell_their_moment_and_sort_by_it():
    at = timezone.now().replace(microsecond=0)
    assert moment_of(new_id(at)) == at
    assert first_id_at(at) <= new_id(at) < first_id_at(at + timedelta(milliseconds=1))
