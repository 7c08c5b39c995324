"""Periodic work of the reports. Each is idempotent; the next tick redoes what a lost one left."""

from __future__ import annotations

from celery import shared_task

from apps.reports import services


@shared_task
def purge() -> dict[str, int]:
    run = services.purge()
    return {str(name): int(number) for name, number in run.removed.items()}
