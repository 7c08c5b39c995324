"""Periodic upkeep of licences."""

from __future__ import annotations

from celery import shared_task

from apps.licenses import services


@shared_task
def note_states() -> int:
    return services.note_states()
