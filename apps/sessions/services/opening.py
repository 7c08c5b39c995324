"""Getting a security code, and redeeming one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotAllowedError, NotFoundError, RuleError
from apps.devices.models import Device
from apps.devices.selectors import find_device_of, has_too_many_devices
from apps.devices.services import TooManyDevicesError
from apps.roles.models import Action
from apps.roles.selectors import actions_anywhere
from apps.sessions import codes, notices
from apps.sessions.models import EntryTries, HelpSession, Refusal, SecurityCode, Side
from apps.sessions.services.core import (
    IllegalStepError,
    lock,
    record_event,
    require_eligible,
    require_side,
    step,
)
from apps.sessions.states import State
from apps.tenants.models import Tenant, User
from apps.tenants.selectors import tenant_of


class NotAHelperError(NotAllowedError):
    code = "not_a_helper"
    message = _(
        "You have no role that lets you help anybody. An administrator can give you one under Roles."
    )


class TooManyOpenError(RuleError):
    code = "too_many_open"
    message = _("You have too many unused codes. End one of the waiting sessions first.")


class WrongCodeError(RuleError):
    """The same for unknown, expired, used and foreign codes (S2)."""

    code = "wrong_code"
    status = 404
    message = _("This code is not valid. Check it, or ask your help desk for a new one.")


class OwnCodeError(RuleError):
    code = "own_code"
    message = _("This is your own code. Tell it to the person who asked you for help.")


class OtherDeviceError(RuleError):
    code = "other_device"
    message = _("This session was started for another device. Enter the code on that device.")


class TooManyTriesError(RuleError):
    code = "too_many_tries"
    status = 429
    message = _("Too many wrong codes. Wait ten minutes and try again.")

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A waiting session and its code: shown once, kept nowhere."""

    session: HelpSession
    code: str
    expires_at: datetime


def _code_valid_for(tenant: Tenant) -> timedelta:
    """The organisation's own time for codes, or the site's."""
    minutes = tenant.code_valid_minutes
    if minutes is not None:
        return timedelta(minutes=minutes)
    valid_for: timedelta = settings.REMOTEHELP_CODE_VALID_FOR
    return valid_for


def _issue(session: HelpSession) -> OpenedSession:
    code = codes.issue()
    expires_at = now() + _code_valid_for(session.tenant)
    SecurityCode.objects.create(session=session, digest=codes.digest(code), expires_at=expires_at)
    return OpenedSession(session, code, expires_at)


def open_session(*, actor: User, aimed_at: Device | None = None) -> OpenedSession:
    """A new waiting session with a security code (S1). The actor becomes its helper.

    Refuses whoever could help nobody at all; whether they may help the one who comes is asked when the code
    is redeemed. Several at once are fine (D5), up to a limit.
    """
    tenant = tenant_of(actor)
    if not actions_anywhere(actor):
        raise NotAHelperError
    if aimed_at is not None and aimed_at.tenant_id != tenant.pk:
        raise NotFoundError
    waiting = HelpSession.objects.filter(
        helper=actor, state=State.WAITING, expires_at__gt=now()
    ).count()
    if waiting >= settings.REMOTEHELP_WAITING_SESSIONS:
        raise TooManyOpenError
    with transaction.atomic():
        session = HelpSession.objects.create(
            tenant=tenant,
            helper=actor,
            aimed_at=aimed_at,
            device_name=aimed_at.name if aimed_at is not None else "",
            expires_at=now() + _code_valid_for(tenant),
        )
        if aimed_at is None:
            record_event(session, actor=actor, name="opened", new=State.WAITING)
        else:
            record_event(session, actor=actor, name="opened_on_device", new=State.WAITING)
        notices.invitations_changed(session)
        return _issue(session)


def issue_new_code(*, actor: User, session: HelpSession) -> OpenedSession:
    """Another code for a session that still waits; the old one is worth nothing from now on."""
    require_side(session, actor, Side.HELPER)
    with transaction.atomic():
        at = now()
        waiting = HelpSession.objects.filter(
            pk=session.pk, state=State.WAITING, expires_at__gt=at
        ).update(expires_at=at + _code_valid_for(session.tenant))
        if waiting != 1:
            raise IllegalStepError
        SecurityCode.objects.filter(
            session=session, used_at__isnull=True, replaced_at__isnull=True
        ).update(replaced_at=at)
        record_event(session, actor=actor, name="code_renewed")
        notices.invitations_changed(session)
        return _issue(session)


