"""The administrator's pages of roles and role assignments, walked as a person would."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.services import change_role, help_desk_operator
from tests.factories import make_assignment, make_group, make_person, make_role

ROLES = "/administration/roles/"
ASSIGNMENTS = "/administration/role-assignments/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


# --- roles ----------------------------------------------------------------------------------------


def test_the_list_says_what_each_role_allows_and_narrows(page, contoso, fabrikam):
    make_role(contoso, Action.VIEW_SCREEN, name="Looks on")
    make_role(fabrikam, name="Theirs")
    shown = text_of(page.get(ROLES))
    assert "Help Desk Operator" in shown
    assert "Looks on" in shown
    assert "Theirs" not in shown
    for query, is_built_in, is_custom in (
        ({"action": "elevation"}, True, False),
        ({"action": "view_screen"}, True, True),
        ({"kind": "custom"}, False, True),
        ({"q": "desk"}, True, False),
    ):
        shown = text_of(page.get(ROLES, query))
        assert (">Help Desk Operator<" in shown) is is_built_in
        assert (">Looks on<" in shown) is is_custom
    assert "Nothing matches" in text_of(page.get(ROLES, {"q": "zzz"}))
    assert page.get(ROLES, {"action": "everything"}).status_code == 400
    by_permission = text_of(page.get(f"{ROLES}by-permission/"))
    assert by_permission.count(">Looks on<") == 1
    assert by_permission.count(">Help Desk Operator<") == 3


def test_the_built_in_role_is_duplicated_and_the_copy_changed_after_a_preview(
    page, contoso, hanna, sam
):
    """The walk of the issue: duplicate, take Elevation out, see what it closes, save."""
    built_in = help_desk_operator()
    shown = text_of(page.get(f"{ROLES}{built_in.pk}/"))
    assert f"{built_in.pk}/change/" not in shown
    for step in ("change", "delete"):
        assert page.get(f"{ROLES}{built_in.pk}/{step}/").status_code == 403
    form = text_of(page.get(f"{ROLES}{built_in.pk}/duplicate/"))
    assert 'value="Copy of Help Desk Operator"' in form
    answer = page.post(f"{ROLES}{built_in.pk}/duplicate/", {"name": "Desk without elevation"})
    copy = Role.objects.get(name="Desk without elevation")
    assert answer["Location"] == f"{ROLES}{copy.pk}/change/"
    RoleAssignment.objects.filter(admin_groups__people=hanna).update(role=copy)

    said = {"name": copy.name, "view_screen": "on", "full_control": "on"}
    shown = text_of(page.post(answer["Location"], {**said, "preview": "1"}))
    assert 'data-action="elevation"' in shown
    assert 'data-action="full_control"' not in shown
    assert "Hanna Helper (1/0)" in shown
    assert "Sam Sharer" in shown
    copy.refresh_from_db()
    assert copy.elevation
    page.post(answer["Location"], said)
    copy.refresh_from_db()
    assert copy.actions == {Action.VIEW_SCREEN, Action.FULL_CONTROL}


def test_a_role_is_made_and_what_is_wrong_is_said_beside_its_field(page, contoso):
    assert page.post(f"{ROLES}new/", {"name": "Empty"}).status_code == 400
    assert "at least one permission" in text_of(page.post(f"{ROLES}new/", {"name": "Empty"}))
    taken = {"name": "HELP desk", "view_screen": "on"}
    make_role(contoso, name="help DESK")
    assert "already used" in text_of(page.post(f"{ROLES}new/", taken))
    checked = page.post(f"{ROLES}new/", {"name": ""}, headers={"X-Check": "name"})
    assert checked.json()["errors"]
    made = page.post(f"{ROLES}new/", {"name": "مكتب 🛠", "elevation": "on"})
    assert made.status_code == 302
    assert "مكتب 🛠" in text_of(page.get(made["Location"]))


def test_the_second_of_two_administrators_sees_both_values(page, contoso):
    role = make_role(contoso, Action.VIEW_SCREEN, name="Looks on")
    address = f"{ROLES}{role.pk}/change/"
    version = re.search(r'name="version" value="(\w+)"', text_of(page.get(address)))
    assert version is not None
    change_role(actor=None, role=role, actions=[Action.FULL_CONTROL])
    said = {"name": "Mine", "view_screen": "on", "version": version[1]}
    answer = page.post(address, said)
    assert answer.status_code == 409
    shown = text_of(answer)
    assert "data-conflict" in shown
    assert "<td>Looks on</td><td>Mine</td>" in shown
    again = re.search(r'name="version" value="(\w+)"', shown)
    assert again is not None
    assert page.post(address, {**said, "version": again[1]}).status_code == 302
    role.refresh_from_db()
    assert role.name == "Mine"


def test_a_role_in_use_is_kept_and_one_without_use_asked_about_and_deleted(page, contoso, hanna):
    role = make_role(contoso, name="Looks on")
    assignment = make_assignment(hanna, role=role)
    address = f"{ROLES}{role.pk}/delete/"
    assert "Role assignments use this role" in text_of(page.get(address))
    assert page.post(address).status_code == 409
    assignment.delete()
    page.get(address)
    assert Role.objects.filter(pk=role.pk).exists()
    assert page.post(address)["Location"] == ROLES
    assert not Role.objects.filter(pk=role.pk).exists()


# --- assignments ----------------------------------------------------------------------------------


def _steps(page: Any) -> str:
    first = page.get(f"{ASSIGNMENTS}new/")["Location"]
    assert first.endswith("/basics/")
    return str(first.removesuffix("basics/"))


def test_the_wizard_makes_an_assignment_step_by_step(page, contoso, sam, wilma):
    """R4."""
    helpers, scope = make_group(contoso, "Night", [wilma]), make_group(contoso, "Floor", [sam])
    role = make_role(contoso, *Action)
    draft = _steps(page)
    # No step is reached before those ahead of it.
    assert page.get(f"{draft}review/")["Location"] == f"{draft}basics/"
    assert page.post(f"{draft}basics/", {"name": "", "role": role.pk}).status_code == 400
    to = page.post(f"{draft}basics/", {"name": "Night desk", "role": role.pk})["Location"]
    assert to == f"{draft}admin-groups/"
    nothing = page.post(to, {})
    assert nothing.status_code == 400
    assert "Choose at least one admin group" in text_of(nothing)
    to = page.post(to, {"admin_groups": [helpers.pk]})["Location"]
    assert to == f"{draft}scope-groups/"
    assert page.post(to, {"back": "1"})["Location"] == f"{draft}admin-groups/"
    to = page.post(to, {"scope_groups": [scope.pk]})["Location"]
    review = text_of(page.get(to))
    for words in ("Night desk", "Night", "Floor", "Wilma Warehouse (1/0)", "Sam Sharer"):
        assert words in review
    assert not RoleAssignment.objects.exists()
    done = page.post(to)
    made = RoleAssignment.objects.get()
    assert done["Location"] == f"{ASSIGNMENTS}{made.pk}/"
    assert list(made.admin_groups.all()) == [helpers]
    assert list(made.scope_groups.all()) == [scope]
    assert page.get(to).status_code == 404  # the draft is done


def test_an_empty_scope_and_a_group_in_its_own_scope_are_said(page, contoso, sam, wilma):
    group = make_group(contoso, "Both", [sam, wilma])
    draft = _steps(page)
    role = help_desk_operator().pk
    page.post(f"{draft}basics/", {"name": "A", "role": role})
    page.post(f"{draft}admin-groups/", {"admin_groups": [group.pk]})
    page.post(f"{draft}scope-groups/", {})
    assert "reaches nobody" in text_of(page.get(f"{draft}review/"))
    page.post(f"{draft}scope-groups/", {"scope_groups": [group.pk]})
    review = text_of(page.get(f"{draft}review/"))
    assert "may help each other: Both" in review
    page.post(f"{draft}scope-groups/", {})
    page.post(f"{draft}review/")
    made = RoleAssignment.objects.get()
    assert "reaches nobody" in text_of(page.get(f"{ASSIGNMENTS}{made.pk}/"))
    assert "Reaches nobody" in text_of(page.get(ASSIGNMENTS))


def test_a_name_that_was_taken_meanwhile_leads_back_to_its_step(page, contoso, hanna, sam):
    group = make_group(contoso, "G", [sam])
    draft = _steps(page)
    page.post(f"{draft}basics/", {"name": "Desk", "role": help_desk_operator().pk})
    page.post(f"{draft}admin-groups/", {"admin_groups": [group.pk]})
    page.post(f"{draft}scope-groups/", {"covers_all_users": "on"})
    RoleAssignment.objects.update(name="DESK")
    assert "already used" in text_of(page.get(f"{draft}review/"))
    answer = page.post(f"{draft}review/")
    assert answer.status_code == 400
    assert "already used" in text_of(answer)


def test_groups_and_roles_of_another_tenant_are_no_choice(page, contoso, fabrikam):
    """T3."""
    draft = _steps(page)
    theirs, role = make_group(fabrikam, "Theirs"), make_role(fabrikam, name="Theirs")
    assert page.post(f"{draft}basics/", {"name": "A", "role": role.pk}).status_code == 400
    page.post(f"{draft}basics/", {"name": "A", "role": help_desk_operator().pk})
    bad = page.post(f"{draft}admin-groups/", {"admin_groups": [theirs.pk]})
    assert bad.status_code == 400
    assert ">Theirs<" not in text_of(bad)


def test_an_assignment_is_changed_with_a_preview_duplicated_and_deleted(page, contoso, hanna, sam):
    found = RoleAssignment.objects.get(admin_groups__people=hanna)
    address = f"{ASSIGNMENTS}{found.pk}/"
    said = {
        "name": found.name,
        "role": found.role_id,
        "admin_groups": [found.admin_groups.get().pk],
    }
    shown = text_of(page.post(f"{address}change/", {**said, "preview": "1"}))
    assert shown.count("<tr data-action=") == 3
    assert "this assignment reaches nobody" in shown
    assert found.scope_groups.exists()
    everybody = {**said, "covers_all_users": "on"}
    assert page.post(f"{address}change/", everybody)["Location"] == address
    found.refresh_from_db()
    assert found.covers_all_users
    copy = page.get(f"{address}duplicate/")["Location"]
    form = text_of(page.get(copy))
    assert f'value="Copy of {found.name}"' in form
    question = text_of(page.get(f"{address}delete/"))
    assert "Elevation: lost by 1 of the helpers" in question
    assert page.post(f"{address}delete/")["Location"] == ASSIGNMENTS
    assert not RoleAssignment.objects.filter(pk=found.pk).exists()
    assert page.get(address).status_code == 404


# --- who holds what -------------------------------------------------------------------------------


def test_everybody_sees_their_own_permissions_and_administrators_those_of_others(
    client, ada, hanna, sam, mallory
):
    client.force_login(hanna)
    mine = text_of(client.get("/permissions/"))
    assert "My permissions" in mine
    assert "Help Desk Operator" in mine
    assert client.get(f"/administration/people/{sam.pk}/permissions/").status_code == 403
    client.force_login(sam)
    assert "You hold no role" in text_of(client.get("/permissions/"))
    client.force_login(ada)
    assert "Permissions of Hanna Helper" in text_of(
        client.get(f"/administration/people/{hanna.pk}/permissions/")
    )
    assert client.get(f"/administration/people/{mallory.pk}/permissions/").status_code == 404


def test_the_pages_take_the_same_number_of_queries_however_much_there_is(page, contoso, hanna):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(address).status_code == 200
        return len(captured)

    addresses = (ROLES, f"{ROLES}by-permission/", ASSIGNMENTS)
    own = f"/administration/people/{hanna.pk}/permissions/"
    before = [queries(address) for address in (*addresses, own)]
    for _number in range(4):
        person = make_person(contoso)
        make_assignment(person, role=make_role(contoso), scope=[hanna])
        make_assignment(hanna, scope=[person])
    assert [queries(address) for address in (*addresses, own)] == before
    assert max(before) <= 20, before
