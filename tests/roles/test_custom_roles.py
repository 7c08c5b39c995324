"""Custom roles and role assignments: what is refused, what two administrators at once are told, and the same over HTTP."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.roles import services
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.selectors import (
    assignment_state,
    held_roles,
    role_for,
    role_state,
)
from apps.tenants.services import NameTakenError, create_person
from tests.factories import make_assignment, make_group, make_role

LONG = "x" * 10_000
NAMES = ("Außendienst 🛠️", "دعم فني", "サポート", 'a "quoted" <b>name</b>')


# --- roles ----------------------------------------------------------------------------------------


def test_a_copy_of_the_built_in_role_can_be_changed(ada, contoso, hanna, mallory):
    """R2."""
    built_in = services.help_desk_operator()
    copy = services.duplicate_role(actor=ada, tenant=contoso, role=built_in)
    assert (copy.name, copy.is_built_in, copy.actions) == (
        "Copy of Help Desk Operator",
        False,
        frozenset(Action),
    )
    again = services.duplicate_role(actor=ada, tenant=contoso, role=built_in)
    assert again.name == "Copy 2 of Help Desk Operator"
    services.change_role(actor=ada, role=copy, actions=[Action.VIEW_SCREEN], name="Looks on")
    copy.refresh_from_db()
    assert copy.name == "Looks on"
    assert copy.actions == {Action.VIEW_SCREEN}
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.duplicate_role(actor=actor, tenant=contoso, role=built_in)
    theirs = make_role(mallory.tenant)
    with pytest.raises(NotFoundError):
        services.duplicate_role(actor=ada, tenant=contoso, role=theirs)


def test_a_copy_of_a_long_name_has_a_name_that_fits(ada, contoso):
    role = make_role(contoso, name="n" * 120)
    copies = [services.duplicate_role(actor=ada, tenant=contoso, role=role) for _ in range(3)]
    assert len({copy.name for copy in copies}) == 3
    assert all(len(copy.name) <= 120 for copy in copies)


def test_a_role_without_a_permission_is_refused(ada, contoso):
    with pytest.raises(services.NoPermissionError) as refused:
        services.create_role(actor=ada, tenant=contoso, name="Nothing", actions=[])
    assert "actions" in refused.value.fields
    role = make_role(contoso, Action.VIEW_SCREEN)
    with pytest.raises(services.NoPermissionError):
        services.change_role(actor=ada, role=role, actions=[])
    role.refresh_from_db()
    assert role.actions == {Action.VIEW_SCREEN}


def test_a_role_in_use_is_not_deleted(ada, contoso, hanna):
    role = make_role(contoso)
    assignment = make_assignment(hanna, role=role)
    with pytest.raises(services.RoleInUseError):
        services.delete_role(actor=ada, role=role)
    services.remove_assignment(actor=ada, assignment=assignment)
    services.delete_role(actor=ada, role=role)
    assert not Role.objects.filter(pk=role.pk).exists()
    with pytest.raises(NotFoundError):
        services.delete_role(actor=ada, role=role)
    with pytest.raises(services.BuiltInRoleError):
        services.delete_role(actor=ada, role=services.help_desk_operator())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_whatever_people_write(ada, contoso, name):
    role = services.create_role(
        actor=ada, tenant=contoso, name=f"  {name} ", actions=[Action.VIEW_SCREEN]
    )
    role.refresh_from_db()
    assert role.name == name


@pytest.mark.parametrize(("name", "description"), [("", ""), ("   ", ""), (LONG, ""), ("A", LONG)])
def test_a_name_has_something_in_it_and_fits(ada, contoso, name, description):
    with pytest.raises(InvalidError):
        services.create_role(
            actor=ada,
            tenant=contoso,
            name=name,
            description=description,
            actions=[Action.VIEW_SCREEN],
        )


def test_the_second_of_two_administrators_sees_the_conflict(ada, contoso):
    role = make_role(contoso, Action.VIEW_SCREEN, name="Looks on")
    seen = fingerprint(role_state(role))
    services.change_role(actor=ada, role=role, actions=[Action.FULL_CONTROL], seen=seen)
    with pytest.raises(ChangedMeanwhileError) as conflict:
        services.change_role(actor=ada, role=role, actions=Action, name="Mine", seen=seen)
    assert conflict.value.present["full_control"] is True
    role.refresh_from_db()
    assert role.name == "Looks on"
    assert role.actions == {Action.FULL_CONTROL}


# --- assignments ----------------------------------------------------------------------------------


def _wanted(assignment: RoleAssignment, **more: Any) -> dict[str, Any]:
    return {
        "role": assignment.role,
        "name": assignment.name,
        "admin_groups": list(assignment.admin_groups.all()),
        "scope_groups": list(assignment.scope_groups.all()),
        **more,
    }


def test_an_assignment_is_changed_as_a_whole(ada, contoso, hanna, sam, wilma, mallory):
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    role, group = make_role(contoso), make_group(contoso, people=[wilma])
    seen = fingerprint(assignment_state(assignment))
    wanted: dict[str, Any] = {
        "role": role,
        "name": "Night",
        "admin_groups": [group],
        "covers_all_users": True,
    }
    services.change_assignment(actor=ada, assignment=assignment, seen=seen, **wanted)
    assignment.refresh_from_db()
    assert (assignment.name, assignment.role, assignment.covers_all_users) == ("Night", role, True)
    assert list(assignment.admin_groups.all()) == [group]
    assert not assignment.scope_groups.exists()
    with pytest.raises(ChangedMeanwhileError):
        services.change_assignment(actor=ada, assignment=assignment, seen=seen, **wanted)
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.change_assignment(actor=actor, assignment=assignment, **wanted)


def test_an_assignment_without_an_admin_group_is_refused(ada, contoso, hanna):
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    with pytest.raises(services.NoAdminGroupError):
        services.change_assignment(
            actor=ada, assignment=assignment, **_wanted(assignment, admin_groups=[])
        )
    with pytest.raises(services.NoAdminGroupError):
        services.assign_role(
            actor=ada,
            tenant=contoso,
            role=services.help_desk_operator(),
            name="Nobody",
            admin_groups=[],
        )
    assert assignment.admin_groups.count() == 1


def test_nothing_of_another_tenant_comes_in_by_a_change(ada, hanna, fabrikam):
    """T3."""
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    foreign = make_group(fabrikam)
    bads: tuple[dict[str, Any], ...] = (
        {"admin_groups": [foreign]},
        {"scope_groups": [foreign]},
        {"role": make_role(fabrikam)},
    )
    for bad in bads:
        with pytest.raises(NotAllowedError):
            services.change_assignment(
                actor=ada, assignment=assignment, **_wanted(assignment, **bad)
            )


def test_a_name_is_used_by_one_assignment(ada, hanna, otto):
    one = RoleAssignment.objects.get(admin_groups__people=hanna)
    other = RoleAssignment.objects.get(admin_groups__people=otto)
    with pytest.raises(NameTakenError):
        services.change_assignment(
            actor=ada, assignment=one, **_wanted(one, name=other.name.upper())
        )
    services.change_assignment(actor=ada, assignment=one, **_wanted(one, name=one.name.upper()))


def test_an_assignment_that_is_gone_says_so(ada, hanna):
    assignment = RoleAssignment.objects.get(admin_groups__people=hanna)
    wanted = _wanted(assignment)
    services.remove_assignment(actor=ada, assignment=RoleAssignment.objects.get(pk=assignment.pk))
    with pytest.raises(NotFoundError):
        services.change_assignment(actor=ada, assignment=assignment, **wanted)


def test_what_a_person_holds_is_told_with_its_groups(ada, hanna, contoso, sam):
    (held,) = held_roles(hanna)
    assert held.actions == tuple(Action)
    assert [group.people.get() for group in held.through] == [hanna]
    assert [group.people.get() for group in held.scope] == [sam]
    assert not held.reaches_nobody
    make_assignment(hanna)
    assert [one.reaches_nobody for one in held_roles(hanna)].count(True) == 1
    assert held_roles(sam) == []


# --- over HTTP ------------------------------------------------------------------------------------


class Api:
    def __init__(self, client: Any, person: Any) -> None:
        self.client = client
        client.force_login(person)

    def __call__(self, method: str, address: str, body: Any = None) -> Any:
        return self.client.generic(
            method,
            f"/api/v1/{address}",
            json.dumps(body if body is not None else {}, default=str),
            content_type="application/json",
        )


@pytest.fixture
def api(client, ada):
    return Api(client, ada)


def test_a_role_lives_over_http(api, contoso):
    made = api("POST", "roles/", {"name": "Looks on", "actions": ["view_screen"]})
    assert made.status_code == 201
    role = made.json()
    assert (role["is_built_in"], role["number_of_assignments"]) == (False, 0)
    address = f"roles/{role['id']}/"
    changed = {"name": "Takes over", "actions": ["full_control"], "version": role["version"]}
    assert api("PUT", address, changed).json()["actions"] == ["full_control"]
    again = api("PUT", address, changed)
    assert (again.status_code, again.json()["code"]) == (409, "changed_meanwhile")
    del changed["version"]
    assert api("PUT", address, changed).status_code == 200  # the same once more
    assert api("GET", address).json()["name"] == "Takes over"
    names = [one["name"] for one in api("GET", "roles/").json()["roles"]]
    assert names == ["Help Desk Operator", "Takes over"]
    assert [one["name"] for one in api("GET", "roles/?search=desk").json()["roles"]] == names[:1]
    assert api("DELETE", address).status_code == 204
    assert api("GET", address).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "A", "actions": []}, "no_permission"),
        ({"name": "A", "actions": ["everything"]}, "invalid"),
        ({"name": "", "actions": ["elevation"]}, "invalid"),
        ({"name": "a" * 10_000, "actions": ["elevation"]}, "invalid"),
        ({"name": "Viewer", "actions": ["elevation"]}, "name_taken"),
        ({"name": "A", "actions": ["elevation"], "tenant": "x"}, "invalid"),
    ],
)
def test_a_role_that_cannot_be_is_refused_over_http(api, contoso, body, code):
    make_role(contoso, name="viewer")
    answer = api("POST", "roles/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["fields"]


def test_the_built_in_role_is_duplicated_and_not_changed_over_http(api):
    built_in = services.help_desk_operator().pk
    for method, body in (("PUT", {"name": "A", "actions": ["elevation"]}), ("DELETE", None)):
        answer = api(method, f"roles/{built_in}/", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "built_in_role")
    copy = api("POST", f"roles/{built_in}/duplicate/", {"name": "Ours"}).json()
    assert (copy["name"], copy["is_built_in"]) == ("Ours", False)


def test_an_assignment_lives_over_http(api, contoso, sam, wilma, otto):
    helpers, scope = make_group(contoso, people=[wilma]), make_group(contoso, people=[sam])
    role = make_role(contoso, *Action)
    body = {
        "name": "Night",
        "role": role.pk,
        "admin_groups": [helpers.pk],
        "scope_groups": [scope.pk],
    }
    opens = api("POST", "role-assignments/preview/", body).json()
    assert opens["is_in_effect"]
    assert [(d["action"], d["is_gain"], d["number_of_people"]) for d in opens["differences"]] == [
        (action, True, 1) for action in Action.values
    ]
    assert not RoleAssignment.objects.filter(name="Night").exists()
    made = api("POST", "role-assignments/", body).json()
    assert (made["reaches_nobody"], made["role"]["name"]) == (False, role.name)
    address = f"role-assignments/{made['id']}/"
    narrow = {**body, "scope_groups": []}
    closes = api("POST", f"{address}preview/", narrow).json()
    assert {d["is_gain"] for d in closes["differences"]} == {False}
    assert api("GET", f"{address}removal-preview/").json() == closes
    version = made["version"]
    assert api("PUT", address, {**narrow, "version": version}).json()["reaches_nobody"]
    assert api("PUT", address, {**body, "version": version}).status_code == 409
    assert api("POST", f"{address}preview/", narrow).json()["differences"] == []
    assert {one["name"] for one in api("GET", "role-assignments/").json()["role_assignments"]} >= {
        "Night"
    }
    assert api("DELETE", address).status_code == 204
    assert api("DELETE", address).status_code == 404


def test_ids_of_another_tenant_are_ids_of_nothing_over_http(api, contoso, mallory, hanna):
    """T3."""
    own = make_group(contoso)
    theirs = RoleAssignment.objects.get(admin_groups__people=mallory)
    good = {"name": "A", "role": services.help_desk_operator().pk, "admin_groups": [own.pk]}
    for name, foreign in (
        ("role", make_role(mallory.tenant).pk),
        ("admin_groups", [theirs.admin_groups.get().pk]),
        ("scope_groups", [theirs.scope_groups.get().pk]),
    ):
        absent = [uuid.uuid4()] if isinstance(foreign, list) else uuid.uuid4()
        said = [api("POST", "role-assignments/", {**good, name: one}) for one in (foreign, absent)]
        assert said[0].status_code == 400
        assert list(said[0].json()["fields"]) == [name]
        assert said[0].json() == said[1].json()
    for address in (f"role-assignments/{theirs.pk}/", f"people/{mallory.pk}/permissions/"):
        assert api("GET", address).status_code == 404
    with pytest.raises(NotFoundError):
        role_for(hanna, make_role(mallory.tenant).pk)


def test_permissions_are_told_of_oneself_and_of_others(api, client, hanna, sam, ada):
    said = api("GET", f"people/{hanna.pk}/permissions/").json()
    assert said["actions"] == Action.values
    assert said["administers"] == []
    (held,) = said["role_assignments"]
    assert held["role"]["name"] == "Help Desk Operator"
    assert len(api("GET", "me/permissions/").json()["administers"]) > 3
    assert Api(client, hanna)("GET", "me/permissions/").json() == said
    assert client.get(f"/api/v1/people/{sam.pk}/permissions/").status_code == 403


def test_lists_take_the_same_number_of_queries_however_long(api, contoso, hanna):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api("GET", address).status_code == 200
        return len(captured)

    before = [queries(address) for address in ("roles/", "role-assignments/")]
    for number in range(5):
        person = create_person(
            actor=None,
            tenant=contoso,
            email=f"n{number}@contoso.example",
            first_name="N",
            last_name="N",
        )
        make_assignment(person, role=make_role(contoso), scope=[hanna])
    assert [queries(address) for address in ("roles/", "role-assignments/")] == before
    assert max(before) <= 14


def test_a_list_is_paged_by_name(api, contoso):
    for number in range(4):
        make_role(contoso, name=f"Role {number}")
    names, cursor = [], ""
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = api("GET", f"roles/?limit=2{more}").json()
        names += [role["name"] for role in page["roles"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert names == ["Help Desk Operator", *(f"Role {number}" for number in range(4))]
    assert api("GET", "roles/?cursor=nonsense").json()["code"] == "bad_cursor"
