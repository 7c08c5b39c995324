"""Who a device is: the proofs that it signs, each accepted once."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotAllowedError
from apps.devices import proofs
from apps.devices.models import Device, SpentProof
from apps.tenants.models import User


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


def forget_spent_proofs() -> int:
    """Delete proofs that are too old to be accepted anyway; gives the number of rows."""
    number, _of_each = SpentProof.objects.filter(expires_at__lt=now()).delete()
    return number
