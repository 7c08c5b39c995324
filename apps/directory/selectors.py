"""What the directory's pages show of a person and of a group beside themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.db.models import Q

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.models import Device, Policy
from apps.directory.models import Import
from apps.directory.plans import FAULT_WORDS
from apps.licenses.models import Seat
from apps.licenses.selectors import people_with_seat
from apps.roles.models import RoleAssignment
from apps.tenants.app_access import grant_in, living_tokens
from apps.tenants.models import Group, User
from apps.tenants.selectors import tenant_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Uses:
    """What stands on a group, the first `SHOWN` of each kind by name: what deleting it takes away."""

    as_admin: list[RoleAssignment]
    as_scope: list[RoleAssignment]
    seats: list[Seat]
    policies: list[Policy]
    is_in_conditional_access: bool

    @property
    def are_none(self) -> bool:
        kinds = (self.as_admin, self.as_scope, self.seats, self.policies)
        return not any(kinds) and not self.is_in_conditional_access


def uses_of(group: Group) -> Uses:
    """Role assignments, seats, policies and conditional access that go by this group. Five queries."""
    assignments = RoleAssignment.objects.filter(tenant=group.tenant_id).order_by("name", "id")
    return Uses(
        as_admin=list(assignments.filter(admin_groups=group)[:SHOWN]),
        as_scope=list(assignments.filter(scope_groups=group)[:SHOWN]),
        seats=list(Seat.objects.filter(group=group).select_related("license")[:SHOWN]),
        policies=list(Policy.objects.filter(groups=group).order_by("name")[:SHOWN]),
        is_in_conditional_access=group.compliance_required_by.exists(),
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to a person, the first `SHOWN` of each kind."""

    groups: list[Group]
    devices: list[Device]
    seats: list[Seat]
    has_seat: bool
    number_of_browsers: int
    number_of_apps: int


def around(person: User) -> Around:
    """The groups, devices, seats and sign-ins of a person. Six queries."""
    groups = list(person.directory_groups.order_by("name", "id")[:SHOWN])
    held = Q(person=person) | Q(group__people=person)
    seats = Seat.objects.filter(held).select_related("license", "group").distinct()
    tokens = living_tokens([person.pk])
    return Around(
        groups=groups,
        devices=list(Device.objects.filter(owner=person).order_by("name", "id")[:SHOWN]),
        seats=list(seats.order_by("-license__ordered_at")[:SHOWN]),
        has_seat=bool(person.tenant_id and people_with_seat(person.tenant_id, [person.pk], now())),
        number_of_browsers=UserSession.objects.filter(user=person).count(),
        number_of_apps=len({grant_in(data) for _person, _hash, data in tokens}),
    )


def imports_of(actor: User) -> list[Import]:
    """The newest imports of the actor's tenant, without their text."""
    found = Import.objects.filter(tenant=tenant_of(actor)).defer("text", "report")
    return list(found.select_related("created_by")[:SHOWN])


def import_for(actor: User, pk: uuid.UUID) -> Import:
    """An import of the actor's tenant; any other does not exist (T3)."""
    found = Import.objects.filter(tenant=tenant_of(actor), pk=pk).select_related("tenant").first()
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True, slots=True)
class ShownFault:
    number: int
    column: str
    value: str
    words: str


def faults_of(row: Import) -> list[ShownFault]:
    """What is wrong with the rows of a file, in the reader's language."""
    return [
        ShownFault(one["number"], one["column"], one["value"], str(FAULT_WORDS[one["code"]]))
        for one in row.report.get("faults", [])
    ]
