"""Where a person may go: the lines of the rail. It hides what is not theirs and protects nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.devices.selectors import sees_devices
from apps.tenants.models import User
from apps.tenants.selectors import permissions_held


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the rail. `heading` starts a new part of it."""

    label: StrPromise
    url: str
    icon: str
    is_current: bool
    heading: StrPromise | str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of *Tenant administration*: for whoever holds one of `permissions` (without any: for every administrator).

    The line is the current one on the page `name`, and on all pages whose name begins with one of `within`.
    """

    label: StrPromise
    name: str
    icon: str
    permissions: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()


def _permission(*names: str) -> frozenset[str]:
    return frozenset(f"tenants.{name}" for name in names)


# In the order of the rail.
ADMINISTRATION: tuple[Place, ...] = (
    Place(_("Overview"), "overview", "squares-2x2"),
    Place(
        _("Remote help"),
        "administration:settings",
        "adjustments-horizontal",
        _permission("manage_settings"),
        within=("administration:domain",),
    ),
    Place(
        _("Administrators"),
        "administration:administrators",
        "key",
        within=("administration:administrator", "administration:add_administrator"),
    ),
    Place(
        _("Licences"),
        "licenses:licenses",
        "ticket",
        _permission("manage_licenses"),
        within=("licenses:",),
    ),
    Place(
        _("People"),
        "directory:people",
        "users",
        _permission("manage_people"),
        within=("directory:person", "directory:new_person", "directory:import"),
    ),
    Place(
        _("Groups"),
        "directory:groups",
        "rectangle-group",
        _permission("manage_people"),
        within=("directory:group", "directory:new_group"),
    ),
    Place(
        _("Roles"),
        "roles:roles",
        "identification",
        _permission("manage_roles"),
        within=(
            "roles:role",
            "roles:new_role",
            "roles:change_role",
            "roles:duplicate",
            "roles:delete_role",
        ),
    ),
    Place(
        _("Role assignments"),
        "roles:assignments",
        "user-group",
        _permission("manage_roles"),
        within=("roles:assignment", "roles:new_assignment"),
    ),
    Place(
        _("Compliance policies"),
        "devices:policies",
        "shield-check",
        _permission("manage_devices"),
        within=(
            "devices:policy",
            "devices:new_policy",
            "devices:change_policy",
            "devices:delete_policy",
        ),
    ),
    Place(
        _("Why?"),
        "help_sessions:why",
        "question-mark-circle",
        _permission("manage_roles"),
    ),
    Place(
        _("API clients"),
        "administration:api_clients",
        "command-line",
        _permission("manage_roles"),
        within=(
            "administration:api_client",
            "administration:new_api_client",
            "administration:rotate_api_client",
            "administration:revoke_api_client",
        ),
    ),
    Place(
        _("Audit log"),
        "administration:audit",
        "clipboard-document-list",
        _permission("view_reports", "manage_settings"),
    ),
)


def links(request: HttpRequest) -> list[Link]:
    """The lines for the person who asks, a member of a tenant."""
    match = request.resolver_match
    here = match.view_name if match is not None else ""
    person = cast("User", request.user)
    return [*_everyday(person, here), *_administration(person, here)]


def administration_links(person: User) -> list[Link]:
    """The places of the administration that are the person's, without the overview of them."""
    return list(_administration(person, ""))[1:]


def _everyday(person: User, here: str) -> Iterator[Link]:
    def link(label: StrPromise, name: str, icon: str, *also: str) -> Link:
        return Link(label, reverse(name), icon, here in (name, *also))

    yield link(_("Start"), "home", "home")
    yield link(_("Sessions"), "reports:sessions", "clock", "reports:session")
    if sees_devices(person):
        also = (
            "help_sessions:device",
            "help_sessions:remove_device",
            "devices:change",
            "devices:enrolment",
            "devices:bulk",
            "devices:views",
            "devices:change_view",
            "devices:delete_view",
        )
        yield link(_("Devices"), "devices:devices", "computer-desktop", *also)
    yield link(_("Get the app"), "releases:get_app", "arrow-down-tray")
    yield link(_("Log on this device"), "help_sessions:device_log", "document-text")


def _administration(person: User, here: str) -> Iterator[Link]:
    held = permissions_held(person)
    if not held:
        return
    heading: StrPromise | str = _("Tenant administration")
    for place in ADMINISTRATION:
        if place.permissions and not place.permissions & held:
            continue
        is_current = here.startswith((place.name, *place.within))
        yield Link(place.label, reverse(place.name), place.icon, is_current, heading)
        heading = ""
