"""Periodic upkeep of devices."""

from __future__ import annotations

from celery import shared_task

from apps.devices import services


@shared_task
def forget_spent_proofs() -> int:
    return services.forget_spent_proofs()
