"""What lower apps announce without knowing who listens."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.dispatch import Signal

# Something on which a help decision stands has changed. Sent after commit with `tenant_id`.
ground_changed = Signal()


def announce_ground_change(tenant_id: uuid.UUID) -> None:
    """Tell, after the commit, that running sessions of this tenant have to be asked about again.

    Robust: the change stands whatever the listeners do, and the periodic question is the net under them.
    """
    transaction.on_commit(
        lambda: ground_changed.send(sender=None, tenant_id=tenant_id), robust=True
    )
