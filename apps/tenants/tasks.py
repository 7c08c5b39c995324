"""Periodic upkeep of sign-ins and of the audit log."""

from __future__ import annotations

from celery import shared_task

from apps.tenants import app_access, audit


@shared_task
def forget_expired_tokens() -> int:
    return app_access.forget_expired_tokens()


@shared_task
def forget_audited_names() -> int:
    return audit.forget_names()
