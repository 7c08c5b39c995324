"""What the site answers, as the app takes it: every field checked, whatever else is there ignored.

The site may be hostile or another program altogether; an answer that does not fit raises `not_ours`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from remotehelp_app.server.errors import not_ours
from remotehelp_app.status import ElevationState, Kind

STATES = frozenset({"waiting", "introduced", "requested", "connecting", "active", "ended"})
KINDS = frozenset({"view_screen", "full_control"})
ELEVATIONS = frozenset({"none", "asked", "granted", "refused"})
_NAME, _WORD, _ADDRESS = 400, 80, 2000


@dataclass(frozen=True, slots=True)
class Card:
    full_name: str
    initials: str
    job_title: str
    company: str
    verified_domain: str
    picture: str


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Times are seconds since 1970; empty texts and None mean that there is none."""

    id: str
    state: str
    kind: Kind | None
    consented_kind: Kind | None
    helper: Card
    is_chat_allowed: bool
    sign_out_at_end: bool
    elevation: ElevationState
    was_elevated: bool
    active_at: float | None
    expires_at: float | None
    end_reason: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in."""

    id: str
    full_name: str
    email: str
    language: str
    verified_domain: str


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    id: str
    name: str
    is_enrolled: bool
    is_compliant: bool
    failed_policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvitationInfo:
    """A helper who wants to help on this device; `expires_at` is by the site's clock."""

    session_id: str
    helper: Card
    expires_at: float


@dataclass(frozen=True, slots=True)
class Versions:
    recommended: str
    mandatory: str


def text(found: Mapping[str, Any], name: str, limit: int = _NAME) -> str:
    """A text of at most `limit` characters; empty where it is missing or null."""
    value = found.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise not_ours()
    return "".join(c for c in value if c.isprintable())


def flag(found: Mapping[str, Any], name: str) -> bool:
    value = found.get(name)
    if not isinstance(value, bool):
        raise not_ours()
    return value


def moment(found: Mapping[str, Any], name: str) -> float | None:
    value = found.get(name)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError) as error:
        raise not_ours() from error


def identity(found: Mapping[str, Any], name: str = "id") -> str:
    try:
        return str(uuid.UUID(found[name]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise not_ours() from error


def one_of(found: Mapping[str, Any], name: str, known: frozenset[str]) -> str | None:
    value = found.get(name)
    if value is None:
        return None
    if value not in known:
        raise not_ours()
    return cast("str", value)


def table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise not_ours()
    return value


def card(value: object) -> Card:
    found = table(value)
    return Card(
        full_name=text(found, "full_name"),
        initials=text(found, "initials", 8),
        job_title=text(found, "job_title"),
        company=text(found, "company"),
        verified_domain=text(found, "verified_domain"),
        picture=text(found, "picture", _ADDRESS),
    )


def session(value: object) -> SessionInfo:
    found = table(value)
    state = one_of(found, "state", STATES)
    if state is None or found.get("side") != "sharer":
        raise not_ours()
    return SessionInfo(
        id=identity(found),
        state=state,
        kind=cast("Kind | None", one_of(found, "kind", KINDS)),
        consented_kind=cast("Kind | None", one_of(found, "consented_kind", KINDS)),
        helper=card(found.get("helper")),
        is_chat_allowed=flag(found, "is_chat_allowed"),
        sign_out_at_end=flag(found, "sign_out_at_end"),
        elevation=cast("ElevationState", one_of(found, "elevation", ELEVATIONS) or "none"),
        was_elevated=flag(found, "was_elevated"),
        active_at=moment(found, "active_at"),
        expires_at=moment(found, "expires_at"),
        end_reason=text(found, "end_reason", _WORD),
        ended_by=text(found, "ended_by", _WORD),
    )


def me(value: object) -> Me:
    found = table(value)
    return Me(
        id=identity(found),
        full_name=text(found, "full_name"),
        email=text(found, "email"),
        language=text(found, "language", 20),
        verified_domain=text(found, "verified_domain"),
    )


def device(value: object) -> DeviceInfo:
    found = table(value)
    failed = found.get("failed_policies")
    if not isinstance(failed, list) or len(failed) > 200:
        raise not_ours()
    return DeviceInfo(
        id=identity(found),
        name=text(found, "name"),
        is_enrolled=text(found, "enrolment", _WORD) == "enrolled",
        is_compliant=flag(found, "is_compliant"),
        failed_policies=tuple(text(table(policy), "name") for policy in failed),
    )


MOST_INVITATIONS = 20


def invitation(value: object) -> InvitationInfo:
    found = table(value)
    expires_at = moment(found, "expires_at")
    if expires_at is None:
        raise not_ours()
    return InvitationInfo(identity(found, "session"), card(found.get("helper")), expires_at)


def invitations(value: object) -> tuple[InvitationInfo, ...]:
    """Those in an answer or a message that names them."""
    found = table(value).get("invitations")
    if not isinstance(found, list) or len(found) > MOST_INVITATIONS:
        raise not_ours()
    return tuple(invitation(one) for one in found)


def versions(value: object) -> Versions:
    found = table(value)
    return Versions(text(found, "recommended", _WORD), text(found, "mandatory", _WORD))
