"""Why somebody may help somebody else, or may not: the trace of the one help decision, with what would change it (R7).

Nothing is decided here: `eligibility` decides, and the roles say which assignment reaches whom.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import Enum

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.models import Device
from apps.devices.selectors import device_for, devices_of_tenant
from apps.roles.models import Action
from apps.roles.selectors import AssignmentReach, reaches_of
from apps.sessions.eligibility import Check, CheckName, Decision, decide
from apps.sessions.selectors import gather_facts
from apps.tenants.models import User
from apps.tenants.selectors import permissions_held, person_of, tenant_of
from apps.tenants.services import require_permission

ASK = "tenants.manage_roles"
ASSIGNMENTS_SHOWN = 50


class Place(Enum):
    """Where a failing check is put right, and the administrative permission that this takes."""

    SETTINGS = "tenants.manage_settings"
    LICENSES = "tenants.manage_licenses"
    ASSIGNMENTS = "tenants.manage_roles"
    PEOPLE = "tenants.manage_people"
    DEVICE = "tenants.manage_devices"
    # Not in this tenant's hands: the site operator's, or the clock's.
    NOWHERE = ""


PLACES: dict[str, Place] = {
    "not_together": Place.NOWHERE,
    "person_disabled": Place.PEOPLE,
    "government_cloud": Place.NOWHERE,
    "market_unavailable": Place.NOWHERE,
    "remote_help_off": Place.SETTINGS,
    "license_pending": Place.LICENSES,
    "license_missing": Place.LICENSES,
    "helper_has_no_seat": Place.LICENSES,
    "sharer_has_no_seat": Place.LICENSES,
    "out_of_scope": Place.ASSIGNMENTS,
    "view_screen_not_permitted": Place.ASSIGNMENTS,
    "full_control_not_permitted": Place.ASSIGNMENTS,
    "elevation_not_permitted": Place.ASSIGNMENTS,
    "base_license_missing": Place.LICENSES,
    "device_revoked": Place.DEVICE,
    "too_many_devices": Place.DEVICE,
    "device_not_enrolled": Place.SETTINGS,
    "compliant_device_required": Place.SETTINGS,
    "app_too_old": Place.SETTINGS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One check of the trace, and for one that failed, where it is put right and whether the asker may go there."""

    check: Check
    place: Place
    is_open: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer to an administrator."""

    helper: User
    sharer: User
    device: Device | None
    decision: Decision
    lines: tuple[Line, ...]
    # Those that reach the sharer or the device come first; at most `ASSIGNMENTS_SHOWN`.
    assignments: tuple[AssignmentReach, ...]


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What a helper is told about themselves: allowed, or the one refusal that concerns them."""

    sharer: User
    device: Device | None
    action: Action
    refusal: Check | None

    @property
    def is_allowed(self) -> bool:
        return self.refusal is None


def explain(
    actor: User,
    *,
    helper_id: uuid.UUID,
    sharer_id: uuid.UUID,
    device_id: uuid.UUID | None = None,
    action: Action,
) -> Explanation:
    """Every check of the decision on these two, in words, for who may manage the tenant's roles.

    Without a device it is about a plain browser. People and devices of another tenant do not exist.
    """
    require_permission(actor, ASK)
    tenant = tenant_of(actor)
    helper, sharer = person_of(tenant, helper_id), person_of(tenant, sharer_id)
    device = None
    if device_id is not None:
        device = devices_of_tenant(tenant.pk).filter(pk=device_id).first()
        if device is None:
            raise NotFoundError
    facts = gather_facts(
        helper_id=helper.pk,
        sharer_id=sharer.pk,
        device_id=device_id,
        app_version=device.app_version if device is not None else "",
        at=now(),
    )
    decision = decide(facts, action)
    reaches = reaches_of(
        helper,
        sharer_id=sharer.pk,
        device_id=device_id,
        is_device_enrolled=facts.is_enrolled,
        number=ASSIGNMENTS_SHOWN,
    )
    held = permissions_held(actor)
    lines = (
        Line(check, place, place.value in held)
        for check in decision.checks
        for place in (PLACES[check.code] if check.code else Place.NOWHERE,)
    )
    return Explanation(helper, sharer, device, decision, tuple(lines), tuple(reaches))


# The tenant's own state and the helper's: what a helper may know whoever it is about.
_HELPERS_OWN = frozenset(
    {
        CheckName.SUPPORTED,
        CheckName.ENABLED,
        CheckName.LICENSED,
        CheckName.HELPER_SEAT,
        CheckName.PERMITTED,
    }
)


def own_answer(
    actor: User, *, sharer_id: uuid.UUID, device_id: uuid.UUID | None = None, action: Action
) -> OwnAnswer:
    """Whether the actor may help that person, and if not, the one reason that concerns them.

    How somebody stands whom their roles do not reach (seat, device, account) is not told.
    """
    tenant = tenant_of(actor)
    sharer = person_of(tenant, sharer_id)
    device = device_for(actor, device_id) if device_id is not None else None
    facts = gather_facts(
        helper_id=actor.pk,
        sharer_id=sharer.pk,
        device_id=device_id,
        app_version=device.app_version if device is not None else "",
        at=now(),
    )
    decision = decide(facts, action)
    own = (c for c in decision.checks if c.name in _HELPERS_OWN and not c.is_passed)
    return OwnAnswer(sharer, device, action, next(own, decision.refusal))
