"""What is known of sessions, gone 30 days after they ended (M4). See docs/decisions/retention.md."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.common.ids import first_id_at
from apps.common.retention import in_batches
from apps.sessions import partitions
from apps.sessions.models import HelpSession, Refusal, SecurityCode
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

# Of sessions in one transaction. On SQLite a transaction keeps every other writer waiting.
BATCH = 1_000
BATCH_ON_SQLITE = 200


def make_days_ahead() -> int:
    """On PostgreSQL, make the tables of the coming days; gives how many were new. Run by the worker."""
    return partitions.make_days_ahead()


def forget_sessions(before: datetime, *, until: datetime) -> bool:
    """Delete the sessions that ended then or earlier, with all that is known of them; running ones stay.

    Whole days first, where the database knows days; then what is left, in small batches. Gives whether all are gone; the
    rest goes in the next run.
    """
    if partitions.are_used():
        _forget_days(before)
    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
        ended = HelpSession.objects.filter(tenant=tenant_id, ended_at__lte=before)
        if not in_batches(partial(_forget_some, ended), until=until, pause=time.sleep):
            return False
    return True


def forget_refusals(before: datetime, *, until: datetime) -> bool:
    """Delete the refusals of then or earlier, whatever became of their session."""
    old = Refusal.objects.filter(at__lte=before)
    return in_batches(partial(_forget_some, old), until=until, pause=time.sleep)


def _forget_some(rows: QuerySet[Any]) -> int:
    size = BATCH if partitions.are_used() else BATCH_ON_SQLITE
    some = list(rows.order_by().values_list("pk", flat=True)[:size])
    if some:
        rows.model._default_manager.filter(pk__in=some).delete()
    return len(some)


def _forget_days(before: datetime) -> None:
    """Drop each day all of whose sessions ended then or earlier. A day that others keep busy is left for the next run.

    The coming days are made first: whoever opens a session and had to make its day would wait for the dropping, and the
    dropping for them.
    """
    partitions.make_days_ahead()
    with partitions.alone() as is_alone:
        if not is_alone or connection.in_atomic_block:
            return
        partitions.finish_interrupted()
        for part in partitions.parts(partitions.SESSIONS):
            if part.until <= first_id_at(before) and not _has_others(part, before):
                Refusal.objects.filter(_within(part, "session_id")).delete()
                SecurityCode.objects.filter(_within(part, "session_id")).delete()
                if not partitions.drop(part):
                    logger.warning("a day of sessions could not be dropped yet: %s", part.table)


def _within(part: partitions.Part, name: str) -> Q:
    return Q(**{f"{name}__lt": part.until}) & (
        Q(**{f"{name}__gte": part.first}) if part.first is not None else Q()
    )


def _has_others(part: partitions.Part, before: datetime) -> bool:
    """Whether a session in it is under way or ended later than that."""
    return (
        HelpSession.objects.filter(_within(part, "id"))
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=before))
        .exists()
    )
