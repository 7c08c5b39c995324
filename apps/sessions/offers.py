"""What a helper may ask for in a session right now, and why not: one answer for pages, API and sockets."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.devices.selectors import FailedPolicy
from apps.roles.models import Action
from apps.sessions.eligibility import ACTION_OF_KIND, decide
from apps.sessions.models import HelpSession
from apps.sessions.selectors import Facts, gather_facts
from apps.sessions.states import Kind, State, may_elevate


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


def _facts(session: HelpSession) -> Facts | None:
    if session.sharer_id is None:
        return None
    return gather_facts(
        helper_id=session.helper_id,
        sharer_id=session.sharer_id,
        device_id=session.device_id,
        app_version=session.app_version,
        at=now(),
    )


def _offer(session: HelpSession, kind: Kind, facts: Facts | None) -> Offer:
    # In the order of `services.request_kind`, so that the page and the refusal say the same.
    if facts is None:
        return Offer(kind, False, "no_sharer", _("The sharer has not entered the code yet."))
    if kind is Kind.FULL_CONTROL and not session.app_version:
        return Offer(kind, False, "kind_not_possible", _NEEDS_APP)
    refusal = decide(facts, ACTION_OF_KIND[kind]).refusal
    if refusal is not None:
        return Offer(kind, False, refusal.code, refusal.message)
    return Offer(kind, True)


def may_ask_for_elevation(session: HelpSession) -> bool:
    """Whether the helper's roles allow elevation here, in a session that can have it (S7)."""
    if not may_elevate(State(session.state), session.kind):
        return False
    facts = _facts(session)
    return facts is not None and decide(facts, Action.ELEVATION).refusal is None


def offers_for(session: HelpSession) -> tuple[Offer, ...]:
    """Every kind, each open to the session's helper or with the reason why it is not; asked anew each time.

    Says nothing of the session's state: asking is possible only while both are introduced.
    """
    facts = _facts(session)
    return tuple(_offer(session, kind, facts) for kind in Kind)


def warnings_for(session: HelpSession) -> tuple[FailedPolicy, ...]:
    """The policies that the sharer's device fails (D3). A warning for the helper; it never refuses."""
    facts = _facts(session)
    return facts.failed_policies if facts is not None else ()
