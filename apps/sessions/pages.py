"""What the session page shows on each side, put together once for the page and its fragments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.devices.models import Device, Enrolment
from apps.devices.selectors import (
    find_person_on,
    find_report,
    is_compliant,
    is_connected,
    policy_standings,
)
from apps.roles.models import Action
from apps.sessions import services
from apps.sessions.eligibility import ACTION_OF_KIND
from apps.sessions.models import HelpSession, Side
from apps.sessions.offers import may_ask_for_elevation, offers_for, warnings_for
from apps.sessions.selectors import (
    find_expected_sharer,
    is_notice_shown,
    last_refusal,
    own_waiting_session,
    sessions_on_device,
)
from apps.sessions.states import EndReason, State
from apps.sessions.ways import own_question
from apps.sessions.why import ASK
from apps.sessions.words import end_words, refusal_words
from apps.tenants.models import User
from apps.tenants.selectors import permissions_held, trust_card_of


def code_as_qr(link: str) -> str:
    """The link as a QR code, a data address of an SVG picture."""
    import segno  # only here: it is slow to load, and few starts need it soon

    return str(segno.make(link, error="m").svg_data_uri(scale=4, border=2, dark="#10262c"))


def _seconds_left(until: datetime | None) -> int:
    """Counted by the server's clock, so that a page with a wrong clock counts right."""
    return max(0, int((until - now()).total_seconds())) if until is not None else 0


def _panel_template(session: HelpSession, side: Side) -> str:
    if session.is_aimed and side is Side.HELPER:
        return "help_sessions/_helper_calling.html"
    if session.is_ended:
        return "help_sessions/_ended.html"
    if session.is_live:
        return f"help_sessions/_{side.value}_live.html"
    return f"help_sessions/_{side.value}_{session.state}.html"


def _calling(session: HelpSession) -> dict[str, Any]:
    """Of a session that waits for a device: whether it is there, whose it is, and whether the notice was shown."""
    aimed_at = session.aimed_at
    person = find_expected_sharer(aimed_at) if aimed_at is not None else None
    return {
        "is_device_here": aimed_at is not None and is_connected(aimed_at.pk),
        "expected": person.full_name if person is not None else "",
        "is_notice_shown": is_notice_shown(session),
    }


def _why_url(
    session: HelpSession, code: str, action: Action = Action.VIEW_SCREEN, sharer: User | None = None
) -> str:
    """Where the session's helper reads why."""
    known = sharer or session.sharer
    return own_question(
        code,
        sharer_id=known.pk if known is not None else None,
        device_id=session.device_id,
        is_browser=session.sharer is not None and not session.app_version,
        action=action,
    )


def _for_helper(session: HelpSession) -> dict[str, Any]:
    """What only the helper's side shows, as the session stands."""
    if session.is_aimed:
        return _calling(session)
    if session.state == State.ACTIVE:
        return {"can_elevate": may_ask_for_elevation(session)}
    if session.state != State.INTRODUCED:
        return {}
    answers = session.events.filter(name__in=["declined", "not_answered"])
    return {
        "offers": [
            (offer, _why_url(session, offer.code, ACTION_OF_KIND[offer.kind]))
            for offer in offers_for(session)
        ],
        "warnings": warnings_for(session),
        "last_answer": answers.order_by("-at").first(),
    }


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
    if side is Side.HELPER:
        context |= _for_helper(session)
        context["why_url"] = _why_url(session, refusal.code) if refusal is not None else ""
    if session.state in (State.WAITING, State.INTRODUCED, State.REQUESTED) and refusal is None:
        found = last_refusal(session)
        if found is not None and side is Side.HELPER:
            context["told"] = refusal_words(found)
            context["why_url"] = _why_url(session, found.code, sharer=found.sharer)
    if session.is_ended:
        context["end"] = end_words(session, side)
        context["was_expected"] = session.end_reason in (
            EndReason.HELPER_LEFT,
            EndReason.SHARER_LEFT,
        )
    return context


def device_page(actor: User, device: Device, *, refusal: RuleError | None = None) -> dict[str, Any]:
    """The context of a device's page for somebody who may look at it."""
    waiting = own_waiting_session(actor, device.pk)
    # What was just refused is said already.
    is_told = refusal is not None or waiting is not None
    foreseen = None if is_told else services.foresee(actor=actor, device=device)
    no = refusal or foreseen
    held = permissions_held(actor)
    sharer = find_expected_sharer(device) if no is not None else None
    return {
        "device": device,
        "person_on_it": find_person_on(device),
        "is_enrolled": device.enrolment == Enrolment.ENROLLED,
        "policies": policy_standings(device),
        "is_compliant": is_compliant(device, is_enrolled=device.enrolment == Enrolment.ENROLLED),
        "groups": device.groups.order_by("name"),
        "report": find_report(device),
        "sessions": sessions_on_device(actor, device),
        "waiting": waiting,
        "refusal": refusal,
        "foreseen": foreseen,
        "why_url": own_question(no.code, sharer_id=sharer.pk, device_id=device.pk)
        if no is not None and sharer is not None
        else "",
        "manages_devices": "tenants.manage_devices" in held,
        "may_ask_why": ASK in held,
    }
