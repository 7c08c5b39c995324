"""The one way in which a session moves: compare-and-set, one event row, everyone told after commit."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotFoundError, RuleError
from apps.roles.models import Action
from apps.sessions import eligibility, notices
from apps.sessions.models import HelpSession, Refusal, SessionEvent, Side
from apps.sessions.states import State, may_step
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
    with transaction.atomic():
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
