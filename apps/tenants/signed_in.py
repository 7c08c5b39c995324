"""How somebody who holds a live socket signed in, and whether that still stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from apps.common.clock import now
from apps.tenants.models import User


@dataclass(frozen=True, slots=True)
class SignIn:
    """The HTTP session that a socket was opened with. It outlives no sign-out and no new password."""

    person_id: uuid.UUID
    session_key: str
    auth_hash: str


def ended_sign_ins(sign_ins: Collection[SignIn]) -> set[SignIn]:
    """Those of them that stand no more: signed out, here or from elsewhere, expired, password changed, disabled.

    Two queries for any number (in parts of 500).
    """
    ended: set[SignIn] = set()
    rest = list(sign_ins)
    for start in range(0, len(rest), 500):
        some = rest[start : start + 500]
        standing = set(
            Session.objects.filter(
                session_key__in=[s.session_key for s in some], expire_date__gt=now()
            ).values_list("session_key", flat=True)
        )
        people = User.objects.filter(is_active=True).in_bulk({s.person_id for s in some})
        ended |= {s for s in some if s.session_key not in standing or not _is_valid(s, people)}
    return ended


def _is_valid(sign_in: SignIn, people: dict[uuid.UUID, User]) -> bool:
    person = people.get(sign_in.person_id)
    return person is not None and any(
        constant_time_compare(sign_in.auth_hash, valid)
        for valid in (
            person.get_session_auth_hash(),
            *person.get_session_auth_fallback_hash(),
        )
    )
