"""Celery's worker and beat as two threads of the web process, for installs without Redis.

The queue lives in memory and dies with the process. That is enough: every task is periodic and
idempotent, so the next tick redoes what a lost one left.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from celery.worker import WorkController, state
from django.db import close_old_connections

logger = logging.getLogger(__name__)

LONGEST_NAP = 5.0
STOP_WITHIN = 5.0


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


@contextlib.contextmanager
def celery_threads(app: Celery) -> Iterator[None]:
    """Worker and beat run inside the block, and have stopped after it."""
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
    threads = [
        threading.Thread(target=worker.start, name="celery-worker", daemon=True),
        beat := _Beat(app),
    ]
    state.should_stop = None
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        beat.stopping.set()
        state.should_stop = 0
        for thread in threads:
            thread.join(STOP_WITHIN)
            if thread.is_alive():
                logger.warning("%s did not stop in time", thread.name)
