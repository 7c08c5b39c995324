"""Enrolment tokens, and how a device becomes known: enrolled with one, or registered without."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError, RuleError, require_valid
from apps.devices import tokens
from apps.devices.models import Device, Enrolment, EnrolmentToken
from apps.devices.selectors import has_too_many_devices
from apps.devices.services.identity import DeviceRevokedError, OtherOwnerError
from apps.devices.services.records import announce_change, require_manager
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User
from apps.tenants.selectors import tenant_of
from apps.tenants.services import require_in_person, require_permission

LONGEST_TOKEN_LIFE = timedelta(days=366)


class WrongTokenError(RuleError):
    """The same for unknown, expired, revoked, used-up and foreign tokens."""

    code = "wrong_token"
    status = 404
    message = _("This enrolment token is not valid. Ask your administrator for a new one.")


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new enrolment token and its value: shown once, kept nowhere."""

    token: EnrolmentToken
    value: str


@transaction.atomic
def issue_enrolment_token(
    *, actor: User, name: str, expires_at: datetime, uses_left: int | None = None
) -> IssuedToken:
    """A token with which people of the actor's tenant enrol their devices, so often and until then."""
    require_permission(actor, "tenants.manage_devices")
    require_in_person(actor)
    if not now() < expires_at <= now() + LONGEST_TOKEN_LIFE:
        raise InvalidError(
            fields={"expires_at": str(_("Choose a time in the future, within a year."))}
        )
    value = tokens.issue()
    token = EnrolmentToken(
        tenant=tenant_of(actor),
        name=name,
        digest=tokens.digest(value),
        expires_at=expires_at,
        uses_left=uses_left,
        created_by=actor,
    )
    require_valid(token)
    token.save()
    audit.record(
        actor=actor,
        tenant=token.tenant,
        act=Act.ADDED,
        target=token,
        new=audit.state_of(token, "name", "expires_at", "uses_left"),
    )
    return IssuedToken(token, value)


@transaction.atomic
def revoke_enrolment_token(*, actor: User | None, token: EnrolmentToken) -> EnrolmentToken:
    """Nobody enrols with it any more; devices that did stay enrolled. Doing it twice changes nothing."""
    require_manager(actor, token.tenant)
    revoked = EnrolmentToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
    is_first = revoked.update(revoked_at=now()) == 1
    token.refresh_from_db()
    if is_first:
        audit.record(actor=actor, tenant=token.tenant, act=Act.REVOKED, target=token)
    return token


def use_token(token: EnrolmentToken | None) -> None:
    """Take one use of the token, or refuse; of two who want the last use one gets it."""
    if token is None:
        raise WrongTokenError
    used = (
        EnrolmentToken.objects.filter(pk=token.pk, revoked_at__isnull=True, expires_at__gt=now())
        .filter(Q(uses_left__isnull=True) | Q(uses_left__gt=0))
        .update(uses_left=F("uses_left") - 1)
    )
    if used != 1:
        raise WrongTokenError


class UnenrolledRefusedError(NotAllowedError):
    code = "device_not_enrolled"
    message = _(
        "Your organisation allows Remote Help on enrolled devices only. Ask your administrator for an"
        " enrolment token."
    )


class TooManyDevicesError(RuleError):
    code = "too_many_devices"
    message = _("You have too many devices that are not enrolled. Ask your administrator.")


@dataclass(frozen=True, slots=True)
class DeviceClaim:
    """What an app says of the device that it runs on."""

    name: str
    system: str
    system_version: str
    app_version: str
    public_key: str


def _find_by_key(tenant: Tenant, public_key: str) -> Device | None:
    """The tenant's device with that key, kept from others until the caller's transaction ends."""
    device = (
        Device.objects.select_for_update(no_key=True)
        .filter(tenant=tenant, public_key=public_key)
        .first()
    )
    if device is not None and device.revoked_at is not None:
        raise DeviceRevokedError
    return device


def _record(device: Device, actor: User, claim: DeviceClaim) -> Device:
    for name, value in asdict(claim).items():
        setattr(device, name, value)
    device.owner = actor
    device.last_seen_at = now()
    require_valid(device)
    try:
        with transaction.atomic():
            device.save()
    except IntegrityError as error:
        raise RuleError from error  # the same key came twice at once; the other one won
    announce_change(device)
    return device


@transaction.atomic
def enrol_device(*, actor: User, token: str, claim: DeviceClaim) -> Device:
    """The actor's device, enrolled by a token of their tenant; the caller has proved that they hold the key.

    A key that the tenant knows is the same device again: with a token it may come to another owner. Asking
    again with the token that enrolled it (an answer that got lost) takes no second use.
    """
    tenant = tenant_of(actor)
    found = EnrolmentToken.objects.filter(tenant=tenant, digest=tokens.digest(token)).first()
    device = _find_by_key(tenant, claim.public_key)
    is_again = (
        device is not None
        and found is not None
        and found.revoked_at is None
        and device.enrolment == Enrolment.ENROLLED
        and device.enrolled_with_id == found.pk
        and device.owner_id == actor.pk
    )
    if not is_again:
        use_token(found)
    device = device or Device(tenant=tenant)
    device.enrolment = Enrolment.ENROLLED
    device.enrolled_with = found
    device.enrolled_at = device.enrolled_at or now()
    return _record(device, actor, claim)


@transaction.atomic
def register_device(*, actor: User, claim: DeviceClaim) -> Device:
    """A record of the actor's device without enrolment, where the tenant allows such devices (T2).

    An enrolled device of theirs stays enrolled. Somebody else's enrolled device is refused; one that is only
    registered follows whoever is signed in on it.
    """
    tenant = tenant_of(actor)
    device = _find_by_key(tenant, claim.public_key)
    if device is not None and device.enrolment == Enrolment.ENROLLED:
        if device.owner_id != actor.pk:
            raise OtherOwnerError
        return _record(device, actor, claim)
    if not tenant.are_unenrolled_devices_allowed:
        raise UnenrolledRefusedError
    if (device is None or device.owner_id != actor.pk) and has_too_many_devices(actor):
        raise TooManyDevicesError
    return _record(device or Device(tenant=tenant), actor, claim)
