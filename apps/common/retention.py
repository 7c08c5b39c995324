"""What names a person and may not be kept for longer than 30 days (M4): each app says of what kinds it keeps records.

One list, read by the purge, by the page that proves it, by `manage.py check_retention`, and by the probes.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import models
from django.db.models import QuerySet
from django_stubs_ext import StrPromise

from apps.common.clock import now


class Forget(Protocol):
    """Deletes what is from `before` or earlier; gives whether all of it is gone.

    Idempotent, safe beside others doing the same, and done in parts that keep nobody waiting: it stops at `until`.
    """

    def __call__(self, before: datetime, *, until: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class KeptKind:
    """One kind of records.

    `oldest` says from when the oldest is, within a tenant or (None) on the whole site; `due` how many are from `before`
    or earlier, by the id of their tenant.
    """

    name: str
    label: StrPromise
    oldest: Callable[[Any], datetime | None]  # of a Tenant, or of None
    due: Callable[[datetime], dict[uuid.UUID, int]]
    forget: Forget


_kinds: dict[str, KeptKind] = {}


def keep_no_longer(kind: KeptKind) -> None:
    """Put this kind on the list; called once by its app at the start."""
    _kinds[kind.name] = kind


def kept_kinds() -> list[KeptKind]:
    return list(_kinds.values())


def by_tenant(rows: QuerySet[Any]) -> dict[uuid.UUID, int]:
    """How many of the rows each tenant has; one query."""
    return dict(rows.order_by().values_list("tenant").annotate(models.Count("pk")))


def in_batches(
    delete: Callable[[], int], *, until: datetime, pause: Callable[[float], None]
) -> bool:
    """Call `delete` until it finds nothing or the time is up, each time resting for as long as it took."""
    while now() < until:
        began = now()
        if not delete():
            return True
        pause((now() - began).total_seconds())
    return False
