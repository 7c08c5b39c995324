"""What time and changed rights do to sessions: expiry, lost connections, withdrawn ground, tidying."""

from __future__ import annotations

import contextlib
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.sessions.models import EntryTries, HelpSession, SecurityCode, Side
from apps.sessions.selectors import due_sessions
from apps.sessions.services.core import IllegalStepError, has_run_out, is_lost, lock
from apps.sessions.services.ending import end_if_groundless, end_session
from apps.sessions.services.steps import decline
from apps.sessions.states import EndReason, State

logger = logging.getLogger(__name__)

_RAN_OUT: dict[State, EndReason] = {
    State.WAITING: EndReason.EXPIRED,
    State.INTRODUCED: EndReason.ABANDONED,
    State.CONNECTING: EndReason.NOT_CONNECTED,
    State.ACTIVE: EndReason.TIME_LIMIT,
}


def settle(session: HelpSession) -> HelpSession:
    """Carry out what the clock already decided of this session, and give it back as it stands now.

    Idempotent and safe beside others doing the same. Every page and socket asks it first, so that expiry
    never depends on a task having run.
    """
    session.refresh_from_db()  # a socket holds its session for hours
    if has_run_out(session, now()):
        with contextlib.suppress(IllegalStepError), transaction.atomic():
            _carry_out(lock(session))
        session.refresh_from_db()
    return session


def settled_state(session_id: uuid.UUID) -> State:
    """The state of that session after `settle`, for whoever keeps only its id; one question to the database.

    A session that is not there any more has ended.
    """
    session = HelpSession.objects.filter(pk=session_id).first()
    if session is None:
        return State.ENDED
    if has_run_out(session, now()):
        session = settle(session)
    return State(session.state)


def _carry_out(session: HelpSession) -> None:
    at = now()
    if is_lost(session, at):
        end_session(actor=None, session=session, reason=EndReason.CONNECTION_LOST)
    elif session.is_expired(at):
        if session.state == State.REQUESTED:
            decline(actor=None, session=session, name="not_answered")
        elif session.state in _RAN_OUT:
            end_session(actor=None, session=session, reason=_RAN_OUT[State(session.state)])


def mark_silent() -> None:
    """Count a side as lost from now on when its process has not touched it for too long.

    Not the end yet: after an outage of the database every side looks silent, and the next heartbeat takes the
    mark back (`touch_presence`). Whoever is really gone does not.
    """
    at = now()
    silent_before = at - settings.REMOTEHELP_SILENT_FOR
    for side in Side:
        HelpSession.objects.live().filter(
            **{f"{side.value}_seen_at__lte": silent_before, f"{side.value}_lost_at__isnull": True}
        ).update(**{f"{side.value}_lost_at": at})


def end_due_sessions() -> int:
    """Settle every session whose time has run out; gives the number looked at. Run by the worker."""
    mark_silent()
    found = list(due_sessions(now())[:500])
    for session in found:
        settle(session)
    return len(found)


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
            number += end_if_groundless(session)
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
