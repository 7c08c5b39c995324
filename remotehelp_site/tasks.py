"""The site's own periodic work."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import cache

from apps.common.clock import now

HEARTBEAT = "remotehelp-heartbeat"
HEARTBEAT_EVERY = 30
HEARTBEAT_KEPT_FOR = 7 * 24 * 60 * 60


@shared_task
def note_heartbeat() -> None:
    """Beat asked and a worker answered: `remotehelp doctor` reads when that was last so."""
    cache.set(HEARTBEAT, now().timestamp(), HEARTBEAT_KEPT_FOR)
