"""How somebody who holds a live socket signed in, in a browser or in the device app, and whether that still stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from apps.common.clock import now
from apps.tenants.app_access import grant_in, living_tokens
from apps.tenants.models import User


@dataclass(frozen=True, slots=True)
class SignIn:
    """The HTTP session that a socket was opened with. It outlives no sign-out and no new password."""

    person_id: uuid.UUID
    session_key: str
    auth_hash: str


@dataclass(frozen=True, slots=True)
class AppSignIn:
    """The sign-in of a device app that a socket was opened with: it outlives each of its tokens, not their end."""

    person_id: uuid.UUID
    grant: str
    token_hash: str


AnySignIn = SignIn | AppSignIn


def ended_sign_ins(sign_ins: Collection[AnySignIn]) -> set[AnySignIn]:
    """Those of them that stand no more: signed out, here or from elsewhere, expired, password changed, disabled.

    Three queries for any number (in parts of 500).
    """
    ended: set[AnySignIn] = set()
    pages = [s for s in sign_ins if isinstance(s, SignIn)]
    of_apps = [s for s in sign_ins if isinstance(s, AppSignIn)]
    for start in range(0, len(pages), 500):
        ended |= _ended_on_pages(pages[start : start + 500])
    for start in range(0, len(of_apps), 500):
        ended |= _ended_in_apps(of_apps[start : start + 500])
    return ended


def _ended_on_pages(some: list[SignIn]) -> set[SignIn]:
    standing = set(
        Session.objects.filter(
            session_key__in=[s.session_key for s in some], expire_date__gt=now()
        ).values_list("session_key", flat=True)
    )
    people = User.objects.filter(is_active=True).in_bulk({s.person_id for s in some})
    return {s for s in some if s.session_key not in standing or not _is_valid(s, people)}


def _ended_in_apps(some: list[AppSignIn]) -> set[AppSignIn]:
    """A sign-in stands while any token of it lives; one of which no sign-in is known, only as long as itself."""
    grants: set[tuple[uuid.UUID, str]] = set()
    hashes: set[str] = set()
    for person_id, digest, data in living_tokens({s.person_id for s in some}):
        grants.add((person_id, grant_in(data)))
        hashes.add(digest)
    return {
        s
        for s in some
        if s.token_hash not in hashes and (not s.grant or (s.person_id, s.grant) not in grants)
    }


def _is_valid(sign_in: SignIn, people: dict[uuid.UUID, User]) -> bool:
    person = people.get(sign_in.person_id)
    return person is not None and any(
        constant_time_compare(sign_in.auth_hash, valid)
        for valid in (
            person.get_session_auth_hash(),
            *person.get_session_auth_fallback_hash(),
        )
    )
