"""What waits for the person on a device, as their app is told it: who asks, and until when. No content."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.sessions.models import HelpSession
from apps.sessions.selectors import invitations_of
from apps.tenants.models import User
from apps.tenants.selectors import TrustCard, trust_card_of


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A trust card, with the address of the picture."""

    card: TrustCard
    picture: str | None


def shown_person(person: User) -> ShownPerson:
    card = trust_card_of(person)
    picture = reverse("tenants:picture", args=[person.pk]) if card.has_picture else None
    return ShownPerson(card, picture)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One session that waits for this person on this device."""

    session_id: uuid.UUID
    helper: ShownPerson
    expires_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The same as the API says."""
        card = self.helper.card
        return {
            "session": str(self.session_id),
            "helper": {
                "id": card.person_id,
                "full_name": card.full_name,
                "initials": card.initials,
                "job_title": card.job_title,
                "company": card.company,
                "verified_domain": card.verified_domain,
                "picture": self.helper.picture,
            },
            "expires_at": self.expires_at.isoformat() if self.expires_at is not None else None,
        }


def _invitation(session: HelpSession) -> Invitation:
    return Invitation(session.pk, shown_person(session.helper), session.expires_at)


# More than anybody can look at; the rest appear as these go.
MOST = 20


def open_invitations(person: User, device_id: uuid.UUID) -> list[Invitation]:
    """The invitations of the person on that device, the oldest first."""
    return [_invitation(session) for session in invitations_of(person, device_id)[:MOST]]
