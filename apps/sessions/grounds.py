"""Why a help decision refuses: each reason once, in words for the people concerned, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Ground:
    """What both sides may read, and the way out of it."""

    message: StrPromise
    remedy: StrPromise


_ASSIGN_SEAT = _("An administrator can assign a seat under Licences.")
_ADD_PERMISSION = _("An administrator can add the permission to a role that covers this person.")
_COMPLIANT = _("Use an enrolled, compliant device, or let an administrator change the policy.")

GROUNDS: dict[str, Ground] = {
    "not_together": Ground(
        _("Both people must be active members of the same organisation."),
        _("Both sign in with an active account of the same organisation."),
    ),
    "person_disabled": Ground(
        _("One of the two accounts has been disabled."),
        _("Both sign in with an active account of the same organisation."),
    ),
    "government_cloud": Ground(
        _("Remote help is not available to organisations in a government cloud."),
        _("Only an organisation in the public cloud can use remote help."),
    ),
    "market_unavailable": Ground(
        _("Remote help is not available in your organisation's market."),
        _("The site operator can make the market available."),
    ),
    "remote_help_off": Ground(
        _("Your organisation has switched remote help off."),
        _("An administrator can switch it on under Tenant administration, Remote help, Settings."),
    ),
    "license_pending": Ground(
        _("Your organisation's Remote Help licence is not active yet. Try again later."),
        _("Nothing needs to be done: it becomes active by itself."),
    ),
    "license_missing": Ground(
        _("Your organisation has no active Remote Help licence."),
        _("An administrator can order one or start a trial under Licences."),
    ),
    "helper_has_no_seat": Ground(_("The helper has no Remote Help licence."), _ASSIGN_SEAT),
    "sharer_has_no_seat": Ground(_("The sharer has no Remote Help licence."), _ASSIGN_SEAT),
    "out_of_scope": Ground(
        _("No role assignment of the helper covers this person or this device."),
        _("An administrator can add the person's group to the scope of a role assignment."),
    ),
    "view_screen_not_permitted": Ground(
        _("The helper's roles do not allow viewing the screen of this person."), _ADD_PERMISSION
    ),
    "full_control_not_permitted": Ground(
        _("The helper's roles do not allow full control for this person."), _ADD_PERMISSION
    ),
    "elevation_not_permitted": Ground(
        _("The helper's roles do not allow elevation for this person."), _ADD_PERMISSION
    ),
    "base_license_missing": Ground(
        _("Without a device management licence the organisation has no enrolled devices."),
        _("An administrator can order the base licence, or allow unenrolled devices."),
    ),
    "device_revoked": Ground(
        _("Your organisation has removed this device from Remote Help."),
        _("An administrator can let the device come back; it then enrols anew."),
    ),
    "too_many_devices": Ground(
        _(
            "The sharer has too many devices that are not enrolled, so this one takes part like a plain browser: its "
            "screen can be seen and not be controlled."
        ),
        _("An administrator can remove devices that are no longer used. Or enrol this one."),
    ),
    "device_not_enrolled": Ground(
        _(
            "Your organisation does not allow remote help on devices that are not enrolled. "
            "A plain browser counts as one."
        ),
        _("Enrol the device, or let an administrator allow unenrolled devices."),
    ),
    "compliant_device_required": Ground(
        _(
            "A conditional access policy of your organisation requires a compliant device. "
            "A device that is not enrolled is never compliant."
        ),
        _COMPLIANT,
    ),
    "app_too_old": Ground(
        _("The app on the device is older than your organisation requires."),
        _("Install the present version of the app on the device."),
    ),
}


def message_of(code: str) -> str:
    """The words for a recorded reason; empty for one that is not known any more."""
    ground = GROUNDS.get(code)
    return str(ground.message) if ground is not None else ""
