"""What devices do when something below them changes."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from apps.devices import notices
from apps.tenants.signals import app_sign_ins_ended


@receiver(app_sign_ins_ended)
def doubt_sockets_of(*, person_id: uuid.UUID, **kwargs: Any) -> None:
    notices.person_signed_out(person_id)
