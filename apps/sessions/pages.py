"""What the session page shows on each side, put together once for the page and its fragments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.sessions.models import HelpSession, Side
from apps.sessions.offers import may_ask_for_elevation, offers_for, warnings_for
from apps.sessions.selectors import last_refusal
from apps.sessions.states import EndReason, State
from apps.sessions.words import end_words, refusal_words
from apps.tenants.selectors import trust_card_of


def code_as_qr(link: str) -> str:
    """The link as a QR code, a data address of an SVG picture."""
    import segno  # only here: it is slow to load, and few starts need it soon

    return str(segno.make(link, error="m").svg_data_uri(scale=4, border=2, dark="#10262c"))


def _seconds_left(until: datetime | None) -> int:
    """Counted by the server's clock, so that a page with a wrong clock counts right."""
    return max(0, int((until - now()).total_seconds())) if until is not None else 0


def _panel_template(session: HelpSession, side: Side) -> str:
    if session.is_ended:
        return "help_sessions/_ended.html"
    if session.is_live:
        return f"help_sessions/_{side.value}_live.html"
    return f"help_sessions/_{side.value}_{session.state}.html"


def session_page(
    session: HelpSession,
    side: Side,
    *,
    refusal: RuleError | None = None,
    code: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The context of `session.html` and `_panel.html` for that side, as the session stands."""
    other = session.person_on(side.other)
    context: dict[str, Any] = {
        "session": session,
        "side": side.value,
        "other": trust_card_of(other) if other is not None else None,
        "panel_template": _panel_template(session, side),
        "refusal": refusal,
        "code": code,
        "seconds_left": _seconds_left(session.expires_at),
        "seconds_in_all": 0,
        "is_chat_enabled": session.tenant.is_chat_enabled,
        "device_words": session.device_name or _("Browser"),
    }
    if session.expires_at is not None:
        started = session.requested_at if session.state == State.REQUESTED else session.opened_at
        whole = (session.expires_at - (started or session.opened_at)).total_seconds()
        context["seconds_in_all"] = int(whole)
    if session.lasted_for is not None:
        context["seconds_active"] = int(session.lasted_for.total_seconds())
    if side is Side.HELPER and session.state == State.ACTIVE:
        context["can_elevate"] = may_ask_for_elevation(session)
    if side is Side.HELPER and session.state == State.INTRODUCED:
        context["offers"] = offers_for(session)
        context["warnings"] = warnings_for(session)
        context["last_answer"] = (
            session.events.filter(name__in=["declined", "not_answered"]).order_by("-at").first()
        )
    if session.state in (State.WAITING, State.INTRODUCED, State.REQUESTED) and refusal is None:
        found = last_refusal(session)
        if found is not None and side is Side.HELPER:
            context["told"] = refusal_words(found)
    if session.is_ended:
        context["end"] = end_words(session, side)
        context["was_expected"] = session.end_reason in (
            EndReason.HELPER_LEFT,
            EndReason.SHARER_LEFT,
        )
    return context
