"""Why somebody may help somebody or not: the trace for administrators, and the one reason for a helper (R7)."""

from __future__ import annotations

import uuid

import pytest

from apps.common.errors import NotAllowedError, NotFoundError
from apps.devices.models import Policy
from apps.licenses.models import Seat
from apps.roles.models import Action, RoleAssignment
from apps.sessions.eligibility import CheckName, decision_on
from apps.sessions.grounds import GROUNDS
from apps.sessions.why import PLACES, Place, explain, own_answer
from apps.tenants.models import Tenant
from apps.tenants.selectors import PERMISSIONS
from apps.tenants.services import revoke_administration
from tests.factories import make_assignment, make_device, make_role


def _why(actor, helper, sharer, device=None, action=Action.VIEW_SCREEN):
    return explain(
        actor,
        helper_id=helper.pk,
        sharer_id=sharer.pk,
        device_id=device.pk if device else None,
        action=action,
    )


def test_the_trace_is_that_of_the_decision(ada, hanna, otto, oleg, sam, sams_laptop, old_tablet):
    for helper in (hanna, otto, oleg):
        for device in (None, sams_laptop, old_tablet):
            for action in Action:
                decision = decision_on(
                    helper_id=helper.pk,
                    sharer_id=sam.pk,
                    device_id=device.pk if device else None,
                    action=action,
                    app_version=device.app_version if device else "",
                )
                said = _why(ada, helper, sam, device, action)
                assert [line.check for line in said.lines] == list(decision.checks)
                assert said.decision.is_allowed is decision.is_allowed


def test_every_reason_says_where_it_is_put_right():
    assert PLACES.keys() == GROUNDS.keys()
    assert {place.value for place in Place} - {""} <= set(PERMISSIONS)


def test_it_names_the_assignments_and_the_way_in_which_each_reaches(
    ada, contoso, hanna, sam, wilma, sams_laptop, old_tablet
):
    (desk,) = RoleAssignment.objects.filter(admin_groups__people=hanna)
    viewer = make_role(contoso, Action.VIEW_SCREEN)
    by_device = make_assignment(hanna, role=viewer, devices=[sams_laptop])
    everywhere = make_assignment(hanna, role=viewer, covers_all_devices=True)
    other = make_assignment(hanna, scope=[wilma])
    said = {reach.assignment: reach for reach in _why(ada, hanna, sam, sams_laptop).assignments}
    assert {found for found, reach in said.items() if reach.is_reaching} == {
        desk,
        by_device,
        everywhere,
    }
    assert list(said)[-1] == other
    assert said[desk].groups == tuple(desk.scope_groups.all())
    assert said[by_device].groups == tuple(by_device.scope_groups.all())
    assert said[everywhere].groups == ()
    assert said[everywhere].is_by_all_devices
    assert said[by_device].actions == {Action.VIEW_SCREEN}
    # Not enrolled: *all devices* does not cover it.
    said = {reach.assignment: reach for reach in _why(ada, hanna, sam, old_tablet).assignments}
    assert not said[everywhere].is_reaching
    assert not said[everywhere].is_by_all_devices
    assert said[desk].is_reaching


def test_a_failing_check_leads_on_only_where_the_asker_may_go(ada, hanna, sam, contoso):
    Tenant.objects.filter(pk=contoso.pk).update(is_remote_help_enabled=False)
    Seat.objects.all().delete()
    lines = {line.check.name: line for line in _why(ada, hanna, sam).lines}
    assert lines[CheckName.ENABLED].place is Place.SETTINGS
    assert lines[CheckName.HELPER_SEAT].is_open
    assert not lines[CheckName.PERMITTED].is_open  # it passed
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_licenses"])
    lines = {line.check.name: line for line in _why(ada, hanna, sam).lines}
    assert lines[CheckName.ENABLED].is_open
    assert not lines[CheckName.HELPER_SEAT].is_open


def test_only_who_manages_roles_may_ask_about_others(ada, hanna, sam, otto, mallory):
    for actor in (hanna, sam, otto, mallory):
        with pytest.raises(NotAllowedError):
            _why(actor, hanna, sam)
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_roles"])
    with pytest.raises(NotAllowedError):
        _why(ada, hanna, sam)


def test_people_and_devices_of_another_tenant_do_not_exist(ada, hanna, sam, mallory, fabrikam):
    """T3."""
    theirs = make_device(fabrikam)
    for question in ((mallory, sam), (hanna, mallory), (hanna, sam, theirs)):
        with pytest.raises(NotFoundError):
            _why(ada, *question)


