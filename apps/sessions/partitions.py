"""Sessions and their events by day, on PostgreSQL: what is 30 days old goes as whole tables, not row by row (M4).

A session's id begins with the moment of its making (RFC 9562, version 7), so ranges of ids are days. The id alone stays
the primary key, and foreign keys to it go on working. On other databases nothing of this exists. See
docs/decisions/retention.md.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from apps.common.clock import now
from apps.common.ids import first_id_at, moment_of

SESSIONS = "help_sessions_helpsession"
EVENTS = "help_sessions_sessionevent"
DAYS_AHEAD = 7
# How long a change of the tables may keep others waiting before it gives way and is tried another time.
GIVE_WAY_AFTER = "3s"
# Of PostgreSQL's advisory locks; any number that nothing else here takes.
_LOCK = 7_030_001
_BOUNDS = re.compile(r"FROM \((?:'([0-9a-f-]{36})'|MINVALUE)\) TO \('([0-9a-f-]{36})'\)")

# The days that are known to be there, of this process: one query for each new day, and none after it.
_known: set[date] = set()
_unsure: set[date] = set()
_guard = threading.Lock()


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One of the tables that a parent consists of, and the ids in it: from `first` on (or any), below `until`."""

    until: uuid.UUID
    table: str
    first: uuid.UUID | None
    is_half_detached: bool = False

    def holds(self, one: uuid.UUID) -> bool:
        return (self.first is None or self.first <= one) and one < self.until


def are_used() -> bool:
    return connection.vendor == "postgresql"


def parts(parent: str) -> list[Part]:
    """The tables of the parent, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            [parent],
        )
        found = []
        for table, bounds, is_half_detached in cursor.fetchall():
            ends = _BOUNDS.search(bounds or "")
            if ends is not None:
                first = uuid.UUID(ends[1]) if ends[1] else None
                found.append(Part(uuid.UUID(ends[2]), table, first, is_half_detached))
    return sorted(found)


# --- making --------------------------------------------------------------------------------------


def ensure_for(session_id: uuid.UUID) -> None:
    """See that the session with this id has a place to be written to.

    The worker makes the days ahead of time; this is for a site whose worker has not run for a week, and for a clock that
    was set. Raises ValueError for an id that tells no moment.
    """
    if not are_used():
        return
    day = moment_of(session_id).date()
    if day in _known:
        return
    if any(part.holds(session_id) for part in parts(EVENTS)):
        with _guard:
            if day not in _unsure:
                _known.add(day)
        return
    with _guard:
        _unsure.add(day)  # until it is committed, it may not be there after all
    make_days([day])
    transaction.on_commit(lambda: _unsure.discard(day))


def make_days_ahead() -> int:
    """Make the tables of today and the days to come that are not there yet; gives how many days were new."""
    if not are_used():
        return 0
    today = now().astimezone(UTC).date()
    return make_days(today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1))


def make_days(days: Iterable[date]) -> int:
    """Make the tables of these days, each as a table of its own that is then attached: nobody who reads or writes waits."""
    number = 0
    for day in days:
        first = first_id_at(_midnight(day))
        until = first_id_at(_midnight(day + timedelta(days=1)))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            is_new = False
            for parent in (SESSIONS, EVENTS):
                if any(part.holds(first) for part in parts(parent)):
                    continue
                table = f"{parent}_p{day:%Y%m%d}"
                cursor.execute(
                    f"CREATE TABLE {table} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
                )
                cursor.execute(
                    f"ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM (%s) TO (%s)",
                    [str(first), str(until)],
                )
                is_new = True
            number += is_new
    return number


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


# --- dropping ------------------------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other process changes the tables; if so, none begins to inside the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_alone,) = cursor.fetchone() or (False,)
        try:
            yield bool(is_alone)
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def drop(part: Part) -> None:
    """Take a day of sessions away with its events. What else points to them must be gone.

    Not inside a transaction: PostgreSQL detaches beside readers and writers only outside of one. Whatever of it was
    interrupted, `finish_interrupted` ends. Raises OperationalError if others hold the tables for too long.
    """
    for parent in (EVENTS, SESSIONS):
        for one in parts(parent):
            if one.first == part.first and one.until == part.until:
                _take_away(parent, one)
    with _guard:
        _known.clear()


def finish_interrupted() -> int:
    """Drop what an interrupted purge left half detached, or detached and not dropped; gives the number of tables."""
    number = 0
    for parent in (EVENTS, SESSIONS):
        for part in parts(parent):
            if part.is_half_detached:
                _take_away(parent, part)
                number += 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relname ~ %s AND pg_table_is_visible(c.oid)"
                " AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)",
                [rf"^{parent}_p\d{{1,8}}$"],
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE {table}")
                number += 1
    return number


def _take_away(parent: str, part: Part) -> None:
    how = "FINALIZE" if part.is_half_detached else "CONCURRENTLY"
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{GIVE_WAY_AFTER}'")
        try:
            cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {part.table} {how}")
            cursor.execute(f"DROP TABLE {part.table}")
        finally:
            cursor.execute("RESET lock_timeout")
