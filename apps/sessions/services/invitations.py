"""Sessions that are started from a device's page: opened at it, joined or declined on it (D4)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.devices.models import Device, Enrolment
from apps.devices.selectors import device_for, find_device_of
from apps.roles.models import Action
from apps.sessions import notices
from apps.sessions.eligibility import IneligibleError, decision_on
from apps.sessions.models import HelpSession, Refusal, SecurityCode
from apps.sessions.selectors import (
    find_expected_sharer,
    invitations_of,
    is_notice_shown,
    own_waiting_session,
)
from apps.sessions.services.core import lock, record_event, require_eligible, step
from apps.sessions.services.ending import end_session
from apps.sessions.services.opening import OpenedSession, open_session
from apps.sessions.states import EndReason, State
from apps.tenants.models import User

# A helper may ask again after a no, but not wear the person at the device down.
DECLINES_THAT_REST = 3


class AlreadyWaitingError(RuleError):
    """Carries the session, so that a page can lead there."""

    code = "already_waiting"
    message = _("You already wait for this device.")

    def __init__(self, session: HelpSession) -> None:
        super().__init__()
        self.session = session


class OwnDeviceError(RuleError):
    code = "own_device"
    message = _("This is your own device. Somebody else has to help you on it.")


class DeclinedTooOftenError(RuleError):
    code = "declined_too_often"
    message = _(
        "Your invitations to this device were declined three times. Talk to the person, and try again in ten"
        " minutes or use a security code."
    )


class InvitationGoneError(RuleError):
    """The same for one that never was, is over, was taken by somebody else, or is for another device or tenant."""

    code = "invitation_gone"
    status = 404
    message = _("This invitation is not open any more.")


def foresee(*, actor: User, device: Device) -> RuleError | None:
    """Why a session of the actor at that device would come to nothing, as far as that can be known now.

    Asked of whoever is signed in on the device, else its owner, else nobody in particular.
    """
    sharer = find_expected_sharer(device)
    if sharer is not None and sharer.pk == actor.pk:
        return OwnDeviceError()
    refusal = decision_on(
        helper_id=actor.pk,
        sharer_id=sharer.pk if sharer is not None else None,
        device_id=device.pk,
        action=Action.VIEW_SCREEN,
        app_version=device.app_version,
    ).refusal
    if refusal is not None:
        return IneligibleError(refusal)
    if _were_declined(actor, device):
        return DeclinedTooOftenError()
    return None


def _were_declined(actor: User, device: Device) -> bool:
    recently = now() - settings.REMOTEHELP_INVITATIONS_REST_FOR
    declined = HelpSession.objects.filter(
        helper=actor, aimed_at=device, end_reason=EndReason.TURNED_DOWN, ended_at__gt=recently
    )
    return declined.count() >= DECLINES_THAT_REST


def open_session_on(*, actor: User, device_id: uuid.UUID) -> OpenedSession:
    """A waiting session aimed at a device that the actor may see; whoever is signed in there gets a notice (D4).

    Refuses what the help decision is known to refuse, and writes that down. A code is made too: it works on
    that device only. One session of a helper waits for a device at a time.
    """
    device = device_for(actor, device_id)
    refusal = foresee(actor=actor, device=device)
    if isinstance(refusal, IneligibleError):
        sharer = find_expected_sharer(device)
        Refusal.objects.create(
            tenant_id=device.tenant_id,
            helper=actor,
            sharer=sharer,
            step="open",
            code=refusal.check.code,
        )
    if refusal is not None:
        raise refusal
    with transaction.atomic():
        # Of two presses of the button at once the second finds what the first has made.
        Device.objects.select_for_update(no_key=True).get(pk=device.pk)
        waiting = own_waiting_session(actor, device.pk)
        if waiting is not None:
            raise AlreadyWaitingError(waiting)
        return open_session(actor=actor, aimed_at=device)


def _invited(actor: User, device: Device, session_id: uuid.UUID) -> HelpSession:
    """The session that waits for the actor on this very device, which has proved itself to the caller."""
    own = find_device_of(actor, device.pk)
    if own is None or own.enrolment != Enrolment.ENROLLED or not actor.is_active:
        raise InvitationGoneError
    session = invitations_of(actor, own.pk).filter(pk=session_id).first()
    if session is None:
        raise InvitationGoneError
    return session


def join_invited(
    *, actor: User, session_id: uuid.UUID, device: Device, app_version: str
) -> HelpSession:
    """Join a session that is aimed at the actor's device, as its sharer, without a code (D4).

    Does what redeeming the code does, for nobody but the person on that device; its code is worth nothing after.
    A refusal of the help decision leaves the invitation open, and both sides are told why.
    """
    session = _invited(actor, device, session_id)
    require_eligible(
        session,
        at_step="join",
        action=Action.VIEW_SCREEN,
        sharer=actor,
        device_id=device.pk,
        app_version=app_version,
    )
    at = now()
    with transaction.atomic():
        lock(session)
        if session.state != State.WAITING or session.is_expired(at):
            raise InvitationGoneError  # the code was entered, or it ended, while we looked
        SecurityCode.objects.filter(
            session=session, used_at__isnull=True, replaced_at__isnull=True
        ).update(replaced_at=at)
        return step(
            session,
            State.INTRODUCED,
            actor=actor,
            name="invitation_opened",
            sharer=actor,
            device=device,
            device_name=device.name,
            app_version=app_version,
            introduced_at=at,
            expires_at=at + settings.REMOTEHELP_IDLE_FOR,
        )


def decline_invitation(*, actor: User, session_id: uuid.UUID, device: Device) -> HelpSession:
    """The person on the device says no before anything began; the helper is told so."""
    session = _invited(actor, device, session_id)
    with transaction.atomic():
        if lock(session).state != State.WAITING:
            raise InvitationGoneError
        return end_session(actor=actor, session=session, reason=EndReason.TURNED_DOWN)


def note_shown(*, actor: User, session_id: uuid.UUID, device: Device) -> None:
    """The app says that the notice is on the screen; noted once, and the helper is told."""
    session = _invited(actor, device, session_id)
    with transaction.atomic():
        if lock(session).state != State.WAITING:
            raise InvitationGoneError
        if is_notice_shown(session):
            return
        record_event(session, actor=actor, name="notice_shown")
        notices.notice_shown(session)
