"""The administrative permissions in words, and the sets in which they are usually given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

# In the order in which they are shown.
RIGHTS: dict[str, StrPromise] = {
    "tenants.manage_settings": _("Settings of remote help, domains and conditional access"),
    "tenants.manage_people": _("Directory: people and groups"),
    "tenants.manage_roles": _("Roles, their assignments, and administrators"),
    "tenants.manage_devices": _("Devices, enrolment tokens and compliance policies"),
    "tenants.manage_licenses": _("Licences and seats"),
    "tenants.view_reports": _("Reports: all sessions, and the audit log"),
}
# As the API names them.
RIGHT_CHOICES = [(name, name) for name in RIGHTS]
# The one that makes and unmakes administrators.
MAKES_ADMINISTRATORS = "tenants.manage_roles"


@dataclass(frozen=True, slots=True)
class RightsSet:
    """Rights that are usually given together. Nothing remembers that they were: people hold the rights alone."""

    slug: str
    label: StrPromise
    description: StrPromise
    rights: frozenset[str]


def _set(slug: str, label: StrPromise, description: StrPromise, *names: str) -> RightsSet:
    return RightsSet(slug, label, description, frozenset(f"tenants.{name}" for name in names))


SETS: tuple[RightsSet, ...] = (
    RightsSet(
        "administrator",
        _("Administrator"),
        _("Everything in this organisation."),
        frozenset(RIGHTS),
    ),
    _set(
        "help_desk",
        _("Help desk manager"),
        _("Says who may help whom, and reads what they did."),
        "manage_people",
        "manage_roles",
        "view_reports",
    ),
    _set(
        "devices",
        _("Device manager"),
        _("Enrols and retires devices and sets their compliance policies."),
        "manage_devices",
    ),
    _set(
        "licenses",
        _("Licence manager"),
        _("Orders licences and gives out seats."),
        "manage_licenses",
    ),
    _set(
        "auditor",
        _("Auditor"),
        _("Reads all sessions and the audit log, and changes nothing."),
        "view_reports",
    ),
)


def find_set(rights: Collection[str]) -> RightsSet | None:
    """The set that is exactly these rights."""
    return next((one for one in SETS if one.rights == frozenset(rights)), None)
