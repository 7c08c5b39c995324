"""What the API shows of a session to the side that asks."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from apps.devices.selectors import FailedPolicy
from apps.sessions.models import HelpSession, Side
from apps.sessions.offers import Offer, offers_for, warnings_for
from apps.sessions.states import State
from apps.tenants.models import User
from apps.tenants.selectors import TrustCard, trust_card_of


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A trust card, with the address of the picture."""

    card: TrustCard
    picture: str | None


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

    @property
    def consented_kind(self) -> str:
        return self.session.kind if self.session.allowed_at is not None else ""


def _person(person: User) -> ShownPerson:
    card = trust_card_of(person)
    picture = reverse("tenants:picture", args=[person.pk]) if card.has_picture else None
    return ShownPerson(card, picture)


def shown_session(session: HelpSession, side: Side) -> ShownSession:
    """What is on offer is told to the helper alone, and only while they may ask: it speaks of their roles."""
    is_choosing = side is Side.HELPER and session.state == State.INTRODUCED
    return ShownSession(
        session=session,
        side=side,
        helper=_person(session.helper),
        sharer=_person(session.sharer) if session.sharer is not None else None,
        ended_by=session.side_of(session.ended_by) if session.ended_by is not None else None,
        offers=offers_for(session) if is_choosing else (),
        warnings=warnings_for(session) if is_choosing else (),
    )
