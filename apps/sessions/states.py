"""The life of a session on one screen: its states, the legal steps, and why it may end."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    WAITING = "waiting", _("Waiting for the other side")
    INTRODUCED = "introduced", _("Both sides are here")
    REQUESTED = "requested", _("Waiting for an answer")
    CONNECTING = "connecting", _("Connecting")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


STEPS: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.INTRODUCED, State.ENDED}),  # code issued
    State.INTRODUCED: frozenset({State.REQUESTED, State.ENDED}),  # both see who the other is
    # Declined (back to the choice), or allowed.
    State.REQUESTED: frozenset({State.INTRODUCED, State.CONNECTING, State.ENDED}),
    State.CONNECTING: frozenset({State.ACTIVE, State.ENDED}),
    State.ACTIVE: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}

RUNNING = frozenset({State.CONNECTING, State.ACTIVE})
OPEN = frozenset(State) - {State.ENDED}


def may_step(old: State, new: State) -> bool:
    return new in STEPS[old]


def may_signal(state: State) -> bool:
    """Whether offers, answers and candidates may pass: only after consent, only before the end."""
    return state in RUNNING


class Kind(TextChoices):
    """What the sharer is asked for. Fixed by the consent, never changed after it (S5)."""

    VIEW_SCREEN = "view_screen", _("View screen")
    FULL_CONTROL = "full_control", _("Full control")


class Elevation(TextChoices):
    NONE = "none", _("Not asked")
    ASKED = "asked", _("Asked")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


ELEVATION_STEPS: dict[Elevation, frozenset[Elevation]] = {
    Elevation.NONE: frozenset({Elevation.ASKED}),
    Elevation.ASKED: frozenset({Elevation.GRANTED, Elevation.REFUSED}),
    Elevation.GRANTED: frozenset({Elevation.NONE}),  # taken back by the sharer
    Elevation.REFUSED: frozenset({Elevation.ASKED}),
}


def may_elevate(state: State, kind: str | None) -> bool:
    return state == State.ACTIVE and kind == Kind.FULL_CONTROL


class EndReason(TextChoices):
    EXPIRED = "expired", _("The code ran out before it was used")
    ABANDONED = "abandoned", _("Nobody went on in time")
    DECLINED = "declined", _("The sharer declined the request")
    TURNED_DOWN = "turned_down", _("The invitation was declined on the device")
    HELPER_LEFT = "helper_left", _("The helper left")
    SHARER_LEFT = "sharer_left", _("The sharer left")
    CONNECTION_LOST = "connection_lost", _("The connection was lost")
    NOT_CONNECTED = "not_connected", _("No connection came about")
    TIME_LIMIT = "time_limit", _("The longest time that a session may last was over")
    GROUND_LOST = "ground_lost", _("The right to this session was withdrawn")
    ENDED_BY_ADMIN = "ended_by_admin", _("An administrator ended the session")
