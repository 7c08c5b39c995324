"""A tenant's own staff in the Django admin: their rows, their choices, their permissions (T3)."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from apps.devices.models import Device
from apps.roles.models import Role, RoleAssignment
from apps.roles.services import help_desk_operator
from apps.tenants.models import Group, Tenant, User
from tests.factories import (
    make_assignment,
    make_device,
    make_group,
    make_license,
    make_person,
    make_role,
)


def _ids(client, name: str, **query) -> str:
    return str(client.get(reverse(f"admin:{name}_changelist"), query).content.decode())


def test_who_is_not_staff_is_kept_out(client, ada, hanna):
    for person in (ada, hanna):
        client.force_login(person)
        assert client.get(reverse("admin:index")).status_code in (302, 403)
        assert client.get(reverse("admin:tenants_user_changelist")).status_code in (302, 403)


def test_staff_see_their_own_tenant_only(as_staff, contoso, hanna, mallory, fabrikam):
    theirs = make_device(fabrikam, name="fabrikam-device")
    make_device(contoso, name="contoso-device")

    people = _ids(as_staff, "tenants_user")
    assert "hanna@" in people
    assert "mallory@" not in people
    devices = _ids(as_staff, "devices_device")
    assert "contoso-device" in devices
    assert "fabrikam-device" not in devices
    assert _ids(as_staff, "tenants_tenant").count("Fabrikam") == 0
    for name, row in (("tenants_user", mallory), ("devices_device", theirs)):
        answer = as_staff.get(reverse(f"admin:{name}_change", args=[row.pk]))
        assert answer.status_code == 302, "as for a row that does not exist"


def test_staff_need_the_permission_for_each_kind_of_thing(client, limited, contoso, hanna):
    client.force_login(limited)

    assert client.get(reverse("admin:devices_device_changelist")).status_code == 200
    assert client.get(reverse("admin:devices_device_add")).status_code == 200
    for name in ("roles_role", "licenses_license", "help_sessions_helpsession"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
    # Looking at people helps to choose an owner; changing them is another permission.
    assert client.get(reverse("admin:tenants_user_changelist")).status_code == 200
    where = reverse("admin:tenants_user_change", args=[hanna.pk])
    assert client.post(where, {"first_name": "Changed"}).status_code == 403


def test_a_permission_that_is_taken_away_is_gone_at_once(client, limited):
    from apps.tenants.services import revoke_administration

    client.force_login(limited)
    assert client.get(reverse("admin:devices_device_changelist")).status_code == 200
    revoke_administration(actor=None, person=limited)
    assert client.get(reverse("admin:devices_device_changelist")).status_code == 403


def test_what_staff_make_is_of_their_own_tenant(as_staff, contoso, fabrikam):
    answer = as_staff.post(
        reverse("admin:devices_device_add"),
        {
            "tenant": str(fabrikam.pk),
            "name": "new-device",
            "system": "linux",
            "enrolment": "unenrolled",
        },
    )
    assert answer.status_code == 302
    assert Device.objects.get(name="new-device").tenant_id == contoso.pk


@pytest.fixture(params=["operator", "staff"])
def administrator(request, client):
    client.force_login(request.getfixturevalue(request.param))
    return client


def test_a_choice_of_another_tenant_is_refused(administrator, contoso, fabrikam, sam, magnus):
    license_ = make_license(contoso)
    foreign_group, own_group = make_group(fabrikam), make_group(contoso)
    tenant = {"tenant": str(contoso.pk)}
    attempts = {
        "roles_roleassignment": (
            RoleAssignment,
            tenant
            | {
                "name": "Crossing",
                "role": str(help_desk_operator().pk),
                "admin_groups": [str(own_group.pk)],
                "scope_groups": [str(foreign_group.pk)],
            },
        ),
        "devices_device": (
            Device,
            tenant
            | {
                "name": "Crossing",
                "system": "linux",
                "enrolment": "enrolled",
                "owner": str(magnus.pk),
            },
        ),
        "tenants_group": (Group, tenant | {"name": "Crossing", "people": [str(magnus.pk)]}),
    }
    for name, (model, body) in attempts.items():
        answer = administrator.post(reverse(f"admin:{name}_add"), body)
        assert answer.status_code == 200, name
        assert not model._default_manager.filter(name="Crossing").exists(), name
    taken = license_.seats.count()
    body = {"license": str(license_.pk), "person": str(magnus.pk), "assigned_at_0": "2026-01-01"}
    body["assigned_at_1"] = "00:00"
    assert administrator.post(reverse("admin:licenses_seat_add"), body).status_code == 200
    assert license_.seats.count() == taken
    # The same with a person of the tenant is accepted: it was the tenant that was refused.
    body["person"] = str(sam.pk)
    assert administrator.post(reverse("admin:licenses_seat_add"), body).status_code == 302
    assert license_.seats.count() == taken + 1


def test_a_role_of_another_tenant_is_refused_and_the_built_in_one_accepted(
    administrator, contoso, fabrikam
):
    group = make_group(contoso)
    body = {"tenant": str(contoso.pk), "name": "Desk", "admin_groups": [str(group.pk)]}
    where = reverse("admin:roles_roleassignment_add")

    assert (
        administrator.post(where, body | {"role": str(make_role(fabrikam).pk)}).status_code == 200
    )
    assert not RoleAssignment.objects.filter(name="Desk").exists()
    answer = administrator.post(where, body | {"role": str(help_desk_operator().pk)})
    assert answer.status_code == 302
    assert RoleAssignment.objects.get(name="Desk").tenant_id == contoso.pk


def test_a_thing_never_moves_to_another_tenant(administrator, contoso, fabrikam):
    group = make_group(contoso, "Stays")
    where = reverse("admin:tenants_group_change", args=[group.pk])

    administrator.post(where, {"name": "Stays here", "tenant": str(fabrikam.pk)})
    group.refresh_from_db()
    assert (group.name, group.tenant_id) == ("Stays here", contoso.pk)


def test_a_name_that_is_taken_in_the_tenant_is_a_sentence_and_no_crash(administrator, contoso):
    make_group(contoso, "Finance")
    answer = administrator.post(
        reverse("admin:tenants_group_add"), {"tenant": str(contoso.pk), "name": "FINANCE"}
    )
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_choices_are_looked_up_among_the_own_tenants_only(as_staff, hanna, mallory):
    found = as_staff.get(
        reverse("admin:autocomplete"),
        {"app_label": "devices", "model_name": "device", "field_name": "owner", "term": "m"},
    )
    names = {row["text"] for row in json.loads(found.content)["results"]}
    assert "Mallory Meddler" not in names
    assert json.loads(
        as_staff.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "devices",
                "model_name": "device",
                "field_name": "owner",
                "term": "hanna",
            },
        ).content
    )["results"]


def test_staff_change_their_tenants_switches_and_not_its_identity(as_staff, contoso):
    where = reverse("admin:tenants_tenant_change", args=[contoso.pk])
    as_staff.post(
        where,
        {"name": "Taken over", "cloud": "gcc", "are_unenrolled_devices_allowed": "on"},
    )
    contoso.refresh_from_db()
    assert (contoso.name, contoso.cloud) == ("Contoso", "public")
    assert contoso.are_unenrolled_devices_allowed
    assert not contoso.is_remote_help_enabled, "the switch that was left out is off"
    assert as_staff.get(reverse("admin:tenants_tenant_add")).status_code == 403
    assert Tenant.objects.count() == 1


def test_staff_make_nobody_more_powerful(as_staff, sam, contoso):
    where = reverse("admin:tenants_user_change", args=[sam.pk])
    body = {"email": sam.email, "first_name": "Samuel", "last_name": "Sharer", "is_active": "on"}
    body |= {"is_superuser": "on", "is_staff": "on", "administers": ["tenants.manage_roles"]}

    assert as_staff.post(where, body).status_code == 302
    sam.refresh_from_db()
    assert sam.first_name == "Samuel"
    assert (sam.is_superuser, sam.is_staff) == (False, False)
    assert not User.objects.get(pk=sam.pk).has_perm("tenants.manage_roles", contoso)


def test_staff_cannot_take_over_another_administrators_account(as_staff, limited):
    where = reverse("admin:tenants_user_change", args=[limited.pk])
    assert as_staff.post(where, {"email": "mine@contoso.example"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[limited.pk])
    answer = as_staff.post(
        password, {"password1": "taken over 123!", "password2": "taken over 123!"}
    )
    assert answer.status_code == 403
    limited.refresh_from_db()
    assert not limited.check_password("taken over 123!")


def test_roles_of_the_tenant_and_the_built_in_one_are_listed(as_staff, contoso, fabrikam):
    make_role(contoso, name="Ours")
    make_role(fabrikam, name="Theirs")
    page = _ids(as_staff, "roles_role")
    assert "Ours" in page
    assert "Help Desk Operator" in page
    assert "Theirs" not in page
    assert Role.objects.count() == 3


def test_a_group_of_a_running_help_desk_keeps_working(administrator, contoso, hanna, sam):
    """Saving an assignment unchanged through the admin changes nothing of who may help whom."""
    from apps.roles.models import Action
    from apps.roles.selectors import actions_on

    assignment = make_assignment(hanna, scope=[sam])
    body = {
        "name": assignment.name,
        "role": str(assignment.role_id),
        "admin_groups": [str(pk) for pk in assignment.admin_groups.values_list("pk", flat=True)],
        "scope_groups": [str(pk) for pk in assignment.scope_groups.values_list("pk", flat=True)],
    }
    where = reverse("admin:roles_roleassignment_change", args=[assignment.pk])
    assert administrator.post(where, body).status_code == 302
    assert Action.VIEW_SCREEN in actions_on(hanna, sharer_id=sam.pk)
    assert make_person(contoso).tenant_id == contoso.pk
