"""Sessions and their events by day, on PostgreSQL: what is 30 days old goes as whole tables, not row by row (M4).

A session's id begins with the moment of its making (RFC 9562, version 7), so ranges of ids are days. The id alone stays
the primary key, and foreign keys to it go on working. On other databases nothing of this exists. See
docs/decisions/retention.md.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from apps.common.clock import now
from apps.common.ids import first_id_at, moment_of

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

SESSIONS = "help_sessions_helpsession"
EVENTS = "help_sessions_sessionevent"
DAYS_AHEAD = 7
# How long a change of the tables may keep others waiting before it gives way and is tried another time. Less than the second
# after which PostgreSQL looks for deadlocks, and might end the session of somebody instead of the change.
GIVE_WAY_AFTER = "300ms"
TRIES, REST = 20, 0.1
# Of PostgreSQL's advisory locks; any numbers that nothing else here takes. One for those who make days and one for those
# who drop them: whoever makes a day does so within the transaction of a session, for whose end a detaching waits.
_MAKING = 7_030_001
_DROPPING = 7_030_002
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
    """Make the tables of today and the days to come that are not there yet; gives how many days were new.

    Tried again where others keep the tables busy; what could not be made is left for the next time.
    """
    if not are_used():
        return 0
    today = now().astimezone(UTC).date()
    number = 0
    for ahead in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        number += bool(_patiently(lambda day=day: make_days([day])))  # type: ignore[misc]
    return number


def make_days(days: Iterable[date]) -> int:
    """Make the tables of these days, each as a table of its own that is then attached; gives how many days were new.

    Each in a transaction of its own: two at once would hold the one table while waiting for the other, and whoever opens a
    session waits the other way round. Raises OperationalError where others keep the tables busy.
    """
    number = 0
    for day in days:
        first = first_id_at(_midnight(day))
        until = first_id_at(_midnight(day + timedelta(days=1)))
        number += max([_make_one(parent, day, first, until) for parent in (SESSIONS, EVENTS)])
    return number


def _make_one(parent: str, day: date, first: uuid.UUID, until: uuid.UUID) -> bool:
    table = f"{parent}_p{day:%Y%m%d}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        if any(part.holds(first) for part in parts(parent)):
            return False
        cursor.execute(f"SET LOCAL lock_timeout = '{GIVE_WAY_AFTER}'")
        cursor.execute(f"DROP TABLE IF EXISTS {table}")  # left by an interrupted purge
        cursor.execute(
            f"CREATE TABLE {table} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        cursor.execute(
            f"ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM (%s) TO (%s)",
            [str(first), str(until)],
        )
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    return True


def _patiently(change: Callable[[], Result]) -> Result | None:
    """Do it again as long as others keep the tables busy; None if they always did."""
    for _try in range(TRIES):
        try:
            return change()
        except OperationalError as error:
            logger.info("tables of days are busy: %s", str(error).splitlines()[0])
            time.sleep(REST)
    return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


# --- dropping ------------------------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other process drops days; if so, none begins to inside the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_DROPPING])
        (is_alone,) = cursor.fetchone() or (False,)
        try:
            yield bool(is_alone)
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_DROPPING])


def drop(part: Part) -> bool:
    """Take a day of sessions away with its events; gives whether that was possible. What else points to them must be gone.

    Not inside a transaction: PostgreSQL detaches beside readers and writers only outside of one. Whatever of it could not
    be done or was interrupted, `finish_interrupted` ends.
    """
    with _guard:
        _known.clear()
    for parent in (EVENTS, SESSIONS):
        if not _patiently(partial(_take_away, parent, part.first, part.until)):
            return False
    return True


def finish_interrupted() -> int:
    """Drop what an interrupted purge left half detached, or detached and not dropped; gives the number of tables."""
    number = 0
    for parent in (EVENTS, SESSIONS):
        for part in parts(parent):
            if part.is_half_detached:
                number += bool(_patiently(partial(_take_away, parent, part.first, part.until)))
        for table in _left(parent):
            number += bool(_patiently(partial(_drop_table, table)))
    return number


def _left(parent: str) -> list[str]:
    """The tables of days that are detached and not dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relname ~ %s AND pg_table_is_visible(c.oid)"
            " AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)",
            [rf"^{parent}_p\d{{1,8}}$"],
        )
        return [table for (table,) in cursor.fetchall()]


def _take_away(parent: str, first: uuid.UUID | None, until: uuid.UUID) -> bool:
    for part in parts(parent):
        if (part.first, part.until) != (first, until):
            continue
        how = "FINALIZE" if part.is_half_detached else "CONCURRENTLY"
        _change(f"ALTER TABLE {parent} DETACH PARTITION {part.table} {how}")
        return _drop_table(part.table)
    for table in _left(parent):  # detached by the try before
        _drop_table(table)
    return True


def _drop_table(table: str) -> bool:
    _change(f"DROP TABLE IF EXISTS {table}")
    return True


def _change(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{GIVE_WAY_AFTER}'")
        try:
            cursor.execute(statement)
        finally:
            cursor.execute("RESET lock_timeout")
