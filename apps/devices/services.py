"""Recording and enrolling devices, who they are, and what their policies say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError, RuleError, require_valid
from apps.devices import proofs, tokens
from apps.devices.findings import DeviceFacts, look
from apps.devices.models import (
    Device,
    Enrolment,
    EnrolmentToken,
    Policy,
    PolicyResult,
    SpentProof,
)
from apps.devices.selectors import policies_of
from apps.tenants.models import Tenant, User
from apps.tenants.selectors import tenant_of
from apps.tenants.services import require_permission
from apps.tenants.signals import announce_ground_change


def _require_manager(actor: User | None, tenant: Tenant) -> None:
    if actor is None:
        return  # the command line
    require_permission(actor, "tenants.manage_devices")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


@transaction.atomic
def record_device(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    system: str,
    system_version: str = "",
    owner: User | None = None,
    enrolment: Enrolment = Enrolment.UNENROLLED,
    app_version: str = "",
) -> Device:
    """A device of the tenant. Its owner, if any, is of the same tenant."""
    _require_manager(actor, tenant)
    if owner is not None and owner.tenant_id != tenant.pk:
        raise NotAllowedError
    device = Device(
        tenant=tenant,
        name=name,
        system=system,
        system_version=system_version,
        owner=owner,
        enrolment=enrolment,
        app_version=app_version,
        last_seen_at=now(),
    )
    require_valid(device)
    device.save()
    return device


@transaction.atomic
def record_policy_result(*, device: Device, policy: Policy, is_met: bool, found: str = "") -> None:
    """What a policy says of a device now. A change that matters to running sessions is announced."""
    if policy.tenant_id != device.tenant_id:
        raise NotAllowedError
    PolicyResult.objects.update_or_create(
        device=device,
        policy=policy,
        defaults={"is_met": is_met, "found": found, "evaluated_at": now()},
    )
    announce_ground_change(device.tenant_id)


@transaction.atomic
def change_enrolment(*, actor: User | None, device: Device, enrolment: Enrolment) -> None:
    """Enrol a device, or retire it. Running sessions on it are asked about again."""
    _require_manager(actor, device.tenant)
    Device.objects.filter(pk=device.pk, revoked_at__isnull=True).update(enrolment=enrolment)
    announce_ground_change(device.tenant_id)


# --- enrolment tokens -----------------------------------------------------------------------------

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
    return IssuedToken(token, value)


def revoke_enrolment_token(*, actor: User, token: EnrolmentToken) -> EnrolmentToken:
    """Nobody enrols with it any more; devices that did stay enrolled. Doing it twice changes nothing."""
    _require_manager(actor, token.tenant)
    EnrolmentToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now())
    token.refresh_from_db()
    return token


def _use(token: EnrolmentToken | None) -> None:
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


# --- who a device is ------------------------------------------------------------------------------


class NotProvedError(NotAllowedError):
    """The same for no proof, a wrong one, a used one, and a device that is not there or not of this tenant."""

    code = "device_not_proved"
    message = _("This device did not prove what it is. Set the Remote Help app up again on it.")


class ClockSkewError(NotAllowedError):
    """The proof is right but for its time. Carries ours, so that the app can reckon with the difference."""

    code = "clock_skew"
    message = _("The clock of this device is wrong. Correct it, then try again.")

    def as_json(self) -> dict[str, int]:
        return {"server_time": int(now().timestamp())}


class DeviceRevokedError(NotAllowedError):
    code = "device_revoked"
    message = _(
        "Your organisation has removed this device from Remote Help. Ask your administrator."
    )


class OtherOwnerError(NotAllowedError):
    code = "other_owner"
    message = _("This device is enrolled for somebody else. Enrol it again for yourself.")


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


def _spend(text: str, *, public_key: str, bound: proofs.Bound) -> None:
    """Accept a proof by that key about that request, once."""
    valid_for = settings.REMOTEHELP_PROOF_VALID_FOR
    try:
        proof = proofs.verify(
            text, public_key=public_key, bound=bound, at=now(), valid_for=valid_for
        )
    except proofs.SkewedProofError as error:
        raise ClockSkewError from error
    except proofs.BadProofError as error:
        raise NotProvedError from error
    _row, is_first = SpentProof.objects.get_or_create(
        digest=proof.digest, defaults={"expires_at": proof.made_at + 2 * valid_for}
    )
    if not is_first:
        raise NotProvedError


def prove_key(*, proof: str, public_key: str, bound: proofs.Bound) -> None:
    """Refuse unless whoever sends this request holds the other half of a key that no device has yet."""
    if not proofs.is_public_key(public_key):
        raise NotProvedError
    _spend(proof, public_key=public_key, bound=bound)


def prove_device(*, actor: User, proof: str, bound: proofs.Bound) -> Device:
    """The device that proved to be the one it names: of the actor's tenant, theirs or nobody's, not revoked."""
    claimed = proofs.device_id_in(proof)
    if claimed is None:
        raise NotProvedError
    known = Device.objects.filter(tenant=actor.tenant_id, pk=claimed).exclude(public_key="")
    device = known.first()
    if device is None:
        raise NotProvedError
    _spend(proof, public_key=device.public_key, bound=bound)
    if device.revoked_at is not None:
        raise DeviceRevokedError
    if device.owner_id not in (None, actor.pk):
        raise OtherOwnerError
    device.last_seen_at = now()
    Device.objects.filter(pk=device.pk).update(last_seen_at=device.last_seen_at)
    return device


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
    announce_ground_change(device.tenant_id)
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
        _use(found)
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
    if device is None or device.owner_id != actor.pk:
        theirs = Device.objects.filter(owner=actor, enrolment=Enrolment.UNENROLLED)
        if theirs.exclude(public_key="").count() >= settings.REMOTEHELP_DEVICES_PER_PERSON:
            raise TooManyDevicesError
    return _record(device or Device(tenant=tenant), actor, claim)


@transaction.atomic
def revoke_device(*, actor: User | None, device: Device) -> None:
    """Shut a device out: it takes part in nothing, and its key never enrols again. Its sessions end."""
    _require_manager(actor, device.tenant)
    Device.objects.filter(pk=device.pk, revoked_at__isnull=True).update(
        revoked_at=now(), enrolment=Enrolment.UNENROLLED
    )
    announce_ground_change(device.tenant_id)


@transaction.atomic
def restore_device(*, actor: User | None, device: Device) -> None:
    """Let a revoked device come back; it is unenrolled until it enrols anew."""
    _require_manager(actor, device.tenant)
    Device.objects.filter(pk=device.pk).update(revoked_at=None)


# --- what a device says of itself -----------------------------------------------------------------


@transaction.atomic
def report_device(*, device: Device, app_version: str, facts: DeviceFacts) -> Device:
    """Note what a proved device says of itself, and evaluate its policies. Of an unenrolled one nothing is believed."""
    device.app_version = app_version
    device.system_version = facts.system_version
    require_valid(device)
    device.save(update_fields=["app_version", "system_version"])
    if device.enrolment == Enrolment.ENROLLED:
        evaluate(device=device, facts=facts)
    return device


@transaction.atomic
def evaluate(*, device: Device, facts: DeviceFacts) -> None:
    """Ask every policy of the device and keep what it says (D2). Sessions are asked about when an answer changed."""
    before = dict(PolicyResult.objects.filter(device=device).values_list("policy_id", "is_met"))
    has_changed = False
    for policy in policies_of(device):
        finding = look(policy.rule, policy.value, facts)
        PolicyResult.objects.update_or_create(
            device=device,
            policy=policy,
            defaults={
                "is_met": finding.is_met,
                "found": finding.found,
                "evaluated_at": now(),
            },
        )
        has_changed |= before.get(policy.pk) is not finding.is_met
    if has_changed:
        announce_ground_change(device.tenant_id)


def forget_spent_proofs() -> int:
    """Delete proofs that are too old to be accepted anyway; gives the number of rows."""
    number, _of_each = SpentProof.objects.filter(expires_at__lt=now()).delete()
    return number
