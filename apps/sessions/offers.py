"""What a helper may ask for in a session right now, and why not: one answer for pages, API and sockets."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.devices.selectors import FailedPolicy
from apps.sessions.eligibility import ACTION_OF_KIND, Decision, decision_on
from apps.sessions.models import HelpSession
from apps.sessions.states import Kind


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of session. `code` and `message` are empty when the helper may ask for it."""

    kind: Kind
    is_open: bool
    code: str = ""
    message: str | StrPromise = ""


# The same refusal as `services.KindNotPossibleError`, and how to get over it.
_NEEDS_APP = _(
    "A browser cannot pass mouse and keyboard on to the device. Full control needs the device app: "
    "the sharer installs it on the device, signs in there, and enters a new code in the app."
)


def _decision(session: HelpSession, kind: Kind) -> Decision | None:
    if session.sharer_id is None:
        return None
    return decision_on(
        helper_id=session.helper_id,
        sharer_id=session.sharer_id,
        device_id=session.device_id,
        action=ACTION_OF_KIND[kind],
        app_version=session.app_version,
    )


def _offer(session: HelpSession, kind: Kind) -> Offer:
    decision = _decision(session, kind)
    if decision is None:
        return Offer(kind, False, "no_sharer", _("The sharer has not entered the code yet."))
    # The help decision goes first: who may not help at all is not sent to install something.
    refusal = decision.refusal
    if refusal is not None:
        return Offer(kind, False, refusal.code, refusal.message)
    if kind is Kind.FULL_CONTROL and not session.app_version:
        return Offer(kind, False, "kind_not_possible", _NEEDS_APP)
    return Offer(kind, True)


def offers_for(session: HelpSession) -> tuple[Offer, ...]:
    """Every kind, each open to the session's helper or with the reason why it is not; asked anew each time.

    Says nothing of the session's state: asking is possible only while both are introduced.
    """
    return tuple(_offer(session, kind) for kind in Kind)


def warnings_for(session: HelpSession) -> tuple[FailedPolicy, ...]:
    """The policies that the sharer's device fails (D3). A warning for the helper; it never refuses."""
    decision = _decision(session, Kind.VIEW_SCREEN)
    return decision.warnings if decision is not None else ()
