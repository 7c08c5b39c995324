"""What lower apps announce without knowing who listens."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.dispatch import Signal

# Something on which a help decision stands has changed. Sent after commit with `tenant_id`.
ground_changed = Signal()

# Sign-ins of a person's device apps have ended, one or all. Sent after commit with `person_id`.
app_sign_ins_ended = Signal()


def announce_ground_change(tenant_id: uuid.UUID) -> None:
    """Tell, after the commit, that running sessions of this tenant have to be asked about again.

    Robust: the change stands whatever the listeners do, and the periodic question is the net under them.
    """
    transaction.on_commit(
        lambda: ground_changed.send(sender=None, tenant_id=tenant_id), robust=True
    )


def announce_app_sign_out(person_id: uuid.UUID) -> None:
    """Tell, after the commit, that sockets of the person's device apps have to be asked about again."""
    transaction.on_commit(
        lambda: app_sign_ins_ended.send(sender=None, person_id=person_id), robust=True
    )
