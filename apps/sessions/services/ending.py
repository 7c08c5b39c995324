"""Ending a session, and asking whether a running one still stands on firm ground."""

from __future__ import annotations

from django.db import transaction

from apps.common.clock import now
from apps.roles.models import Action
from apps.sessions.eligibility import ACTION_OF_KIND, Check, decision_on
from apps.sessions.models import HelpSession, Refusal
from apps.sessions.services.core import IllegalStepError, lock, move_elevation, step
from apps.sessions.states import Elevation, EndReason, Kind, State
from apps.tenants.models import User


def end_session(
    *, actor: User | None, session: HelpSession, reason: EndReason, detail: str = ""
) -> HelpSession:
    """End the session, from any state, for one reason; the first one who ends it wins, the rest are refused.

    Does not ask who the actor is: the caller has.
    """
    with transaction.atomic():
        return step(
            lock(session),
            State.ENDED,
            actor=actor,
            name="ended",
            detail=detail or reason.value,
            end_reason=reason,
            end_detail=detail,
            ended_by=actor,
            ended_at=now(),
            expires_at=None,
            helper_lost_at=None,
            sharer_lost_at=None,
        )


def _refusal_of(session: HelpSession, action: Action) -> Check | None:
    if session.sharer_id is None or session.allowed_at is None:
        return None
    return decision_on(
        helper_id=session.helper_id,
        sharer_id=session.sharer_id,
        device_id=session.device_id,
        action=action,
        app_version=session.app_version,
        running_since=session.allowed_at,
    ).refusal


def _record(session: HelpSession, code: str) -> None:
    Refusal.objects.create(
        tenant_id=session.tenant_id,
        session=session,
        helper_id=session.helper_id,
        sharer_id=session.sharer_id,
        step="running",
        code=code,
    )


def end_if_groundless(session: HelpSession) -> bool:
    """End a running session that would not be allowed any more, and say whether it was ended.

    When only the right to elevation is gone, the elevation is taken back and the session goes on.
    """
    if not session.is_live or not session.kind:
        return False
    refusal = _refusal_of(session, ACTION_OF_KIND[Kind(session.kind)])
    try:
        if refusal is not None:
            with transaction.atomic():
                _record(session, refusal.code)
                end_session(
                    actor=None, session=session, reason=EndReason.GROUND_LOST, detail=refusal.code
                )
            return True
        _withdraw_elevation(session)
    except IllegalStepError:
        pass  # it ended, or the sharer took the elevation back, meanwhile
    return False


def _withdraw_elevation(session: HelpSession) -> None:
    if session.elevation != Elevation.GRANTED:
        return
    refusal = _refusal_of(session, Action.ELEVATION)
    if refusal is None:
        return
    with transaction.atomic():
        _record(session, refusal.code)
        move_elevation(
            session,
            actor=None,
            old=Elevation.GRANTED,
            new=Elevation.NONE,
            name="elevation_withdrawn",
        )