def test_a_disabled_helper_has_nothing_to_show(ada, hanna, sam):
    type(hanna).objects.filter(pk=hanna.pk).update(is_active=False)
    said = _why(ada, hanna, sam)
    assert said.decision.refusal.code == "person_disabled"
    assert said.assignments == ()


# --- the helper's own -----------------------------------------------------------------------------


def _own(actor, sharer, device=None, action=Action.VIEW_SCREEN):
    answer = own_answer(
        actor, sharer_id=sharer.pk, device_id=device.pk if device else None, action=action
    )
    return answer.refusal.code if answer.refusal else ""


def test_a_helper_is_told_what_concerns_them(hanna, oleg, otto, sam, sams_laptop, contoso):
    assert _own(hanna, sam) == _own(hanna, sam, sams_laptop, Action.ELEVATION) == ""
    assert _own(oleg, sam, action=Action.FULL_CONTROL) == "full_control_not_permitted"
    assert _own(otto, sam) == "out_of_scope"
    Tenant.objects.filter(pk=contoso.pk).update(is_remote_help_enabled=False)
    assert _own(hanna, sam) == _own(otto, sam) == "remote_help_off"


def test_how_somebody_out_of_reach_stands_is_not_told(hanna, otto, sam, contoso, sams_laptop):
    Seat.objects.all().delete()
    from apps.licenses.services import assign_seat

    license_ = contoso.licenses.get(product="remote_help")
    for helper in (hanna, otto):
        assign_seat(actor=None, license_=license_, person=helper)
    assert _own(hanna, sam) == "sharer_has_no_seat"
    assert _own(otto, sam) == "out_of_scope"
    type(sam).objects.filter(pk=sam.pk).update(is_active=False)
    assert _own(hanna, sam) == "person_disabled"
    assert _own(otto, sam) == "out_of_scope"
    with pytest.raises(NotFoundError):
        _own(otto, sam, sams_laptop)  # a device that Otto cannot see


def test_another_tenants_people_do_not_exist_for_a_helper(hanna, mallory):
    with pytest.raises(NotFoundError):
        _own(hanna, mallory)
    with pytest.raises(NotFoundError):
        own_answer(hanna, sharer_id=uuid.uuid4(), action=Action.VIEW_SCREEN)


# --- the API --------------------------------------------------------------------------------------


def test_the_api_answers_with_the_whole_trace(client, ada, otto, sam, sams_laptop, contoso):
    policy = Policy.objects.create(
        tenant=contoso, name="Disk", rule=Policy.Rule.DISK_ENCRYPTED, covers_all_devices=True
    )
    client.force_login(ada)
    query = {
        "helper": otto.pk,
        "sharer": sam.pk,
        "device": sams_laptop.pk,
        "action": "full_control",
    }
    said = client.get("/api/v1/why/", query).json()
    assert not said["is_allowed"]
    assert [check["name"] for check in said["checks"]] == CheckName.values
    (failed,) = (check for check in said["checks"] if not check["is_passed"])
    assert failed["code"] == "out_of_scope"
    assert failed["takes"] == "tenants.manage_roles"
    assert failed["message"]
    assert failed["remedy"]
    (reach,) = said["assignments"]
    assert (reach["role"], reach["is_reaching"]) == ("Help Desk Operator", False)
    assert [warning["name"] for warning in said["compliance_warnings"]] == [policy.name]


def test_the_api_refuses_what_it_cannot_read(client, ada, hanna, sam, mallory):
    client.force_login(ada)
    good = {"helper": hanna.pk, "sharer": sam.pk}
    assert client.get("/api/v1/why/", good).status_code == 200
    for bad, status, code in (
        ({"helper": mallory.pk}, 404, "not_found"),
        ({"sharer": uuid.uuid4()}, 404, "not_found"),
        ({"device": uuid.uuid4()}, 404, "not_found"),
        ({"helper": "hanna"}, 400, "invalid"),
        ({"action": "everything"}, 400, "invalid"),
        ({"tenant": "x"}, 400, "invalid"),
    ):
        answer = client.get("/api/v1/why/", good | bad)
        assert (answer.status_code, answer.json()["code"]) == (status, code), bad


def test_a_helper_asks_the_api_about_themselves(client, oleg, sam):
    client.force_login(oleg)
    said = client.get("/api/v1/me/why/", {"sharer": sam.pk, "action": "full_control"}).json()
    assert said["refusal"]["code"] == "full_control_not_permitted"
    assert client.get("/api/v1/me/why/", {"sharer": sam.pk}).json()["refusal"] is None
    assert client.get("/api/v1/why/", {"helper": oleg.pk, "sharer": sam.pk}).status_code == 403
