"""Imports that are too long for an answer to wait for, and forgetting them."""

from __future__ import annotations

import uuid

from celery import shared_task

from apps.directory import services


@shared_task
def check_import(import_id: str) -> None:
    services.check_import(uuid.UUID(import_id))


@shared_task
def apply_import(import_id: str) -> None:
    services.apply_import(uuid.UUID(import_id))


@shared_task
def forget_imports() -> int:
    return services.forget_imports()


@shared_task
def go_on_with_imports() -> int:
    return services.go_on_with_imports()
