"""What time alone does to licences, written down. Whether one is in force is read from the clock and waits for nobody."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Q

from apps.common.clock import now
from apps.licenses.models import IN_FORCE, License, LicenseState
from apps.tenants import audit
from apps.tenants.models import Act


def note_states() -> int:
    """Write into the audit log which licences have become active or have run out since the last time; gives their number.

    Idempotent and safe beside others doing the same. Nobody is told and no session is asked about: a licence that
    becomes active opens by itself, and one that ends leaves what runs (L3).
    """
    at = now()
    due = License.objects.filter(
        Q(noted_state=LicenseState.PENDING, activates_at__lte=at)
        | Q(noted_state__in=[*IN_FORCE, LicenseState.PENDING], ends_at__lte=at),
        cancelled_at__isnull=True,
    )
    return sum(_note(pk) for pk in due.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _note(pk: uuid.UUID) -> bool:
    row = License.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None:
        return False
    old, new = LicenseState(row.noted_state), row.state_to_note(now())
    if new == old or row.cancelled_at is not None:
        return False
    row.noted_state = new
    row.save(update_fields=["noted_state"])
    audit.record(
        actor=None,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old={"noted_state": old},
        new={"noted_state": new},
    )
    return True
