"""Periodic upkeep of sign-ins."""

from __future__ import annotations

from celery import shared_task

from apps.tenants import app_access


@shared_task
def forget_expired_tokens() -> int:
    return app_access.forget_expired_tokens()
