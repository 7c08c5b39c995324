"""The purge: after 30 days nothing here names anybody in connection with a session (M4)."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.conf import settings

from apps.common.clock import now
from apps.common.retention import kept_kinds
from apps.reports.models import PurgeRun, PurgeShare

logger = logging.getLogger(__name__)

# A run gives the worker back after that; the next one goes on.
AT_MOST = timedelta(minutes=2)
RUNS_KEPT_FOR = timedelta(days=90)


def purge(*, at_most: timedelta = AT_MOST) -> PurgeRun:
    """Delete what has come to its time, of every kind, and write down what was deleted.

    Idempotent, and safe when two do it at once or one is killed: what is left goes next time. A kind that fails does not
    keep the others; the run then counts as not whole.
    """
    began = now()
    before = began - settings.REMOTEHELP_NAMES_KEPT_FOR
    run = PurgeRun.objects.create(began_at=began)
    removed: dict[uuid.UUID, dict[str, int]] = {}
    are_all = True
    for kind in kept_kinds():
        try:
            due = kind.due(before)
            is_all = kind.forget(before, until=began + at_most)
            left = {} if is_all else kind.due(before)
        except Exception:
            logger.exception("the purge of %s failed", kind.name)
            due, is_all, left = {}, False, {}
        for tenant_id, number in due.items():
            removed.setdefault(tenant_id, {})[kind.name] = number - left.get(tenant_id, 0)
        run.removed[kind.name] = sum(due.values()) - sum(left.values())
        are_all = are_all and is_all
    run.is_whole, run.ended_at = are_all, now()
    run.save()
    PurgeShare.objects.bulk_create(
        PurgeShare(run=run, tenant_id=tenant_id, removed=share)
        for tenant_id, share in removed.items()
    )
    PurgeRun.objects.filter(began_at__lt=began - RUNS_KEPT_FOR).delete()
    logger.info("purged", extra={"removed": run.removed, "is_whole": run.is_whole})
    return run
