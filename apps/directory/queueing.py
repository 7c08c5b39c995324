"""Doing a step of an import at once where it is short, else by the worker. For doors: services queue nothing."""

from __future__ import annotations

from django.db import transaction

from apps.directory import services, tasks
from apps.directory.models import Import


def check(row: Import) -> None:
    if row.number_of_rows <= services.AT_ONCE:
        services.check_import(row.pk)
    else:
        transaction.on_commit(lambda: tasks.check_import.delay(str(row.pk)))


def apply(row: Import) -> None:
    if row.number_of_rows <= services.AT_ONCE:
        services.apply_import(row.pk)
    else:
        transaction.on_commit(lambda: tasks.apply_import.delay(str(row.pk)))
