"""Periodic upkeep of sessions. Each is idempotent; the next tick redoes what a lost one left."""

from __future__ import annotations

from celery import shared_task

from apps.sessions import services


@shared_task
def end_abandoned_sessions() -> int:
    return services.end_due_sessions()


@shared_task
def end_groundless_sessions() -> int:
    return services.end_groundless()


@shared_task
def forget_spent_codes() -> int:
    return services.forget_spent_codes()


@shared_task
def forget_silent_devices() -> int:
    return services.forget_silent_devices()


@shared_task
def make_days_ahead() -> int:
    return services.make_days_ahead()
