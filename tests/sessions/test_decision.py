"""The same decision, on the facts of the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.models import Enrolment, Policy
from apps.devices.services import record_policy_result
from apps.licenses.models import License, Product, Seat
from apps.licenses.services import assign_seat
from apps.roles.models import Action, Role, RoleAssignment
from apps.sessions.eligibility import decision_on
from apps.tenants.models import Cloud, Market, Tenant
from tests.factories import (
    APP_VERSION,
    make_assignment,
    make_device,
    make_group,
    make_license,
    make_person,
    make_role,
)


def _ask(helper, sharer, action=Action.VIEW_SCREEN, device=None, **more):
    return decision_on(
        helper_id=helper.pk,
        sharer_id=sharer.pk,
        device_id=device.pk if device else None,
        action=action,
        **more,
    )


def _code(*args, **kwargs):
    refusal = _ask(*args, **kwargs).refusal
    return refusal.code if refusal else ""


def _change(tenant, **values):
    Tenant.objects.filter(pk=tenant.pk).update(**values)


def test_the_known_people_stand_as_they_are_described(
    hanna, sam, otto, wilma, oleg, ada, mallory, magnus, sams_laptop, old_tablet
):
    for action in Action:
        for device in (None, sams_laptop, old_tablet):
            assert _code(hanna, sam, action, device) == ""
    assert _code(otto, wilma) == ""
    assert _code(mallory, magnus, Action.ELEVATION) == ""
    assert _code(oleg, sam) == ""
    assert _code(oleg, sam, Action.FULL_CONTROL) == "full_control_not_permitted"
    assert _code(otto, sam) == _code(hanna, wilma) == "out_of_scope"
    assert _code(sam, hanna) == _code(ada, sam) == "out_of_scope"


def test_a_session_never_crosses_tenants(hanna, sam, mallory, magnus, sams_laptop):
    """T3: though Mallory's scope is all users and all devices."""
    assert _code(mallory, sam) == _code(hanna, magnus) == "not_together"
    assert _code(mallory, sam, device=sams_laptop) == "not_together"
    # Another tenant's device is no device, so none of its groups and states count.
    assert not _ask(mallory, magnus, device=sams_laptop).is_device_compliant


def test_nobody_helps_themselves(hanna, sam):
    make_assignment(hanna, covers_all_users=True)
    assert _code(hanna, hanna) == "not_together"


def test_people_who_are_nobody(hanna, sam, django_user_model):
    operator = django_user_model.objects.create_superuser("root", "root@site.example", "x")
    with pytest.raises(NotFoundError):
        _ask(operator, sam)
    assert _code(hanna, operator) == "not_together"
    gone = make_person(hanna.tenant)
    gone_id = gone.pk
    gone.delete()
    gone.pk = gone_id
    with pytest.raises(NotFoundError):
        _ask(hanna, gone)


@pytest.mark.parametrize("who", ["helper", "sharer"])
def test_a_disabled_account_is_refused(who, hanna, sam):
    person = {"helper": hanna, "sharer": sam}[who]
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    assert person.is_active  # the stale object is not asked
    assert _code(hanna, sam) == "person_disabled"


@pytest.mark.parametrize("cloud", [Cloud.GCC, Cloud.GCC_HIGH, Cloud.DOD])
def test_a_government_cloud_is_refused(cloud, hanna, sam, contoso):
    """T4."""
    _change(contoso, cloud=cloud)
    assert _code(hanna, sam) == "government_cloud"


def test_an_unavailable_market_is_refused(hanna, sam, contoso):
    """T4."""
    _change(contoso, market=Market.objects.create(code="AQ", is_available=False))
    assert _code(hanna, sam) == "market_unavailable"
    Market.objects.update(is_available=True)
    assert _code(hanna, sam) == ""


def test_the_switch_is_asked(hanna, sam, contoso):
    """T1."""
    _change(contoso, is_remote_help_enabled=False)
    assert _code(hanna, sam) == "remote_help_off"


def test_a_new_tenant_is_switched_on_and_off_in_effect(db):
    """T1: until a licence is active."""
    from tests.factories import make_tenant

    tenant = make_tenant("Newcomer", is_licensed=False)
    helper, sharer = make_person(tenant), make_person(tenant)
    make_assignment(helper, scope=[sharer])
    assert tenant.is_remote_help_enabled
    assert _code(helper, sharer) == "license_missing"


def test_a_licence_is_pending_then_active_then_over(clock, hanna, sam, contoso):
    """L2, L3."""
    add_on = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    add_on.activates_at = now() + timedelta(minutes=30)
    add_on.ends_at = now() + timedelta(days=30)
    add_on.save()
    refusal = _ask(hanna, sam).refusal
    assert (refusal.code, refusal.expected_at) == ("license_pending", add_on.activates_at)
    assert _ask(hanna, sam).checks[4].is_passed  # "not yet" is one reason, not three
    clock.shift(timedelta(minutes=30))
    assert _code(hanna, sam) == ""
    since = now()
    clock.shift(timedelta(days=30))
    assert _code(hanna, sam) == "license_missing"
    assert _code(hanna, sam, running_since=since) == ""


