"""Whether M4 is kept: what the oldest record of each kind is, and when the purge last ran and runs next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.common.retention import kept_kinds
from apps.reports.models import PurgeRun, PurgeShare
from apps.tenants.models import Tenant

KEPT_FOR = timedelta(days=30)
# The purge runs three times an hour. After that long without a whole run somebody has to look.
LATE_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class OldestRecord:
    """The oldest record of one kind; `at` is None if there is none, `is_late` if it should be gone."""

    name: str
    label: StrPromise
    at: datetime | None
    is_late: bool
    goes_by: datetime | None


def oldest_records(tenant: Tenant | None) -> list[OldestRecord]:
    """The oldest record of each kind, in the tenant or on the whole site; one query a kind."""
    due = now() - KEPT_FOR
    found = []
    for kind in kept_kinds():
        at = kind.oldest(tenant)
        goes_by = at + KEPT_FOR if at is not None else None
        found.append(OldestRecord(kind.name, kind.label, at, at is not None and at < due, goes_by))
    return found


def last_run() -> PurgeRun | None:
    """The last run that came to its end."""
    return PurgeRun.objects.filter(ended_at__isnull=False).first()


def last_whole_run() -> PurgeRun | None:
    return PurgeRun.objects.filter(is_whole=True).first()


def removed_by(run: PurgeRun, tenant: Tenant) -> list[tuple[StrPromise, int]]:
    """What that run took away of the tenant: kinds and numbers; of others nothing is told."""
    share = PurgeShare.objects.filter(run=run, tenant=tenant).first()
    removed = share.removed if share is not None else {}
    return [(kind.label, int(removed.get(kind.name, 0))) for kind in kept_kinds()]


def next_run(last: PurgeRun | None) -> datetime | None:
    """When the worker does it next, if beat and worker run."""
    every: timedelta = settings.CELERY_BEAT_SCHEDULE["forget who helped whom after 30 days"][
        "schedule"
    ]
    return last.began_at + every if last is not None else None


def is_overdue() -> bool:
    """Whether no whole run has happened for more than a day: nobody may rely on M4 then.

    A site that was set up less than a day ago and has not run it yet is not late.
    """
    whole = last_whole_run()
    if whole is not None:
        return whole.began_at < now() - LATE_AFTER
    first = Tenant.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return first is not None and first < now() - LATE_AFTER
