from __future__ import annotations

import pytest

from apps.common.errors import NotAllowedError
from apps.roles import services
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.selectors import (
    actions_anywhere,
    actions_on,
    assignments_of,
    people_open_to,
    roles_of,
)
from apps.tenants.models import Group
from apps.tenants.services import NameTakenError, revoke_administration
from tests.factories import make_assignment, make_group, make_role


def test_the_built_in_role_has_all_three_actions(db):
    """R1, R2."""
    role = services.help_desk_operator()
    assert role.is_built_in
    assert role.name == "Help Desk Operator"
    assert role.actions == frozenset(Action)


def test_the_built_in_role_is_there_once_however_often_it_is_ensured(db):
    Role.objects.filter(tenant=None).update(elevation=False)
    for _ in range(2):
        services.ensure_built_in_roles()
    assert services.help_desk_operator().elevation
    assert Role.objects.filter(tenant=None).count() == 1


def test_a_built_in_role_cannot_be_changed(ada):
    role = services.help_desk_operator()
    for actor in (ada, None):
        with pytest.raises(services.BuiltInRoleError):
            services.change_role(actor=actor, role=role, actions=[])
    role.refresh_from_db()
    assert role.actions == frozenset(Action)


def test_an_administrator_makes_and_changes_custom_roles(ada, contoso, hanna, mallory):
    """R3."""
    role = services.create_role(
        actor=ada, tenant=contoso, name="Viewer", actions=[Action.VIEW_SCREEN]
    )
    assert role.actions == {Action.VIEW_SCREEN}
    assert (role.tenant, role.is_built_in) == (contoso, False)
    services.change_role(actor=ada, role=role, actions=[Action.FULL_CONTROL])
    role.refresh_from_db()
    assert role.actions == {Action.FULL_CONTROL}
    with pytest.raises(NameTakenError):
        services.create_role(actor=ada, tenant=contoso, name="VIEWER", actions=Action)
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.change_role(actor=actor, role=role, actions=Action)
        with pytest.raises(NotAllowedError):
            services.create_role(actor=actor, tenant=contoso, name="Mine", actions=Action)
    role.refresh_from_db()
    assert role.actions == {Action.FULL_CONTROL}


def test_two_tenants_may_use_one_name(contoso, fabrikam):
    one, other = make_role(contoso, name="Viewer"), make_role(fabrikam, name="Viewer")
    assert one != other
    assert set(roles_of(contoso.pk)) == {one, services.help_desk_operator()}


def test_an_assignment_joins_role_admins_and_scope(ada, contoso, sam, wilma):
    """R4."""
    admins, scope = make_group(contoso, people=[wilma]), make_group(contoso, people=[sam])
    assignment = services.assign_role(
        actor=ada,
        tenant=contoso,
        role=services.help_desk_operator(),
        name="Desk",
        description="Ground floor",
        admin_groups=[admins],
        scope_groups=[scope],
    )
    row = RoleAssignment.objects.get(pk=assignment.pk)
    assert (row.name, row.description) == ("Desk", "Ground floor")
    assert (list(row.admin_groups.all()), list(row.scope_groups.all())) == ([admins], [scope])
    assert list(people_open_to(wilma, Action.ELEVATION)) == [sam]
    services.remove_assignment(actor=ada, assignment=row)
    assert not people_open_to(wilma, Action.VIEW_SCREEN).exists()


def test_nothing_of_another_tenant_goes_into_an_assignment(ada, contoso, fabrikam, sam):
    """T3."""
    own, foreign = make_group(contoso, people=[sam]), make_group(fabrikam)
    good = {
        "tenant": contoso,
        "role": services.help_desk_operator(),
        "admin_groups": [own],
        "scope_groups": [own],
    }
    for bad in (
        {"role": make_role(fabrikam, *Action)},
        {"admin_groups": [own, foreign]},
        {"scope_groups": [foreign]},
        {"tenant": fabrikam, "admin_groups": [foreign], "scope_groups": [foreign]},
    ):
        with pytest.raises(NotAllowedError):
            services.assign_role(actor=ada, name="Bad", **(good | bad))
    assert not RoleAssignment.objects.filter(name="Bad").exists()
    assert services.assign_role(actor=ada, name="Good", **good).tenant == contoso


def test_only_administrators_assign_and_remove(hanna, otto, mallory, contoso, ada):
    assignment = assignments_of(hanna).get()
    for actor in (hanna, otto, mallory):
        with pytest.raises(NotAllowedError):
            services.remove_assignment(actor=actor, assignment=assignment)
        with pytest.raises(NotAllowedError):
            services.assign_role(
                actor=actor,
                tenant=contoso,
                role=services.help_desk_operator(),
                name="Everything",
                admin_groups=[Group.objects.get(tenant=contoso, name="Everyone")],
                covers_all_users=True,
            )
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_roles"])
    with pytest.raises(
        NotAllowedError
    ):  # though other permissions remain, and ada is an old object
        services.remove_assignment(actor=ada, assignment=assignment)
    assert RoleAssignment.objects.filter(pk=assignment.pk).exists()


def test_a_name_is_used_once(ada, contoso):
    for name, error in (("Desk", None), ("desk", NameTakenError)):
        call = {
            "actor": ada,
            "tenant": contoso,
            "role": services.help_desk_operator(),
            "name": name,
            "admin_groups": [make_group(contoso)],
        }
        if error is None:
            services.assign_role(**call)
        else:
            with pytest.raises(error):
                services.assign_role(**call)


def test_a_disabled_helper_has_no_assignment(hanna, sam):
    assert actions_on(hanna, sharer_id=sam.pk) == actions_anywhere(hanna) == frozenset(Action)
    hanna.is_active = False
    assert not assignments_of(hanna).exists()
    assert actions_on(hanna, sharer_id=sam.pk) == actions_anywhere(hanna) == frozenset()
    assert not people_open_to(hanna, Action.VIEW_SCREEN).exists()


def test_a_person_in_two_admin_groups_counts_once(hanna, contoso):
    assignment = assignments_of(hanna).get()
    assignment.admin_groups.add(make_group(contoso, people=[hanna]))
    assert assignments_of(hanna).count() == 1


def test_a_group_of_another_tenant_behind_our_back_makes_no_helper(mallory, contoso, sam):
    """T3: rows that no service would write."""
    assignment = make_assignment(mallory, covers_all_users=True)
    RoleAssignment.objects.filter(pk=assignment.pk).update(tenant=contoso)
    assert sam not in people_open_to(mallory, Action.VIEW_SCREEN)
    assert assignment not in assignments_of(mallory)


def test_an_admin_group_of_another_tenant_behind_our_back_makes_no_helper(
    sam, contoso, fabrikam, wilma
):
    theirs = make_group(fabrikam)
    theirs.people.add(wilma)
    assignment = services.assign_role(
        actor=None,
        tenant=contoso,
        role=services.help_desk_operator(),
        name="Mixed",
        admin_groups=[make_group(contoso)],
        covers_all_users=True,
    )
    assignment.admin_groups.set([theirs])
    assert actions_on(wilma, sharer_id=sam.pk) == frozenset()
    assignment.admin_groups.add(make_group(contoso, people=[wilma]))
    assert actions_on(wilma, sharer_id=sam.pk) == frozenset(Action)


def test_everybodys_actions_are_one_statement(hanna, sam, django_assert_num_queries):
    with django_assert_num_queries(1):
        actions_on(hanna, sharer_id=sam.pk, device_id=sam.pk, is_device_enrolled=True)