class _Entry:
    """The count of wrong tries of one person and one address, shared by all processes.

    A try is counted before the code is looked at, in its own transaction, and given back when the code was
    right: so a hundred tries at once get no further than a hundred in a row. Nothing but time forgives wrong
    tries: else a helper who plays the sharer would clear them with a right code after every four.
    """

    def __init__(self, person: User, address: str) -> None:
        # The address is hashed: it names a person, and only equality is needed. A code opens nothing to another
        # tenant, so nobody's wrong tries count, or can be noticed, beyond their own (T3).
        place = f"{person.tenant_id} {address}"
        of_address = salted_hmac("apps.sessions.entry", place, algorithm="sha256").hexdigest()
        self.limits = {
            f"person:{person.pk}": settings.REMOTEHELP_CODE_TRIES,
            f"address:{of_address}": settings.REMOTEHELP_CODE_TRIES_PER_ADDRESS,
        }

    def reserve(self) -> None:
        """Count one try of both, or refuse and count none: who is locked out does not lock others out."""
        at = now()
        # Durable: a refusal further up must not take the count back with it.
        with transaction.atomic(durable=True):
            rows = [self._locked_row(key, at) for key in sorted(self.limits)]
            locked = [
                row.locked_until for row in rows if row.locked_until and row.locked_until > at
            ]
            if not locked:
                for row in rows:
                    self._count(row, at)
        if locked:
            raise TooManyTriesError(max(locked))

    def _locked_row(self, key: str, at: datetime) -> EntryTries:
        EntryTries.objects.get_or_create(key=key, defaults={"since": at})
        return EntryTries.objects.select_for_update().get(key=key)

    def _count(self, row: EntryTries, at: datetime) -> None:
        is_over = row.since <= at - settings.REMOTEHELP_CODE_TRIES_WITHIN
        if row.locked_until is not None or is_over:
            row.tries, row.since, row.locked_until = 0, at, None
        row.tries += 1
        if row.tries >= self.limits[row.key]:
            row.locked_until = at + settings.REMOTEHELP_CODE_LOCKED_FOR
        row.save()

    def give_back(self) -> None:
        """The code was right: this one try was none."""
        with transaction.atomic():
            for key in sorted(self.limits):
                row = EntryTries.objects.select_for_update().filter(key=key).first()
                if row is None:
                    continue
                row.tries = max(0, row.tries - 1)
                if row.tries < self.limits[key]:
                    row.locked_until = None
                row.save()


def _note_missing_device(session: HelpSession, sharer: User) -> None:
    """Nothing is refused by it but the device: the helper reads why it is not there."""
    Refusal.objects.create(
        tenant_id=session.tenant_id,
        session=session,
        helper_id=session.helper_id,
        sharer=sharer,
        step="device",
        code=TooManyDevicesError.code,
    )


def redeem_code(
    *,
    actor: User,
    typed: str,
    address: str,
    device: Device | None = None,
    app_version: str = "",
    is_app: bool = False,
) -> HelpSession:
    """Join the session of a security code as its sharer: both sides then see who the other is (S2, S3).

    A code that is unknown, malformed, expired, used, replaced or of another tenant gets one answer, by one and
    the same road. `device` is one that has proved itself to the caller, and `app_version` what it runs. A right
    code that the help decision refuses is not used up, and both sides are told why. `is_app`: the device app asks;
    where it has no device because its person has too many, the helper is told why this is like a plain browser.
    """
    tenant = tenant_of(actor)
    entry = _Entry(actor, address)
    entry.reserve()
    at = now()
    code = codes.normalise(typed)
    found = (
        SecurityCode.objects.select_related("session", "session__helper")
        .filter(
            digest=codes.digest(code or ""),
            session__tenant=tenant,
            session__state=State.WAITING,
            used_at__isnull=True,
            replaced_at__isnull=True,
            expires_at__gt=at,
        )
        .first()
    )
    if found is None:
        raise WrongCodeError
    entry.give_back()
    session = found.session
    if session.helper_id == actor.pk:
        raise OwnCodeError
    device = find_device_of(actor, device.pk) if device is not None else None
    if session.is_aimed and (device is None or device.pk != session.aimed_at_id):
        raise OtherDeviceError
    require_eligible(
        session,
        at_step="redeem",
        action=Action.VIEW_SCREEN,
        sharer=actor,
        device_id=device.pk if device else None,
        app_version=app_version,
    )
    with transaction.atomic():
        # The session first, then its code: the order of `issue_new_code`, so that they never block each other.
        lock(session)
        used = SecurityCode.objects.filter(
            pk=found.pk, used_at__isnull=True, replaced_at__isnull=True
        ).update(used_at=at)
        if used != 1 or session.state != State.WAITING:
            raise WrongCodeError  # used, replaced or ended while we looked
        if is_app and device is None and has_too_many_devices(actor):
            _note_missing_device(session, actor)
        return step(
            session,
            State.INTRODUCED,
            actor=actor,
            name="redeemed",
            sharer=actor,
            device=device,
            device_name=device.name if device else "",
            app_version=app_version,
            introduced_at=at,
            expires_at=at + settings.REMOTEHELP_IDLE_FOR,
        )
