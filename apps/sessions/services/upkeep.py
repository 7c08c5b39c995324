"""What time and changed rights do to sessions: expiry, lost connections, withdrawn ground, tidying."""

from __future__ import annotations

import contextlib
import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.sessions.eligibility import ACTION_OF_KIND, decision_on
from apps.sessions.models import EntryTries, HelpSession, Refusal, SecurityCode
from apps.sessions.selectors import due_sessions
from apps.sessions.services.core import IllegalStepError
from apps.sessions.services.steps import decline, end_session
from apps.sessions.states import RUNNING, EndReason, Kind, State

logger = logging.getLogger(__name__)

_RAN_OUT: dict[State, EndReason] = {
    State.WAITING: EndReason.EXPIRED,
    State.INTRODUCED: EndReason.ABANDONED,
    State.CONNECTING: EndReason.NOT_CONNECTED,
}


def _is_lost(session: HelpSession, at: datetime) -> bool:
    """Whether a side has been without socket or picture, or its process silent, for too long."""
    reconnect_before = at - settings.REMOTEHELP_RECONNECT_WITHIN
    silent_before = at - settings.REMOTEHELP_SILENT_FOR
    lost = (session.helper_lost_at, session.sharer_lost_at)
    seen = (session.helper_seen_at, session.sharer_seen_at)
    return any(t is not None and t <= reconnect_before for t in lost) or any(
        t is not None and t <= silent_before for t in seen
    )


def settle(session: HelpSession) -> HelpSession:
    """Carry out what the clock already decided of this session, and give it back as it stands now.

    Idempotent and safe beside others doing the same. Every page and socket asks it first, so that expiry
    never depends on a task having run.
    """
    at = now()
    with contextlib.suppress(IllegalStepError):  # somebody else settled it
        if session.state in RUNNING and _is_lost(session, at):
            end_session(actor=None, session=session, reason=EndReason.CONNECTION_LOST)
        elif session.is_expired(at):
            if session.state == State.REQUESTED:
                decline(actor=None, session=session, name="not_answered")
            elif session.state in _RAN_OUT:
                end_session(actor=None, session=session, reason=_RAN_OUT[State(session.state)])
    session.refresh_from_db()
    return session


def end_due_sessions() -> int:
    """Settle every session whose time has run out; gives the number looked at. Run by the worker."""
    at = now()
    due = due_sessions(
        at, at - settings.REMOTEHELP_RECONNECT_WITHIN, at - settings.REMOTEHELP_SILENT_FOR
    )
    found = list(due[:500])
    for session in found:
        settle(session)
    return len(found)


def _end_if_groundless(session: HelpSession) -> bool:
    if session.sharer_id is None or not session.kind:
        return False
    decision = decision_on(
        helper_id=session.helper_id,
        sharer_id=session.sharer_id,
        device_id=session.device_id,
        action=ACTION_OF_KIND[Kind(session.kind)],
        app_version=session.app_version,
        is_running=True,
    )
    refusal = decision.refusal
    if refusal is None:
        return False
    try:
        with transaction.atomic():
            Refusal.objects.create(
                tenant_id=session.tenant_id,
                session=session,
                helper_id=session.helper_id,
                sharer_id=session.sharer_id,
                step="running",
                code=refusal.code,
            )
            end_session(
                actor=None, session=session, reason=EndReason.GROUND_LOST, detail=refusal.code
            )
    except IllegalStepError:
        return False  # it ended meanwhile
    return True


def end_groundless(*, tenant_id: uuid.UUID | None = None) -> int:
    """End the running sessions whose ground has fallen away (seat, role, person, switch); gives their number.

    With a tenant, only its sessions: asked right after a change. Without, all: the net under it.
    """
    running = HelpSession.objects.live().select_related("helper", "sharer")
    if tenant_id is not None:
        running = running.filter(tenant_id=tenant_id)
    number = 0
    for session in running.iterator(chunk_size=200):
        try:
            number += _end_if_groundless(session)
        except RuleError as error:
            logger.warning("session not asked about: %s", error.code, extra={"pk": str(session.pk)})
    return number


def forget_spent_codes() -> int:
    """Delete codes and entry tries that can decide nothing any more; gives the number of rows."""
    at = now()
    codes, _ = SecurityCode.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()
    tries, _ = EntryTries.objects.filter(
        since__lt=at - settings.REMOTEHELP_CODE_TRIES_WITHIN - settings.REMOTEHELP_CODE_LOCKED_FOR
    ).delete()
    return codes + tries
