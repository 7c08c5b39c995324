"""The one way in which a session moves: compare-and-set, one event row, everyone told after commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotFoundError, RuleError
from apps.roles.models import Action
from apps.sessions import eligibility, notices
from apps.sessions.models import HelpSession, Refusal, SessionEvent, Side
from apps.sessions.states import (
    ELEVATION_STEPS,
    RUNNING,
    Elevation,
    State,
    may_elevate,
    may_step,
)
from apps.tenants.models import User


class IllegalStepError(RuleError):
    """The session is not in a state for this: somebody was faster, it ended, or it never was."""

    code = "illegal_step"
    message = _("The session has moved on meanwhile. This page shows how it stands now.")


def record_event(
    session: HelpSession,
    *,
    actor: User | None,
    name: str,
    old: str = "",
    new: str = "",
    detail: str = "",
) -> None:
    """One row of the session's story; in the same transaction as what it tells."""
    SessionEvent.objects.create(
        session=session, actor=actor, name=name, old=old, new=new, detail=detail, at=now()
    )


def step(
    session: HelpSession,
    new: State,
    *,
    actor: User | None,
    name: str,
    detail: str = "",
    **stamps: Any,
) -> HelpSession:
    """Move the session to `new` if it still is where the caller saw it; exactly one caller wins.

    The caller holds a transaction. The loser gets `IllegalStepError` and has written nothing.
    """
    old = State(session.state)
    if not may_step(old, new):
        raise IllegalStepError
    won = HelpSession.objects.filter(pk=session.pk, state=old).update(state=new, **stamps)
    if won != 1:
        raise IllegalStepError
    session.state = new
    for field, value in stamps.items():
        setattr(session, field, value)
    record_event(session, actor=actor, name=name, old=old, new=new, detail=detail)
    notices.session_changed(session.pk)
    if old is State.WAITING:
        notices.invitations_changed(session)
    return session


def lock(session: HelpSession) -> HelpSession:
    """Read the session anew and keep others from moving it until the caller's transaction ends.

    Whatever is decided of it after this is decided of how it is, not of how it was when it was loaded.
    """
    rows = HelpSession.objects.select_for_update(no_key=True)
    try:
        session.refresh_from_db(from_queryset=rows)
    except HelpSession.DoesNotExist as error:
        raise NotFoundError from error
    return session


def is_lost(session: HelpSession, at: datetime) -> bool:
    """Whether a running session had a side without socket or picture for too long.

    A side whose process fell silent is first marked as lost (`upkeep.mark_silent`), and so gets this time too.
    """
    if session.state not in RUNNING:
        return False
    reconnect_before = at - settings.REMOTEHELP_RECONNECT_WITHIN
    lost = (session.helper_lost_at, session.sharer_lost_at)
    return any(t is not None and t <= reconnect_before for t in lost)


def has_run_out(session: HelpSession, at: datetime) -> bool:
    """Whether the clock has decided of this session already, though nobody may have written it down yet."""
    return session.is_expired(at) or is_lost(session, at)


def move_elevation(
    session: HelpSession, *, actor: User | None, old: Elevation, new: Elevation, name: str
) -> HelpSession:
    """Move the elevation of an active full-control session, if it still is where the caller saw it."""
    if new not in ELEVATION_STEPS[old] or not may_elevate(State(session.state), session.kind):
        raise IllegalStepError
    stamps = {"elevation": new} | ({"was_elevated": True} if new is Elevation.GRANTED else {})
    won = HelpSession.objects.filter(pk=session.pk, state=State.ACTIVE, elevation=old).update(
        **stamps
    )
    if won != 1:
        raise IllegalStepError
    for field, value in stamps.items():
        setattr(session, field, value)
    record_event(session, actor=actor, name=name)
    notices.session_changed(session.pk)
    return session


def require_side(session: HelpSession, actor: User, side: Side) -> None:
    """Only that side of the session may do this; for everybody else there is no such session."""
    actual = session.side_of(actor)
    if actual is None or not actor.is_active:
        raise NotFoundError
    if actual is not side:
        raise IllegalStepError


def require_eligible(
    session: HelpSession,
    *,
    at_step: str,
    action: Action,
    sharer: User | None = None,
    device_id: Any = None,
    app_version: str = "",
) -> eligibility.Decision:
    """Ask the help decision anew; a refusal is recorded for the report and shown to both sides.

    Must be called outside a transaction that the refusal would roll back.
    """
    partner = sharer or session.sharer
    if partner is None:
        raise IllegalStepError
    decision = eligibility.decision_on(
        helper_id=session.helper_id,
        sharer_id=partner.pk,
        device_id=device_id or session.device_id,
        action=action,
        app_version=app_version or session.app_version,
    )
    refusal = decision.refusal
    if refusal is None:
        return decision
    with transaction.atomic(durable=True):
        Refusal.objects.create(
            tenant_id=session.tenant_id,
            session=session,
            helper_id=session.helper_id,
            sharer=partner,
            step=at_step,
            code=refusal.code,
        )
        notices.session_changed(session.pk)
    raise eligibility.IneligibleError(refusal)
