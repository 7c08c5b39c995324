"""Several calls at the same time, each on a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

PATIENCE = 30


class Thread:
    """One call in a thread; `result()` waits for it and gives what it returned, or the error that it raised."""

    def __init__(self, call: Callable[[], Any], barrier: threading.Barrier | None = None) -> None:
        self._call, self._barrier = call, barrier
        self._outcome: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._barrier is not None:
                self._barrier.wait(PATIENCE)
            self._outcome = self._call()
        except Exception as error:  # noqa: BLE001  # handed to the test
            self._outcome = error
        finally:
            connections.close_all()

    def result(self) -> Any:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "a call hangs"
        return self._outcome


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at the same moment and give what each returned or raised."""
    barrier = threading.Barrier(len(calls))
    threads = [Thread(call, barrier) for call in calls]
    return [thread.result() for thread in threads]


def wait_until_blocked() -> None:
    """Wait until another connection waits for a lock that this one holds.

    On SQLite a writer waits for the whole database before it has done anything, so there is nothing to see
    and nothing to wait for.
    """
    if connection.vendor != "postgresql":
        return
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                # Not pg_stat_activity: a transaction sees that as it was at its first look.
                "select count(*) from pg_locks"
                " where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
            )
            row = cursor.fetchone()
        if row is not None and row[0]:
            return
    raise AssertionError("nobody waits for this transaction")