def test_a_cancelled_licence_stops_new_sessions_and_no_running_one(clock, hanna, sam, contoso):
    since = now()
    clock.shift(timedelta(minutes=1))
    License.objects.filter(tenant=contoso).update(cancelled_at=now())
    assert _code(hanna, sam) == "license_missing"
    assert _code(hanna, sam, running_since=since) == ""


def _seat_for(*people, license_=None):
    """Only these people have seats now."""
    tenant = people[0].tenant
    Seat.objects.filter(license__tenant=tenant).delete()
    license_ = license_ or License.objects.get(tenant=tenant, product=Product.REMOTE_HELP)
    for person in people:
        assign_seat(actor=None, license_=license_, person=person)


def test_the_refusal_names_who_lacks_the_seat(hanna, sam, wilma):
    """L1."""
    _seat_for(sam)
    assert _code(hanna, sam) == "helper_has_no_seat"
    _seat_for(hanna)
    assert _code(hanna, sam) == "sharer_has_no_seat"
    assert _code(hanna, sam, running_since=now()) == "sharer_has_no_seat"
    _seat_for(hanna, sam)
    assert _code(hanna, sam) == ""


def test_a_seat_of_the_base_licence_is_no_seat(hanna, sam, contoso):
    base = License.objects.get(tenant=contoso, product=Product.DEVICE_MANAGEMENT)
    _seat_for(hanna, sam)
    Seat.objects.filter(license__tenant=contoso).update(license=base)
    assert _code(hanna, sam) == "helper_has_no_seat"


def test_a_seat_of_a_licence_that_is_not_active_yet_is_no_seat(hanna, sam, contoso):
    """Though the tenant has another licence that is."""
    _seat_for(hanna)
    pending = make_license(contoso, delay=timedelta(hours=1))
    assign_seat(actor=None, license_=pending, person=sam)
    assert _code(hanna, sam) == "sharer_has_no_seat"


def test_a_seat_of_a_licence_that_ended_long_ago_carries_no_running_session(
    clock, hanna, sam, contoso
):
    """L3 is for the licence that the session began on."""
    _seat_for(hanna)
    old = make_license(contoso)
    assign_seat(actor=None, license_=old, person=sam)
    clock.shift(timedelta(minutes=1))
    began_under_it = now()
    clock.shift(timedelta(minutes=1))
    License.objects.filter(pk=old.pk).update(cancelled_at=now())
    clock.shift(timedelta(minutes=1))
    assert _code(hanna, sam, running_since=began_under_it) == ""
    assert _code(hanna, sam, running_since=now()) == "sharer_has_no_seat"


def test_a_seat_of_another_tenants_licence_is_no_seat_here(hanna, sam, mallory):
    """T3: even if a person is put into the other tenant's group behind our back."""
    _seat_for(hanna)
    group = make_group(mallory.tenant, "Guests")
    group.people.add(sam)
    assign_seat(actor=None, license_=make_license(mallory.tenant), group=group)
    assert _code(hanna, sam) == "sharer_has_no_seat"


# --- scope (R4, R5, R6) --------------------------------------------------------------------------


@pytest.fixture
def helper(contoso):
    return make_person(contoso, "Henry", "Novice")


def _allowed(helper, sharer, device=None):
    return {action for action in Action if _code(helper, sharer, action, device) == ""}


def test_permissions_of_assignments_that_cover_the_same_person_add_up(helper, sam, contoso):
    """R6."""
    make_assignment(helper, role=make_role(contoso, Action.VIEW_SCREEN), scope=[sam])
    assert _allowed(helper, sam) == {Action.VIEW_SCREEN}
    make_assignment(helper, role=make_role(contoso, Action.FULL_CONTROL), scope=[sam])
    make_assignment(helper, role=make_role(contoso, Action.ELEVATION), covers_all_users=True)
    assert _allowed(helper, sam) == set(Action)


def test_the_permission_of_one_never_meets_the_scope_of_another(helper, sam, wilma, contoso):
    """R6: Henry may control Wilma and view Sam; the two never add up."""
    make_assignment(helper, role=make_role(contoso, Action.VIEW_SCREEN), scope=[sam])
    make_assignment(helper, scope=[wilma])
    assert _allowed(helper, sam) == {Action.VIEW_SCREEN}
    assert _allowed(helper, wilma) == set(Action)


def test_a_device_in_scope_adds_up_with_its_person(helper, sam, sams_laptop, contoso):
    make_assignment(helper, role=make_role(contoso, Action.VIEW_SCREEN), scope=[sam])
    make_assignment(helper, role=make_role(contoso, Action.FULL_CONTROL), devices=[sams_laptop])
    assert _allowed(helper, sam) == {Action.VIEW_SCREEN}
    assert _allowed(helper, sam, sams_laptop) == {Action.VIEW_SCREEN, Action.FULL_CONTROL}


def test_elevation_without_control_is_none(helper, sam, contoso):
    make_assignment(helper, role=make_role(contoso, Action.ELEVATION), scope=[sam])
    assert _allowed(helper, sam) == set()


