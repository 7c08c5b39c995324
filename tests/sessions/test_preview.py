"""What a change would open and close: the same as asking the one help decision about every pair, before and after."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.clock import now
from apps.common.previews import Touching, preview
from apps.devices.models import Device, Enrolment, Policy, PolicyResult, System
from apps.licenses.models import License, Product, Seat
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.services import BuiltInRoleError, change_role, help_desk_operator
from apps.sessions.eligibility import decide
from apps.sessions.preview import NAMES_SHOWN
from apps.sessions.selectors import gather_facts
from apps.tenants.models import Group, Tenant, User
from apps.tenants.signals import announce_ground_change
from tests.factories import make_assignment, make_device, make_person, make_role

PEOPLE, GROUPS, DEVICES, ROLES, ASSIGNMENTS = 3, 3, 3, 2, 2
VERSIONS = ("", "1.4.0", "1.10")


def _few(number: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(0, number - 1), max_size=number)


MOSTLY = st.sampled_from([True, True, True, False])
FLAGS = st.frozensets(st.sampled_from(list(Action)))


@st.composite
def worlds(draw: Any) -> dict[str, Any]:
    def each(number: int, strategy: Any) -> list[Any]:
        return list(draw(st.lists(strategy, min_size=number, max_size=number)))

    return {
        "is_on": draw(MOSTLY),
        "unenrolled": draw(st.booleans()),
        "compliance": draw(st.booleans()),
        "compliance_groups": draw(_few(GROUPS)),
        "mandatory": draw(st.sampled_from(["", "1.9"])),
        "is_base_licensed": draw(MOSTLY),
        "active": each(PEOPLE, MOSTLY),
        "seats": each(PEOPLE, MOSTLY),
        "groups": draw(_few(GROUPS)),
        "members": each(GROUPS, _few(PEOPLE)),
        "owners": each(DEVICES, st.none() | st.integers(0, PEOPLE - 1)),
        "enrolled": each(DEVICES, st.sampled_from([True, True, False])),
        "revoked": each(DEVICES, st.sampled_from([False, False, True])),
        "versions": each(DEVICES, st.sampled_from(VERSIONS)),
        "device_groups": each(DEVICES, _few(GROUPS)),
        "policy_groups": draw(_few(GROUPS)),
        "met": each(DEVICES, st.sampled_from([True, False, None])),
        "roles": each(ROLES, FLAGS),
        "assignments": each(
            ASSIGNMENTS,
            st.tuples(
                st.integers(0, ROLES - 1), _few(GROUPS), _few(GROUPS), st.booleans(), st.booleans()
            ),
        ),
    }


@dataclass
class Rows:
    tenant: Tenant
    people: list[User] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    assignments: list[RoleAssignment] = field(default_factory=list)


def _write(world: dict[str, Any]) -> Rows:
    name = uuid.uuid4().hex
    rows = Rows(
        Tenant.objects.create(
            name=name,
            slug=name,
            is_remote_help_enabled=world["is_on"],
            are_unenrolled_devices_allowed=world["unenrolled"],
            is_compliance_required=world["compliance"],
            mandatory_app_version=world["mandatory"],
        )
    )
    _write_people(world, rows)
    rows.tenant.compliance_groups.set(rows.groups[n] for n in world["compliance_groups"])
    _write_devices(world, rows)
    for number, flags in enumerate(world["roles"]):
        given = {action.value: True for action in flags}
        rows.roles.append(Role.objects.create(tenant=rows.tenant, name=str(number), **given))
    for number, (role, admins, scopes, users, devices) in enumerate(world["assignments"]):
        made = RoleAssignment.objects.create(
            tenant=rows.tenant,
            role=rows.roles[role],
            name=str(number),
            covers_all_users=users,
            covers_all_devices=devices,
        )
        made.admin_groups.set(rows.groups[n] for n in admins)
        made.scope_groups.set(rows.groups[n] for n in scopes)
        rows.assignments.append(made)
    return rows


def _write_people(world: dict[str, Any], rows: Rows) -> None:
    tenant = rows.tenant
    for number, is_active in enumerate(world["active"]):
        person = User.objects.create(tenant=tenant, is_active=is_active, first_name=f"P{number}")
        rows.people.append(person)
    for number in range(GROUPS):
        group = Group.objects.create(tenant=tenant, name=str(number))
        group.people.set(rows.people[n] for n in world["members"][number])
        rows.groups.append(group)
    add_on = License.objects.create(tenant=tenant, product=Product.REMOTE_HELP, quantity=9)
    seated = [n for n, has_seat in enumerate(world["seats"]) if has_seat]
    Seat.objects.bulk_create(Seat(license=add_on, person=rows.people[n]) for n in seated)
    Seat.objects.bulk_create(Seat(license=add_on, group=rows.groups[n]) for n in world["groups"])


def _write_devices(world: dict[str, Any], rows: Rows) -> None:
    tenant = rows.tenant
    if world["is_base_licensed"]:
        License.objects.create(tenant=tenant, product=Product.DEVICE_MANAGEMENT, quantity=9)
    policy = Policy.objects.create(tenant=tenant, name="Disk", rule=Policy.Rule.DISK_ENCRYPTED)
    policy.groups.set(rows.groups[n] for n in world["policy_groups"])
    for number in range(DEVICES):
        owner, is_revoked = world["owners"][number], world["revoked"][number]
        is_enrolled = world["enrolled"][number] and not is_revoked
        device = Device.objects.create(
            tenant=tenant,
            name=f"D{number}",
            system=System.LINUX,
            owner=None if owner is None else rows.people[owner],
            enrolment=Enrolment.ENROLLED if is_enrolled else Enrolment.UNENROLLED,
            revoked_at=now() if is_revoked else None,
            app_version=world["versions"][number],
        )
        device.groups.set(rows.groups[n] for n in world["device_groups"][number])
        if (is_met := world["met"][number]) is not None:
            PolicyResult.objects.create(
                device=device, policy=policy, is_met=is_met, evaluated_at=now()
            )
        rows.devices.append(device)


# --- changes --------------------------------------------------------------------------------------


def _role(rows: Rows, number: int, wanted: frozenset[Action]) -> None:
    flags = {action.value: action in wanted for action in Action}
    Role.objects.filter(pk=rows.roles[number].pk).update(**flags)


def _scope(rows: Rows, number: int, groups: frozenset[int], is_everybody: bool) -> None:
    assignment = rows.assignments[number]
    assignment.scope_groups.set(rows.groups[n] for n in groups)
    RoleAssignment.objects.filter(pk=assignment.pk).update(covers_all_users=is_everybody)


def _admins(rows: Rows, number: int, groups: frozenset[int]) -> None:
    rows.assignments[number].admin_groups.set(rows.groups[n] for n in groups)


def _removed(rows: Rows, number: int) -> None:
    RoleAssignment.objects.filter(pk=rows.assignments[number].pk).delete()


def _members(rows: Rows, number: int, people: frozenset[int]) -> None:
    rows.groups[number].people.set(rows.people[n] for n in people)


def _grouped(rows: Rows, number: int, devices: frozenset[int]) -> None:
    rows.groups[number].devices.set(rows.devices[n] for n in devices)


def _switch(rows: Rows, name: str) -> None:
    tenant = Tenant.objects.filter(pk=rows.tenant.pk)
    tenant.update(**{name: not tenant.values_list(name, flat=True).get()})


def _version(rows: Rows, version: str) -> None:
    Tenant.objects.filter(pk=rows.tenant.pk).update(mandatory_app_version=version)


def _owner(rows: Rows, device: int, person: int) -> None:
    Device.objects.filter(pk=rows.devices[device].pk).update(owner=rows.people[person])


def _disabled(rows: Rows, person: int) -> None:
    User.objects.filter(pk=rows.people[person].pk).update(is_active=False)


def _newcomer(rows: Rows, group: int) -> None:
    newcomer = User.objects.create(tenant=rows.tenant, first_name="New")
    rows.groups[group].people.add(newcomer)
    device = Device.objects.create(
        tenant=rows.tenant, name="New", system=System.LINUX, owner=newcomer
    )
    device.groups.add(rows.groups[group])


SWITCHES = ["is_remote_help_enabled", "are_unenrolled_devices_allowed", "is_compliance_required"]
TOUCHED: dict[Touching, set[Any]] = {
    Touching.ASSIGNMENTS: {_role, _scope, _admins, _removed},
    Touching.SWITCHES: {_switch, _version},
    Touching.MEMBERS: {_members, _grouped},
}
CHANGES = st.one_of(
    st.tuples(st.just(_role), st.integers(0, ROLES - 1), FLAGS),
    st.tuples(st.just(_scope), st.integers(0, ASSIGNMENTS - 1), _few(GROUPS), st.booleans()),
    st.tuples(st.just(_admins), st.integers(0, ASSIGNMENTS - 1), _few(GROUPS)),
    st.tuples(st.just(_removed), st.integers(0, ASSIGNMENTS - 1)),
    st.tuples(st.just(_members), st.integers(0, GROUPS - 1), _few(PEOPLE)),
    st.tuples(st.just(_grouped), st.integers(0, GROUPS - 1), _few(DEVICES)),
    st.tuples(st.just(_switch), st.sampled_from(SWITCHES)),
    st.tuples(st.just(_version), st.sampled_from(["", "1.9", "2"])),
    st.tuples(st.just(_owner), st.integers(0, DEVICES - 1), st.integers(0, PEOPLE - 1)),
    st.tuples(st.just(_disabled), st.integers(0, PEOPLE - 1)),
    st.tuples(st.just(_newcomer), st.integers(0, GROUPS - 1)),
)


Pairs = dict[Action, tuple[set[tuple[str, str]], set[tuple[str, str]]]]


def _brute(rows: Rows) -> Pairs:
    """Every pair, by the decision on it: (helper, person) and (helper, device) for each action."""
    found: Pairs = {action: (set(), set()) for action in Action}
    people = list(User.objects.filter(tenant=rows.tenant))
    devices = list(Device.objects.filter(tenant=rows.tenant))
    for helper in people:
        for person in [*people, None]:
            own = [d for d in devices if d.owner_id == (person.pk if person else None)]
            for device in [*own, *([None] if person else [])]:
                facts = gather_facts(
                    helper_id=helper.pk,
                    sharer_id=person.pk if person else None,
                    device_id=device.pk if device else None,
                    app_version=device.app_version if device else "",
                    at=now(),
                )
                for action in Action:
                    if not decide(facts, action).is_allowed:
                        continue
                    if person is not None:
                        found[action][0].add((helper.first_name, person.first_name))
                    if device is not None:
                        found[action][1].add((helper.first_name, device.name))
    return found


def _told(before: Pairs, after: Pairs) -> dict[tuple[Action, bool], Any]:
    """The same as a preview says it."""
    told = {}
    for action in Action:
        for is_gain, more, less in ((True, after, before), (False, before, after)):
            people = more[action][0] - less[action][0]
            devices = more[action][1] - less[action][1]
            helpers = {helper for helper, _ in people | devices}
            if helpers:
                told[action, is_gain] = (
                    {
                        helper: (
                            sum(h == helper for h, _ in people),
                            sum(h == helper for h, _ in devices),
                        )
                        for helper in helpers
                    },
                    {person for _, person in people},
                    {device for _, device in devices},
                )
    return told


def _previewed(said: Any) -> dict[tuple[Action, bool], Any]:
    for found in said.differences:
        # No more than ten of anything in these tenants, so all are named.
        assert found.number_of_helpers == len(found.helpers)
        assert found.number_of_people == len(set(found.people))
        assert found.number_of_devices == len(set(found.devices))
    return {
        (Action(found.action), found.is_gain): (
            {h.name: (h.number_of_people, h.number_of_devices) for h in found.helpers},
            set(found.people),
            set(found.devices),
        )
        for found in said.differences
    }


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(worlds(), st.lists(CHANGES, min_size=1, max_size=2))
def test_a_preview_says_what_the_decision_says_before_and_after(world, changes):
    """R4, R5, R6, T1, T2, T6, L1, L4, A3."""

    def change() -> None:
        for make, *more in changes:
            make(rows, *more)

    made = {make for make, *_ in changes}
    with transaction.atomic():
        rows = _write(world)
        before = _brute(rows)
        said = _previewed(preview(rows.tenant.pk, change))
        assert _brute(rows) == before  # nothing stays
        for touching, those in TOUCHED.items():
            if made <= those:
                assert _previewed(preview(rows.tenant.pk, change, touching=touching)) == said
        change()
        assert said == _told(before, _brute(rows))
        transaction.set_rollback(True)


# --- said in one tenant that people know ----------------------------------------------------------


def _words(said: Any) -> list[tuple[str, bool, int, int, int]]:
    return [
        (
            found.action,
            found.is_gain,
            found.number_of_helpers,
            found.number_of_people,
            found.number_of_devices,
        )
        for found in said.differences
    ]


def test_taking_elevation_out_of_a_role_takes_it_from_its_helpers_alone(
    contoso, hanna, otto, sam, wilma, sams_laptop
):
    role = make_role(contoso, *Action)
    RoleAssignment.objects.filter(admin_groups__people=hanna).update(role=role)

    def change() -> None:
        change_role(actor=None, role=role, actions=[Action.FULL_CONTROL])

    said = preview(contoso.pk, change, touching=Touching.ASSIGNMENTS)
    assert _words(said) == [("elevation", False, 1, 1, 1)]
    (lost,) = said.losses
    assert [helper.name for helper in lost.helpers] == ["Hanna Helper"]
    assert (lost.people, lost.devices) == (("Sam Sharer",), ("sams-laptop",))
    assert [helper.id for helper in lost.helpers] == [hanna.pk]
    role.refresh_from_db()
    assert role.elevation


def test_what_the_service_refuses_is_refused_and_nobody_is_told(
    contoso, hanna, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as told:
        with pytest.raises(BuiltInRoleError):
            preview(
                contoso.pk,
                lambda: change_role(actor=None, role=help_desk_operator(), actions=[]),
            )
        preview(contoso.pk, lambda: RoleAssignment.objects.get().delete())
        preview(contoso.pk, lambda: announce_ground_change(contoso.pk))
    assert told == []
    assert RoleAssignment.objects.count() == 1


def test_a_tenant_without_effect_says_so(contoso, hanna, sam):
    Tenant.objects.filter(pk=contoso.pk).update(is_remote_help_enabled=False)
    said = preview(contoso.pk, RoleAssignment.objects.all().delete)
    assert said.is_empty
    assert not said.is_in_effect


def test_names_are_bounded_and_numbers_are_whole(contoso, hanna, sam):
    people = [make_person(contoso) for _ in range(NAMES_SHOWN + 3)]
    group = RoleAssignment.objects.get().scope_groups.get()
    said = preview(contoso.pk, lambda: group.people.add(*people), touching=Touching.MEMBERS)
    for found in said.gains:
        assert (found.number_of_people, len(found.people)) == (NAMES_SHOWN + 3, NAMES_SHOWN)


def test_the_number_of_queries_does_not_grow(contoso, hanna, sam):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            preview(contoso.pk, lambda: None)
        return len(captured)

    before = queries()
    people = [make_person(contoso) for _ in range(4)]
    for person in people:
        make_assignment(person, scope=people, devices=[make_device(contoso, owner=person)])
    assert queries() == before <= 25
