"""One definition, asked as a list and as yes or no: the two agree with each other and with a plain model of the rules."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.devices.models import Device, Enrolment, System
from apps.devices.selectors import devices_open_to
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.selectors import actions_anywhere, actions_on, people_open_to
from apps.tenants.models import Group, Tenant, User

TENANTS, PEOPLE, GROUPS, DEVICES = 2, 3, 3, 3  # of each tenant


@dataclass
class Assignment:
    """One role assignment, as plain data; people, groups and devices by number."""

    flags: frozenset[Action]
    admins: frozenset[int]
    scopes: frozenset[int]
    all_users: bool
    all_devices: bool


@dataclass
class World:
    """One tenant, as plain data."""

    active: list[bool]
    members: list[frozenset[int]]
    device_groups: list[frozenset[int]]
    owners: list[int | None]
    enrolled: list[bool]
    assignments: list[Assignment]
    rows: Any = field(default=None, repr=False)


def _some(number: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(0, number - 1), max_size=number)


ASSIGNMENTS = st.builds(
    Assignment,
    flags=st.frozensets(st.sampled_from(list(Action))),
    admins=_some(GROUPS),
    scopes=_some(GROUPS),
    all_users=st.booleans(),
    all_devices=st.booleans(),
)
WORLDS = st.builds(
    World,
    active=st.lists(st.sampled_from([True, True, False]), min_size=PEOPLE, max_size=PEOPLE),
    members=st.lists(_some(PEOPLE), min_size=GROUPS, max_size=GROUPS),
    device_groups=st.lists(_some(GROUPS), min_size=DEVICES, max_size=DEVICES),
    owners=st.lists(st.none() | st.integers(0, PEOPLE - 1), min_size=DEVICES, max_size=DEVICES),
    enrolled=st.lists(st.booleans(), min_size=DEVICES, max_size=DEVICES),
    assignments=st.lists(ASSIGNMENTS, max_size=3),
)


@dataclass
class Rows:
    people: list[User]
    devices: list[Device]


def _write(world: World) -> Rows:
    """The same tenant as rows."""
    name = uuid.uuid4().hex
    tenant = Tenant.objects.create(name=name, slug=name)
    people = [User.objects.create(tenant=tenant, is_active=active) for active in world.active]
    groups = [Group.objects.create(tenant=tenant, name=str(n)) for n in range(GROUPS)]
    for group, members in zip(groups, world.members, strict=True):
        group.people.set(people[n] for n in members)
    devices = []
    for n in range(DEVICES):
        owner = world.owners[n]
        device = Device.objects.create(
            tenant=tenant,
            name=str(n),
            system=System.LINUX,
            owner=None if owner is None else people[owner],
            enrolment=Enrolment.ENROLLED if world.enrolled[n] else Enrolment.UNENROLLED,
        )
        device.groups.set(groups[g] for g in world.device_groups[n])
        devices.append(device)
    for n, made in enumerate(world.assignments):
        role = Role.objects.create(
            tenant=tenant, name=str(n), **{action.value: True for action in made.flags}
        )
        assignment = RoleAssignment.objects.create(
            tenant=tenant,
            role=role,
            name=str(n),
            covers_all_users=made.all_users,
            covers_all_devices=made.all_devices,
        )
        assignment.admin_groups.set(groups[g] for g in made.admins)
        assignment.scope_groups.set(groups[g] for g in made.scopes)
    return Rows(people, devices)


# --- the rules, said plainly ---------------------------------------------------------------------


def _gives(flags: frozenset[Action]) -> set[Action]:
    control = {Action.VIEW_SCREEN} if Action.FULL_CONTROL in flags else set()
    return set(flags) | control


def _theirs(world: World, helper: int) -> list[Assignment]:
    if not world.active[helper]:
        return []
    return [a for a in world.assignments if any(helper in world.members[g] for g in a.admins)]


def _covers_person(world: World, a: Assignment, person: int) -> bool:
    return a.all_users or any(person in world.members[g] for g in a.scopes)


def _covers_device(world: World, a: Assignment, device: int) -> bool:
    return bool(a.scopes & world.device_groups[device]) or (
        a.all_devices and world.enrolled[device]
    )


def _expected(world: World, helper: int, person: int | None, device: int | None) -> set[Action]:
    allowed: set[Action] = set()
    for a in _theirs(world, helper):
        by_person = person is not None and _covers_person(world, a, person)
        by_device = device is not None and _covers_device(world, a, device)
        if by_person or by_device:
            allowed |= _gives(a.flags)
    return allowed


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(WORLDS, min_size=TENANTS, max_size=TENANTS))
def test_list_and_yes_or_no_agree_for_everybody_and_everything(worlds):
    """R4, R5, R6, T3."""
    with transaction.atomic():
        written = [_write(world) for world in worlds]
        for world, rows in zip(worlds, written, strict=True):
            for helper in range(PEOPLE):
                _agree_on_people(world, rows, helper)
                _agree_on_devices(world, rows, helper)
        transaction.set_rollback(True)


def _agree_on_people(world: World, rows: Rows, helper: int) -> None:
    asked = rows.people[helper]
    anywhere = set().union(*[_gives(a.flags) for a in _theirs(world, helper)])
    assert actions_anywhere(asked) == anywhere
    for n, person in enumerate(rows.people):
        assert actions_on(asked, sharer_id=person.pk) == _expected(world, helper, n, None)
    for action in Action:
        # Never themselves, never a disabled person, never anybody of the other tenant.
        assert set(people_open_to(asked, action)) == {
            person
            for n, person in enumerate(rows.people)
            if n != helper and world.active[n] and action in _expected(world, helper, n, None)
        }


def _agree_on_devices(world: World, rows: Rows, helper: int) -> None:
    asked = rows.people[helper]
    listed = {action: set(devices_open_to(asked, action)) for action in Action}
    for n, device in enumerate(rows.devices):
        owner = world.owners[n]
        expected = _expected(world, helper, owner, n)
        assert {action for action in Action if device in listed[action]} == expected
        if owner is not None:
            assert expected == actions_on(
                asked,
                sharer_id=rows.people[owner].pk,
                device_id=device.pk,
                is_device_enrolled=world.enrolled[n],
            )
    assert set().union(*listed.values()) <= set(rows.devices)
