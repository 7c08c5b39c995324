"""Celery's worker and beat as two threads of the web process, for installs without Redis.

The queue lives in memory and dies with the process. That is enough: every task is periodic and
idempotent, so the next tick redoes what a lost one left.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from celery.worker import WorkController, state
from django.db import close_old_connections

logger = logging.getLogger(__name__)

LONGEST_NAP = 5.0
STOP_WITHIN = 5.0
shutdown: Any = state  # its flags are untyped module variables


class _Beat(threading.Thread):
    """Celery's own scheduler without its file: the schedule is fixed and starts anew with us."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="celery-beat", daemon=True)
        self.scheduler = Scheduler(app=app)
        self.stopping = threading.Event()

    def run(self) -> None:
        wait = 0.0
        while not self.stopping.wait(wait):
            wait = min(self.scheduler.tick(), LONGEST_NAP)


def _close_connections(**kwargs: Any) -> None:
    close_old_connections()


def _wait_for_running_tasks() -> None:
    """Let tasks finish that have begun. An idle worker is not waited for: it wakes only every two
    seconds, holds nothing, and ends with the process."""
    until = time.monotonic() + STOP_WITHIN
    while state.active_requests:
        if time.monotonic() > until:
            logger.warning("%d tasks did not finish in time", len(state.active_requests))
            return
        time.sleep(0.02)


@contextlib.contextmanager
def celery_threads(app: Celery) -> Iterator[None]:
    """Worker and beat run inside the block; after it no task runs any more."""
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # `remotehelp up` has asked those that matter
    app.finalize()
    app.set_current()
    app.set_default()
    app.loader.import_default_modules()
    signals.task_postrun.connect(_close_connections, weak=False)
    worker = WorkController(
        app=app,
        pool="threads",
        concurrency=2,
        hostname="embedded@localhost",
        loglevel=logging.WARNING,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    beat = _Beat(app)
    shutdown.should_stop = None
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    beat.start()
    try:
        yield
    finally:
        beat.stopping.set()
        beat.join(STOP_WITHIN)
        shutdown.should_stop = 0
        _wait_for_running_tasks()
