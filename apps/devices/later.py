"""Work that a door leaves for the worker, asked for by its name: doors and tasks do not import each other."""

from __future__ import annotations

import uuid

from celery import current_app
from django.db import transaction

EVALUATE = "apps.devices.tasks.evaluate_policy"
FINISH = "apps.devices.tasks.finish_evaluations"


def evaluate_soon(policy_id: uuid.UUID) -> None:
    """After the commit. Robust: what cannot be queued is found by the periodic task."""
    said = str(policy_id)
    transaction.on_commit(lambda: current_app.send_task(EVALUATE, [said]), robust=True)


def finish_evaluations_soon() -> None:
    """The same where groups changed and it is not known which policies that concerns."""
    transaction.on_commit(lambda: current_app.send_task(FINISH), robust=True)
