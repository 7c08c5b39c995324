"""The steps of a session between two people: asked, answered, elevated, ended."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotFoundError, RuleError
from apps.roles.models import Action
from apps.sessions.eligibility import ACTION_OF_KIND
from apps.sessions.models import HelpSession, Side
from apps.sessions.services.core import (
    IllegalStepError,
    has_run_out,
    lock,
    move_elevation,
    record_event,
    require_eligible,
    require_side,
    step,
)
from apps.sessions.services.ending import end_if_groundless, end_session
from apps.sessions.states import Elevation, EndReason, Kind, State, may_elevate
from apps.tenants.models import User

# A helper may ask again after a refusal, but not wear the sharer down.
DECLINES_THAT_END = 3


class KindNotPossibleError(RuleError):
    code = "kind_not_possible"
    message = _(
        "A browser cannot pass mouse and keyboard on to the device. Full control needs the device app."
    )


class StepTakenError(IllegalStepError):
    code = "too_late"
    message = _("It is too late for this: the time to answer has run out.")


def _require_in_time(session: HelpSession) -> None:
    if has_run_out(session, now()):
        raise StepTakenError


def request_kind(*, actor: User, session: HelpSession, kind: Kind) -> HelpSession:
    """The helper asks for a kind of session (S4); the sharer has a limited time to answer.

    Refused when the help decision does not allow that kind, and full control where no device app is there to
    carry it out.
    """
    require_side(session, actor, Side.HELPER)
    if session.state != State.INTRODUCED:
        raise IllegalStepError
    _require_in_time(session)
    if kind is Kind.FULL_CONTROL and not session.app_version:
        raise KindNotPossibleError
    require_eligible(session, at_step="request", action=ACTION_OF_KIND[kind])
    with transaction.atomic():
        at = now()
        return step(
            session,
            State.REQUESTED,
            actor=actor,
            name="requested",
            detail=kind,
            kind=kind,
            requested_at=at,
            expires_at=at + settings.REMOTEHELP_ANSWER_WITHIN,
        )


def allow(*, actor: User, session: HelpSession, kind: Kind) -> HelpSession:
    """The sharer consents to the request that they were shown, and to no other."""
    require_side(session, actor, Side.SHARER)
    if session.state != State.REQUESTED or session.kind != kind:
        raise IllegalStepError
    _require_in_time(session)
    require_eligible(session, at_step="allow", action=ACTION_OF_KIND[kind])
    asked_at = session.requested_at
    with transaction.atomic():
        lock(session)
        if session.kind != kind or session.requested_at != asked_at:
            raise IllegalStepError  # declined in another tab, and asked for anew
        at = now()
        step(
            session,
            State.CONNECTING,
            actor=actor,
            name="allowed",
            detail=kind,
            allowed_at=at,
            expires_at=at + settings.REMOTEHELP_CONNECT_WITHIN,
        )
    # A right withdrawn between the question above and the commit found no running session to end.
    end_if_groundless(session)
    return session


def decline(*, actor: User | None, session: HelpSession, name: str = "declined") -> HelpSession:
    """The sharer says no, or (actor None) did not answer in time. The helper may ask differently, a few times."""
    if actor is not None:
        require_side(session, actor, Side.SHARER)
    with transaction.atomic():
        if lock(session).state != State.REQUESTED:
            raise IllegalStepError
        asked_before = session.events.filter(name__in=["declined", "not_answered"]).count()
        if asked_before + 1 >= DECLINES_THAT_END:
            record_event(session, actor=actor, name=name, detail=session.kind)
            return end_session(actor=actor, session=session, reason=EndReason.DECLINED)
        return step(
            session,
            State.INTRODUCED,
            actor=actor,
            name=name,
            detail=session.kind,
            kind="",
            requested_at=None,
            expires_at=now() + settings.REMOTEHELP_IDLE_FOR,
        )


def leave_session(*, actor: User, session: HelpSession) -> HelpSession:
    """Either side leaves, at any time (S9). Leaving what has ended already changes nothing and is no error."""
    side = session.side_of(actor)
    if side is None:
        raise NotFoundError
    reason = EndReason.HELPER_LEFT if side is Side.HELPER else EndReason.SHARER_LEFT
    try:
        return end_session(actor=actor, session=session, reason=reason)
    except IllegalStepError:
        session.refresh_from_db()
        if session.is_ended:
            return session
        raise


def ask_elevation(*, actor: User, session: HelpSession) -> HelpSession:
    """The helper asks to see and use the privilege prompt (S7); only in an active full-control session."""
    require_side(session, actor, Side.HELPER)
    if not may_elevate(State(session.state), session.kind):
        raise IllegalStepError
    require_eligible(session, at_step="elevate", action=Action.ELEVATION)
    with transaction.atomic():
        return move_elevation(
            session,
            actor=actor,
            old=Elevation(session.elevation),
            new=Elevation.ASKED,
            name="elevation_asked",
        )


def answer_elevation(*, actor: User, session: HelpSession, is_granted: bool) -> HelpSession:
    """The sharer grants or refuses elevation; granting asks the help decision again."""
    require_side(session, actor, Side.SHARER)
    if session.elevation != Elevation.ASKED:
        raise IllegalStepError
    if is_granted:
        require_eligible(session, at_step="elevate", action=Action.ELEVATION)
    with transaction.atomic():
        move_elevation(
            session,
            actor=actor,
            old=Elevation.ASKED,
            new=Elevation.GRANTED if is_granted else Elevation.REFUSED,
            name="elevation_granted" if is_granted else "elevation_refused",
        )
    end_if_groundless(session)
    return session


def revoke_elevation(*, actor: User, session: HelpSession) -> HelpSession:
    """The sharer takes elevation back while the session goes on."""
    require_side(session, actor, Side.SHARER)
    with transaction.atomic():
        return move_elevation(
            session,
            actor=actor,
            old=Elevation.GRANTED,
            new=Elevation.NONE,
            name="elevation_revoked",
        )
