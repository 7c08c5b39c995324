"""What names a person and may not be kept for longer than 30 days (M4): each app says of what kinds it keeps records.

One list, read by the purge, by the page that proves it, by `manage.py check_retention`, and by the probes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django_stubs_ext import StrPromise

from apps.common.clock import now


class Forget(Protocol):
    """Deletes what is from `before` or earlier; gives how many records went, and whether all of it is gone.

    Idempotent, safe beside others doing the same, and done in parts that keep nobody waiting: it stops at `until`.
    """

    def __call__(self, before: datetime, *, until: datetime) -> tuple[int, bool]: ...


@dataclass(frozen=True, slots=True)
class KeptKind:
    """One kind of records. `oldest` says from when the oldest is, within a tenant or (None) on the whole site."""

    name: str
    label: StrPromise
    oldest: Callable[[Any], datetime | None]  # of a Tenant, or of None
    forget: Forget


_kinds: dict[str, KeptKind] = {}


def keep_no_longer(kind: KeptKind) -> None:
    """Put this kind on the list; called once by its app at the start."""
    _kinds[kind.name] = kind


def kept_kinds() -> list[KeptKind]:
    return list(_kinds.values())


def in_batches(
    delete: Callable[[], int], *, until: datetime, pause: Callable[[float], None]
) -> tuple[int, bool]:
    """Call `delete` until it finds nothing or the time is up, each time resting for as long as it took."""
    number = 0
    while now() < until:
        began = now()
        gone = delete()
        if not gone:
            return number, True
        number += gone
        pause((now() - began).total_seconds())
    return number, False
