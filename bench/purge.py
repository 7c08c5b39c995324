"""The purge of sessions older than 30 days on PostgreSQL, with others opening sessions beside it (M4).

Fills a database with 90 days of sessions, 3 events each (1 M sessions: 2.7 M rows are due), measures how long opening a
session takes while nothing else runs, and again during the purge; then once more row by row, on as many sessions again,
as the baseline. Starts a PostgreSQL of its own unless TEST_DATABASE_URL names one.

    python -m bench purge --sessions 100000
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.figures import Target, quantile
from bench.scale import database
from bench.tables import table

if TYPE_CHECKING:
    from bench.past import Past

# product.md 8: p99 of an insert during the purge, by that before it.
DURING = Target(2.5, 1.1)
A_SECOND = 200
ALONE_FOR = 10.0
AT_MOST = timedelta(hours=1)


class Opener(threading.Thread):
    """Opens sessions, so many a second, on a connection of its own, and notes the milliseconds of each."""

    def __init__(self, past: Past) -> None:
        super().__init__(daemon=True)
        self._past = past
        self._is_over = threading.Event()
        self.milliseconds: list[float] = []

    def run(self) -> None:
        from django.db import connection

        began, number = time.perf_counter(), 0
        try:
            while not self._is_over.is_set():
                number += 1
                wait = began + number / A_SECOND - time.perf_counter()
                if wait > 0:
                    self._is_over.wait(wait)
                at = time.perf_counter()
                self._open()
                self.milliseconds.append((time.perf_counter() - at) * 1000)
        finally:
            connection.close()

    def _open(self) -> None:
        from django.db import transaction

        from apps.sessions.models import HelpSession, SessionEvent

        with transaction.atomic():
            session = HelpSession.objects.create(
                tenant_id=self._past.tenant, helper_id=self._past.helper
            )
            SessionEvent.objects.create(session=session, name="opened", new="waiting")

    def over(self) -> list[float]:
        self._is_over.set()
        self.join()
        return self.milliseconds


def _written() -> int:
    """The bytes of write-ahead log until now."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def beside(past: Past, work: Callable[[], object]) -> tuple[float, list[float], int]:
    """The seconds of the work, the milliseconds of each session opened meanwhile, and the bytes of log written."""
    opener, log = Opener(past), _written()
    opener.start()
    at = time.perf_counter()
    work()
    seconds = time.perf_counter() - at
    return seconds, opener.over(), _written() - log


@contextlib.contextmanager
def site() -> Iterator[Any]:
    """Django on a database of its own, dropped at the end."""
    with database() as address:
        os.environ["TEST_DATABASE_URL"] = address
        os.environ["DJANGO_SETTINGS_MODULE"] = "remotehelp_site.settings.test"
        import django

        django.setup()
        from django.db import connection

        before = str(connection.settings_dict["NAME"])
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield connection
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def main(options: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench purge", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000, help="(default: 1,000,000)")
    given = parser.parse_args(list(options))
    with site():
        from apps.sessions import partitions
        from apps.sessions.services import forget_sessions
        from bench.past import fill

        before = datetime.now(UTC) - timedelta(days=30)
        until = datetime.now(UTC) + AT_MOST
        at = time.perf_counter()
        past = fill(given.sessions, 90)
        print(f"  made in {time.perf_counter() - at:.0f} s", file=sys.stderr, flush=True)
        due = _due(before)
        quiet = beside(past, lambda: time.sleep(ALONE_FOR))
        days = beside(past, lambda: forget_sessions(before, until=until))
        assert _due(before) == 0, "something is left"  # noqa: S101
        fill(given.sessions, 90)
        partitions.are_used = lambda: False  # row by row, as on other databases
        rows = beside(past, lambda: forget_sessions(before, until=until))
    base = quantile(quiet[1], 0.99)
    ratio = quantile(days[1], 0.99) / base
    shown = [
        [
            name,
            "" if one is quiet else f"{one[0]:.1f}",
            f"{quantile(one[1], 0.5):.1f} / {quantile(one[1], 0.99):.1f} / {max(one[1]):.1f}",
            f"{quantile(one[1], 0.99) / base:.2f}",
            f"{one[2] / 1e6:.0f}",
        ]
        for name, one in (("nothing", quiet), ("whole days", days), ("row by row", rows))
    ]
    print(f"{past.sessions:,} sessions, {past.events:,} events; {due:,} sessions due.\n")
    head = ["beside", "seconds", "opening: p50 / p99 / max ms", "p99 / alone", "MB of log"]
    print(table(head, shown))
    print(f"\nwhole days, p99 / alone: {ratio:.2f} (must / aim {DURING}): {DURING.verdict(ratio)}")
    return int(DURING.verdict(ratio) == "MISSED")


def _due(before: datetime) -> int:
    from apps.sessions.models import HelpSession

    return HelpSession.objects.filter(ended_at__lte=before).count()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
