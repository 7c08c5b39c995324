"""What sessions do when something below them changes."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from apps.sessions.services import end_groundless
from apps.tenants.signals import ground_changed


@receiver(ground_changed)
def end_sessions_without_ground(*, tenant_id: uuid.UUID, **kwargs: Any) -> None:
    end_groundless(tenant_id=tenant_id)
