"""What happened in a session, said to a person: whole sentences, one for each case and side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.sessions.grounds import message_of
from apps.sessions.models import HelpSession, Refusal, Side
from apps.sessions.states import EndReason


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal of an attempt, told to the side that did not make it."""

    headline: str
    reason: str


def refusal_words(refusal: Refusal) -> Told:
    reason = message_of(refusal.code)
    if refusal.step == "redeem" and refusal.sharer is not None:
        headline = _("%(name)s entered the code but could not join.") % {
            "name": refusal.sharer.full_name
        }
    elif refusal.step == "join" and refusal.sharer is not None:
        headline = _("%(name)s opened the invitation but could not join.") % {
            "name": refusal.sharer.full_name
        }
    elif refusal.step == "device" and refusal.sharer is not None:
        headline = _("%(name)s takes part without their device.") % {
            "name": refusal.sharer.full_name
        }
    else:
        headline = _("The last step was refused.")
    return Told(headline, reason)


@dataclass(frozen=True, slots=True)
class EndWords:
    """Who ended the session and why, for one side."""

    headline: str
    reason: str


def _other_name(session: HelpSession, side: Side) -> str:
    other = session.person_on(side.other)
    return other.full_name if other is not None else ""


def end_words(session: HelpSession, side: Side) -> EndWords:
    """The end as that side reads it."""
    reason = EndReason(session.end_reason)
    left_by = {EndReason.HELPER_LEFT: Side.HELPER, EndReason.SHARER_LEFT: Side.SHARER}.get(reason)
    if left_by is side:
        return EndWords(_("You ended the session."), "")
    if left_by is not None:
        headline = _("%(name)s ended the session.") % {"name": _other_name(session, side)}
        return EndWords(headline, "")
    if reason is EndReason.GROUND_LOST:
        return EndWords(
            _("The session was ended because the right to it was withdrawn."),
            message_of(session.end_detail),
        )
    if reason is EndReason.TURNED_DOWN:
        return _turned_down_words(session)
    if reason is EndReason.EXPIRED and session.device_name:
        return EndWords(
            _("Nobody opened the invitation on %(device)s.") % {"device": session.device_name},
            _("Talk to the person, then start again from the device's page."),
        )
    if reason is EndReason.DECLINED and side is Side.SHARER:
        return EndWords(_("You declined the request, and the session has ended."), "")
    return EndWords(*_PLAIN[reason]())


def _turned_down_words(session: HelpSession) -> EndWords:
    """Only its helper reads this: nobody has become its sharer."""
    place = {"device": session.device_name}
    reason = _("Talk to the person before you try again.")
    if session.ended_by is None:
        return EndWords(_("The invitation was declined on %(device)s.") % place, reason)
    who = place | {"name": session.ended_by.full_name}
    return EndWords(_("%(name)s declined the invitation on %(device)s.") % who, reason)


_PLAIN: dict[EndReason, Callable[[], tuple[str, str]]] = {
    EndReason.EXPIRED: lambda: (
        _("The security code has run out."),
        _("Nobody entered it in time. Get a new one when the other person is ready."),
    ),
    EndReason.ABANDONED: lambda: (
        _("The session has ended because nobody went on."),
        _("Start again with a new security code."),
    ),
    EndReason.DECLINED: lambda: (
        _("The sharer declined the request."),
        _("Talk to the person before you try again with a new security code."),
    ),
    EndReason.CONNECTION_LOST: lambda: (
        _("The connection was lost."),
        _("It did not come back within 30 seconds. Start again with a new security code."),
    ),
    EndReason.NOT_CONNECTED: lambda: (
        _("No connection came about."),
        _(
            "The two devices could not reach each other in time. If it happens again, tell your "
            "administrator: a relay server may be missing or blocked."
        ),
    ),
    EndReason.TIME_LIMIT: lambda: (
        _("The longest time that your organisation allows for a session is over."),
        _("Start again with a new security code."),
    ),
    EndReason.ENDED_BY_ADMIN: lambda: (_("An administrator ended the session."), ""),
}
