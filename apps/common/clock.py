"""Time as the rules see it: aware, in UTC."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment. One function, so that rules and tests agree on the clock."""
    return timezone.now()
