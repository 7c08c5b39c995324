"""What the API shows of a session to the side that asks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from apps.devices.selectors import FailedPolicy, is_connected
from apps.sessions.invitations import ShownPerson, shown_person
from apps.sessions.models import HelpSession, Side
from apps.sessions.offers import Offer, offers_for, warnings_for
from apps.sessions.states import State


@dataclass(frozen=True, slots=True)
class AimedAt:
    """The device that a waiting session was started for, as its helper sees it."""

    pk: uuid.UUID
    name: str
    is_connected: bool


def _aimed_at(session: HelpSession, side: Side) -> AimedAt | None:
    device_id = session.aimed_at_id
    if side is not Side.HELPER or device_id is None or not session.is_aimed:
        return None
    return AimedAt(device_id, session.device_name, is_connected(device_id))


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session, the side that the reader is on, and what that side has to know to go on."""

    session: HelpSession
    side: Side
    helper: ShownPerson
    sharer: ShownPerson | None
    ended_by: Side | None
    offers: tuple[Offer, ...]
    warnings: tuple[FailedPolicy, ...]
    aimed_at: AimedAt | None

    @property
    def consented_kind(self) -> str:
        return self.session.kind if self.session.allowed_at is not None else ""


def shown_session(session: HelpSession, side: Side) -> ShownSession:
    """What is on offer is told to the helper alone, and only while they may ask: it speaks of their roles."""
    is_choosing = side is Side.HELPER and session.state == State.INTRODUCED
    return ShownSession(
        session=session,
        side=side,
        helper=shown_person(session.helper),
        sharer=shown_person(session.sharer) if session.sharer is not None else None,
        ended_by=session.side_of(session.ended_by) if session.ended_by is not None else None,
        offers=offers_for(session) if is_choosing else (),
        warnings=warnings_for(session) if is_choosing else (),
        aimed_at=_aimed_at(session, side),
    )
