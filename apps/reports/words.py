"""A session of the report, said in words: what it was, how it ended, and what happened in it step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.sessions.grounds import message_of
from apps.sessions.models import HelpSession, Refusal, SessionEvent, Side
from apps.sessions.states import EndReason, Kind, State


def device_words(session: HelpSession) -> str:
    """The device; a device app without a record, and a plain browser, have no device to point to (M3)."""
    if session.device_name:
        return session.device_name
    if session.sharer_id is None:
        return ""
    return _("Unenrolled device") if session.app_version else pgettext("device", "Browser")


def kind_words(session: HelpSession) -> str:
    """The kind, once it was asked for, and whether elevation was used."""
    if not session.kind:
        return ""
    kind = str(Kind(session.kind).label)
    return _("%(kind)s with elevation") % {"kind": kind} if session.was_elevated else kind


def length_words(length: timedelta | None) -> str:
    """Hours, minutes and seconds as a clock shows them; empty if there never was a picture."""
    if length is None:
        return ""
    seconds = max(0, int(length.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def standing_words(session: HelpSession) -> str:
    """How it ended, or how it stands."""
    if session.is_ended:
        return str(EndReason(session.end_reason).label)
    return str(State(session.state).label)


def _side_words(detail: str) -> str:
    return str(Side(detail).label) if detail in Side.values else ""


def _ended(event: SessionEvent, who: str) -> str:
    reason = event.detail
    if reason == EndReason.HELPER_LEFT or reason == EndReason.SHARER_LEFT:
        return _("%(name)s ended the session.") % {"name": who}
    if reason == EndReason.TURNED_DOWN:
        return _("%(name)s declined the invitation.") % {"name": who}
    if reason == EndReason.ENDED_BY_ADMIN:
        return _("%(name)s ended the session as an administrator.") % {"name": who}
    if message_of(reason):
        return _("The session ended because its ground fell away: %(reason)s") % {
            "reason": message_of(reason)
        }
    label = EndReason(reason).label if reason in EndReason.values else _("no reason was recorded")
    return _("The session ended: %(reason)s.") % {"reason": label}


def _kind_of(event: SessionEvent) -> str:
    return str(Kind(event.detail).label) if event.detail in Kind.values else event.detail


# One whole sentence for each event; named parts only, so that every language can order them.
_SAID: dict[str, Callable[[SessionEvent, str], str]] = {
    "opened": lambda event, who: _("%(name)s got a security code.") % {"name": who},
    "opened_on_device": lambda event, who: (
        _("%(name)s started a session at this device.") % {"name": who}
    ),
    "notice_shown": lambda event, who: _("The notice was shown on the device."),
    "invitation_opened": lambda event, who: _("%(name)s opened the invitation.") % {"name": who},
    "code_renewed": lambda event, who: _("%(name)s got a new security code.") % {"name": who},
    "redeemed": lambda event, who: _("%(name)s entered the security code.") % {"name": who},
    "requested": lambda event, who: (
        _("%(name)s asked for: %(kind)s.") % {"name": who, "kind": _kind_of(event)}
    ),
    "allowed": lambda event, who: (
        _("%(name)s allowed: %(kind)s.") % {"name": who, "kind": _kind_of(event)}
    ),
    "declined": lambda event, who: (
        _("%(name)s declined: %(kind)s.") % {"name": who, "kind": _kind_of(event)}
    ),
    "not_answered": lambda event, who: _("The request was not answered in time."),
    "connected": lambda event, who: _("The picture came through. The session is active."),
    "elevation_asked": lambda event, who: _("%(name)s asked for elevation.") % {"name": who},
    "elevation_granted": lambda event, who: _("%(name)s granted elevation.") % {"name": who},
    "elevation_refused": lambda event, who: _("%(name)s refused elevation.") % {"name": who},
    "elevation_revoked": lambda event, who: _("%(name)s took elevation back.") % {"name": who},
    "elevation_withdrawn": lambda event, who: _(
        "Elevation was taken back because the right to it was withdrawn."
    ),
    "socket_lost": lambda event, who: (
        _("The connection to the server was lost on this side: %(side)s.")
        % {"side": _side_words(event.detail)}
    ),
    "socket_back": lambda event, who: (
        _("The connection to the server came back on this side: %(side)s.")
        % {"side": _side_words(event.detail)}
    ),
    "picture_lost": lambda event, who: (
        _("The picture was lost on this side: %(side)s.") % {"side": _side_words(event.detail)}
    ),
    "picture_back": lambda event, who: (
        _("The picture came back on this side: %(side)s.") % {"side": _side_words(event.detail)}
    ),
    "ended": _ended,
}


def event_words(event: SessionEvent) -> str:
    """What that event means to a reader of the report."""
    who = event.actor.full_name if event.actor is not None else _("Somebody")
    said = _SAID.get(event.name)
    return said(event, who) if said is not None else event.name


def refusal_words(refusal: Refusal) -> str:
    """What the help decision refused, and why."""
    return _("The help decision refused a step: %(reason)s") % {
        "reason": message_of(refusal.code) or refusal.code
    }
