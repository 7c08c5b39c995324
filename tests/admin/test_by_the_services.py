"""What operators write in the Django admin is written by the services: they decide, name the operator, and refuse
beside the fields."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.services import help_desk_operator
from apps.tenants.models import AuditEntry, Origin, Tenant
from apps.tenants.services import grant_administration
from tests.factories import make_assignment, make_group, make_person, make_role


def entries():
    return list(AuditEntry.objects.order_by("at", "number").values_list("act", "target_kind"))


def refused(answer):
    """The fields that an answer says something is wrong with."""
    assert answer.status_code == 200
    return set(answer.context["adminform"].form.errors)


def change(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_a_role_is_made_changed_and_deleted(as_operator, operator, contoso):
    add = reverse("admin:roles_role_add")
    body = {"tenant": contoso.pk, "name": "Looks on", "description": ""}
    assert refused(as_operator.post(add, body)) == {"actions"}
    assert not Role.objects.filter(tenant=contoso).exists()

    made = as_operator.post(add, body | {"actions": ["view_screen"]})
    assert made.status_code == 302, made.content
    role = Role.objects.get(tenant=contoso)
    assert set(role.actions) == {Action.VIEW_SCREEN}
    assert refused(
        as_operator.post(add, body | {"name": "LOOKS ON", "actions": ["elevation"]})
    ) == {"name"}

    body = {"name": "Helps", "description": "", "actions": ["full_control", "elevation"]}
    assert as_operator.post(change(role), body).status_code == 302
    role.refresh_from_db()
    assert role.name == "Helps"
    assert set(role.actions) == {Action.FULL_CONTROL, Action.ELEVATION}
    entry = AuditEntry.objects.latest("at")
    assert (entry.act, entry.origin, entry.actor) == ("changed", Origin.OPERATOR, operator)

    gone = reverse("admin:roles_role_delete", args=[role.pk])
    assert as_operator.post(gone, {"post": "yes"}).status_code == 302
    assert not Role.objects.filter(pk=role.pk).exists()


def test_a_role_in_use_stays_and_says_why(as_operator, contoso, sam):
    role = make_role(contoso)
    make_assignment(sam, role=role)
    before = entries()
    gone = {
        "action": "delete_selected",
        "_selected_action": [str(role.pk)],
        "post": "yes",
    }
    as_operator.post(reverse("admin:roles_role_changelist"), gone)
    as_operator.post(reverse("admin:roles_role_delete", args=[role.pk]), {"post": "yes"})
    assert Role.objects.filter(pk=role.pk).exists()
    assert entries() == before


def test_an_assignment_is_made_changed_and_deleted(as_operator, operator, contoso, sam):
    helpers, scope = make_group(contoso, people=[sam]), make_group(contoso)
    add = reverse("admin:roles_roleassignment_add")
    body = {"tenant": contoso.pk, "role": help_desk_operator().pk, "name": "Night"}
    assert refused(as_operator.post(add, body)) == {"admin_groups"}

    made = as_operator.post(add, body | {"admin_groups": [helpers.pk], "scope_groups": [scope.pk]})
    assert made.status_code == 302, made.content
    assignment = RoleAssignment.objects.get()
    assert [*assignment.admin_groups.all(), *assignment.scope_groups.all()] == [helpers, scope]

    body = {**body, "name": "Day", "admin_groups": [helpers.pk], "covers_all_users": "on"}
    assert as_operator.post(change(assignment), body).status_code == 302
    assignment.refresh_from_db()
    assert (assignment.name, assignment.covers_all_users) == ("Day", True)
    assert not assignment.scope_groups.exists()

    gone = reverse("admin:roles_roleassignment_delete", args=[assignment.pk])
    assert as_operator.post(gone, {"post": "yes"}).status_code == 302
    assert not RoleAssignment.objects.exists()
    assert entries()[-3:] == [
        (act, "roles.roleassignment") for act in ("added", "changed", "removed")
    ]
    assert AuditEntry.objects.latest("at").actor == operator


def test_groups_of_another_organisation_are_refused(as_operator, contoso, fabrikam, sam):
    theirs = make_group(fabrikam)
    body = {
        "tenant": contoso.pk,
        "role": help_desk_operator().pk,
        "name": "Night",
        "admin_groups": [theirs.pk],
    }
    answer = as_operator.post(reverse("admin:roles_roleassignment_add"), body)
    assert "admin_groups" in refused(answer)
    assert not RoleAssignment.objects.exists()


def test_an_organisation_is_made_with_its_domain(as_operator, operator):
    add = reverse("admin:tenants_tenant_add")
    made = as_operator.post(add, {"name": "Tail Spin", "domain": "TailSpin.example"})
    assert made.status_code == 302, made.content
    tenant = Tenant.objects.get(name="Tail Spin")
    assert [domain.name for domain in tenant.domains.all()] == ["tailspin.example"]
    entry = AuditEntry.objects.get(tenant=tenant)
    assert (entry.origin, entry.actor) == (Origin.OPERATOR, operator)
    assert as_operator.post(add, {"name": "Other", "domain": "tailspin.example"}).status_code == 200
    assert not Tenant.objects.filter(name="Other").exists()


def test_settings_are_changed_and_refused_as_on_their_page(as_operator, operator, contoso):
    body = {
        "name": contoso.name,
        "slug": contoso.slug,
        "cloud": "public",
        "is_remote_help_enabled": "on",
        "recommended_app_version": "1.2",
        "mandatory_app_version": "1.4",
    }
    assert refused(as_operator.post(change(contoso), body)) == {"recommended_app_version"}
    contoso.refresh_from_db()
    assert contoso.mandatory_app_version == ""

    body |= {"recommended_app_version": "1.5", "name": "Contoso Ltd", "cloud": "gcc"}
    assert as_operator.post(change(contoso), body).status_code == 302
    contoso.refresh_from_db()
    assert (contoso.name, contoso.cloud) == ("Contoso Ltd", "gcc")
    assert contoso.mandatory_app_version == "1.4"
    two = AuditEntry.objects.filter(tenant=contoso).order_by("-number")[:2]
    assert {entry.actor for entry in two} == {operator}
    assert set(two[1].facts["changes"]) == {"name", "cloud"}


def test_somebody_of_the_organisation_changes_its_settings_and_not_who_it_is(as_staff, contoso):
    body = {"name": "Mine", "cloud": "gcc", "slug": "mine", "code_valid_minutes": "20"}
    assert as_staff.post(change(contoso), body).status_code == 302
    contoso.refresh_from_db()
    assert (contoso.name, contoso.cloud, contoso.code_valid_minutes) == ("Contoso", "public", 20)


@pytest.mark.parametrize("name", ["roles_role", "roles_roleassignment", "tenants_tenant"])
def test_who_lacks_the_right_does_not_come_in(client, contoso, name):
    person = make_person(contoso, "Lia", "Licences")
    person.is_staff = True
    person.save()
    grant_administration(actor=None, person=person, permissions=["tenants.manage_licenses"])
    client.force_login(person)
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403