def test_control_includes_view(helper, sam, contoso):
    make_assignment(helper, role=make_role(contoso, Action.FULL_CONTROL), scope=[sam])
    assert _allowed(helper, sam) == {Action.VIEW_SCREEN, Action.FULL_CONTROL}


def test_an_empty_scope_reaches_nobody(helper, sam, sams_laptop):
    make_assignment(helper)
    assert _code(helper, sam) == _code(helper, sam, device=sams_laptop) == "out_of_scope"
    empty = make_group(helper.tenant)
    RoleAssignment.objects.get(admin_groups__people=helper).scope_groups.add(empty)
    assert _code(helper, sam, device=sams_laptop) == "out_of_scope"


def test_an_assignment_of_a_role_without_actions_gives_none(helper, sam, contoso):
    idle = Role.objects.create(tenant=contoso, name="Idle")  # no service makes one
    make_assignment(helper, role=idle, scope=[sam])
    assert _code(helper, sam) == "out_of_scope"


def test_all_devices_covers_enrolled_devices_only(helper, sam, sams_laptop, old_tablet):
    make_assignment(helper, covers_all_devices=True)
    assert _code(helper, sam, device=sams_laptop) == ""
    assert _code(helper, sam, device=old_tablet) == "out_of_scope"
    assert _code(helper, sam) == "out_of_scope"  # a plain browser is no device


def test_without_the_base_licence_no_device_is_enrolled(helper, hanna, sam, sams_laptop, contoso):
    """L4."""
    make_assignment(helper, covers_all_devices=True)
    _change(contoso, are_unenrolled_devices_allowed=False)
    assert _code(hanna, sam, device=sams_laptop) == _code(helper, sam, device=sams_laptop) == ""
    began = now()
    License.objects.filter(product=Product.DEVICE_MANAGEMENT).update(cancelled_at=now())
    assert _code(hanna, sam, device=sams_laptop) == "base_license_missing"
    assert _code(helper, sam, device=sams_laptop) == "out_of_scope"  # all devices covers none now
    assert _code(hanna, sam, device=sams_laptop, running_since=began) == ""
    _change(contoso, are_unenrolled_devices_allowed=True)
    assert _code(hanna, sam, device=sams_laptop) == ""


# --- device, conditional access, version ---------------------------------------------------------


def test_unenrolled_devices_and_browsers_need_the_switch(hanna, sam, old_tablet, contoso):
    """T2."""
    assert _code(hanna, sam, device=old_tablet) == _code(hanna, sam) == ""
    _change(contoso, are_unenrolled_devices_allowed=False)
    assert _code(hanna, sam, device=old_tablet) == _code(hanna, sam) == "device_not_enrolled"


def test_conditional_access_asks_for_a_compliant_device(
    hanna, sam, sams_laptop, old_tablet, contoso
):
    """T6, D2, D3."""
    policy = Policy.objects.create(
        tenant=contoso, name="Disk", rule=Policy.Rule.DISK_ENCRYPTED, covers_all_devices=True
    )
    decision = _ask(hanna, sam, device=sams_laptop)
    assert decision.is_allowed  # a warning only
    assert [failed.name for failed in decision.warnings] == ["Disk"]
    _change(contoso, is_compliance_required=True)
    for device in (sams_laptop, old_tablet, None):
        assert _code(hanna, sam, device=device) == "compliant_device_required"
    record_policy_result(device=sams_laptop, policy=policy, is_met=True)
    assert _code(hanna, sam, device=sams_laptop) == ""
    for device in (old_tablet, None):
        assert _code(hanna, sam, device=device) == "compliant_device_required"
    record_policy_result(device=sams_laptop, policy=policy, is_met=False, found="no")
    assert _code(hanna, sam, device=sams_laptop) == "compliant_device_required"


def test_the_mandatory_version_is_asked_before_and_not_during(hanna, sam, contoso):
    _change(contoso, mandatory_app_version="1.10")
    assert _code(hanna, sam, app_version="1.9.5") == "app_too_old"
    assert _code(hanna, sam, app_version="1.9.5", running_since=now()) == ""
    assert _code(hanna, sam, app_version="1.10") == _code(hanna, sam) == ""


def test_a_device_that_is_gone_is_no_device(hanna, sam, sams_laptop, contoso):
    _change(contoso, are_unenrolled_devices_allowed=False)
    assert _code(hanna, sam, device=sams_laptop) == ""
    type(sams_laptop).objects.filter(pk=sams_laptop.pk).update(enrolment=Enrolment.UNENROLLED)
    assert _code(hanna, sam, device=sams_laptop) == "device_not_enrolled"


def test_the_cost_does_not_grow_with_people_devices_and_assignments(hanna, sam, contoso):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert _code(hanna, sam, Action.FULL_CONTROL, app_version=APP_VERSION) == ""
        return len(captured)

    before = queries()
    people = [make_person(contoso) for _ in range(5)]
    for person in people:
        make_assignment(hanna, scope=people, devices=[make_device(contoso, owner=person)])
    assert queries() == before <= 8
