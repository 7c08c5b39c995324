"""How a test reads what became of a session."""

from __future__ import annotations

from typing import Any

from apps.sessions.models import HelpSession


def reread(session: HelpSession) -> Any:
    return HelpSession.objects.get(pk=session.pk)


def story(session: HelpSession) -> list[str]:
    """The names of the session's events, in order."""
    return [event.name for event in session.events.all()]


def last_event(session: HelpSession) -> tuple[str, str, str, object]:
    """Name, old state, new state and actor of the newest event."""
    event = session.events.last()
    assert event is not None
    return event.name, event.old, event.new, event.actor
