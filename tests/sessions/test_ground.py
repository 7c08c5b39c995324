"""A running session ends when its ground falls away; both are told. A licence that ends leaves it (L3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.common.clock import now
from apps.devices.models import Enrolment, Policy
from apps.devices.services import change_enrolment, record_policy_result, revoke_device
from apps.licenses.models import License, Product, Seat
from apps.licenses.services import cancel_license, revoke_seat
from apps.roles.models import Action, RoleAssignment
from apps.roles.services import change_role, remove_assignment
from apps.sessions import services
from apps.sessions.models import Refusal
from apps.sessions.states import EndReason, Kind, State
from apps.tenants.services import change_settings, disable_person
from tests.factories import make_assignment, make_role, make_session
from tests.sessions.stories import last_event, reread, story


def _seat_revoked(case):
    revoke_seat(actor=case.ada, seat=Seat.objects.get(license__tenant=case.contoso))
    return "helper_has_no_seat"


def _assignment_removed(case):
    remove_assignment(
        actor=case.ada, assignment=RoleAssignment.objects.get(admin_groups__people=case.hanna)
    )
    return "out_of_scope"


def _helper_disabled(case):
    disable_person(actor=case.ada, person=case.hanna)
    return "person_disabled"


def _sharer_disabled(case):
    disable_person(actor=case.ada, person=case.sam)
    return "person_disabled"


def _switched_off(case):
    change_settings(actor=case.ada, tenant=case.contoso, is_remote_help_enabled=False)
    return "remote_help_off"


def _device_retired(case):
    change_enrolment(actor=case.ada, device=case.sams_laptop, enrolment=Enrolment.UNENROLLED)
    return "device_not_enrolled"


def _device_revoked(case):
    """Shut out, although devices that are not enrolled would be welcome."""
    change_settings(actor=case.ada, tenant=case.contoso, are_unenrolled_devices_allowed=True)
    revoke_device(actor=case.ada, device=case.sams_laptop)
    return "device_revoked"


def _unenrolled_forbidden_and_retired(case):
    change_settings(actor=case.ada, tenant=case.contoso, is_compliance_required=True)
    policy = Policy.objects.create(
        tenant=case.contoso, name="Disk", rule="disk_encrypted", covers_all_devices=True
    )
    record_policy_result(device=case.sams_laptop, policy=policy, is_met=False)
    return "compliant_device_required"


@pytest.fixture
def case(contoso, hanna, sam, ada, sams_laptop):
    from types import SimpleNamespace

    contoso.are_unenrolled_devices_allowed = False
    contoso.save()
    return SimpleNamespace(contoso=contoso, hanna=hanna, sam=sam, ada=ada, sams_laptop=sams_laptop)


@pytest.mark.parametrize("state", [State.CONNECTING, State.ACTIVE])
@pytest.mark.parametrize(
    "withdraw",
    [
        _seat_revoked,
        _assignment_removed,
        _helper_disabled,
        _sharer_disabled,
        _switched_off,
        _device_retired,
        _device_revoked,
        _unenrolled_forbidden_and_retired,
    ],
)
def test_what_the_session_stood_on_is_gone(withdraw, state, case, telling):
    session = make_session(
        case.hanna, case.sam, state, kind=Kind.FULL_CONTROL, device=case.sams_laptop
    )
    with telling(session) as told:
        code = withdraw(case)
    row = reread(session)
    assert (row.state, row.end_reason) == (State.ENDED, EndReason.GROUND_LOST)
    assert (row.end_detail, row.ended_by) == (code, None)
    assert last_event(row) == ("ended", state, State.ENDED, None)
    assert told.both == [State.ENDED]
    refused = Refusal.objects.get()
    assert (refused.step, refused.code, refused.session) == ("running", code, session)
    assert story(row).count("ended") == 1


def test_a_role_narrowed_ends_what_it_no_longer_allows(hanna, sam, contoso, ada, telling):
    RoleAssignment.objects.all().delete()
    role = make_role(contoso, *Action)
    make_assignment(hanna, role=role, scope=[sam])
    control = make_session(hanna, sam, kind=Kind.FULL_CONTROL)
    view = make_session(hanna, sam)
    with telling(control) as told:
        change_role(actor=ada, role=role, actions=[Action.VIEW_SCREEN])
    assert reread(control).end_detail == "full_control_not_permitted"
    assert told.both == [State.ENDED]
    assert reread(view).state == State.ACTIVE


@pytest.mark.parametrize("how", ["cancelled", "expired", "base expired"])
def test_a_licence_that_ends_leaves_running_sessions(clock, how, case):
    """L3, and the same of the base licence."""
    running = make_session(case.hanna, case.sam, kind=Kind.FULL_CONTROL, device=case.sams_laptop)
    waiting = make_session(case.hanna, case.sam, State.WAITING)
    clock.shift(timedelta(seconds=1))
    base, add_on = (
        License.objects.get(tenant=case.contoso, product=product)
        for product in (Product.DEVICE_MANAGEMENT, Product.REMOTE_HELP)
    )
    if how == "cancelled":
        cancel_license(actor=case.ada, license_=add_on)
    else:
        ended = add_on if how == "expired" else base
        License.objects.filter(pk=ended.pk).update(ends_at=now())
    assert services.end_groundless() == 0
    assert reread(running).state == State.ACTIVE
    assert reread(waiting).state == State.WAITING
    # A seat taken back still ends it.
    revoke_seat(actor=case.ada, seat=Seat.objects.get(license=add_on))
    assert services.end_groundless(tenant_id=case.contoso.pk) == 1
    assert reread(running).end_detail == "helper_has_no_seat"


def test_only_sessions_that_stood_on_it_end(hanna, sam, otto, wilma, mallory, magnus, ada, telling):
    lost = make_session(hanna, sam)
    kept = [make_session(otto, wilma), make_session(mallory, magnus)]
    with telling(lost):
        disable_person(actor=ada, person=sam)
    assert reread(lost).state == State.ENDED
    assert [reread(session).state for session in kept] == [State.ACTIVE, State.ACTIVE]
    assert services.end_groundless() == 0


def test_before_the_consent_nothing_ends_and_the_next_step_is_refused(requested, sam, ada, telling):
    from apps.sessions.eligibility import IneligibleError

    with telling(requested):
        change_settings(actor=ada, tenant=ada.tenant, is_remote_help_enabled=False)
    assert reread(requested).state == State.REQUESTED
    with pytest.raises(IneligibleError) as refusal:
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    assert refusal.value.code == "remote_help_off"


def test_a_change_that_nobody_announced_is_found_by_the_worker(active, sam):
    type(sam).objects.filter(pk=sam.pk).update(is_active=False)
    assert services.end_groundless() == 1
    assert services.end_groundless() == 0
    assert reread(active).end_reason == EndReason.GROUND_LOST
    assert Refusal.objects.count() == 1


def test_a_change_that_is_rolled_back_ends_nothing(active, ada, telling):
    from django.db import transaction

    with telling(active) as told, transaction.atomic():
        change_settings(actor=ada, tenant=ada.tenant, is_remote_help_enabled=False)
        transaction.set_rollback(True)
    assert reread(active).state == State.ACTIVE
    assert told.both == []
