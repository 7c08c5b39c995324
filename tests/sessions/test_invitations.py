"""A session that is started from a device's page: opened at it, joined or declined on it, by nobody else (D4)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

import pytest

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.models import Device, DevicePresence, Enrolment, Policy
from apps.devices.services import change_enrolment, revoke_device
from apps.licenses.models import Seat
from apps.roles.models import RoleAssignment
from apps.sessions import services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import HelpSession, Refusal
from apps.sessions.selectors import invitations_of
from apps.sessions.services.opening import OtherDeviceError
from apps.sessions.states import EndReason, State
from apps.tenants.models import Tenant
from tests.factories import (
    APP_VERSION,
    make_assignment,
    make_device,
    make_person,
    redeem,
)
from tests.sessions.stories import last_event, reread, story
from tests.threads import at_once


@pytest.fixture
def aimed(hanna, sams_laptop):
    """Hanna's session that waits for Sam's laptop."""
    return services.open_session_on(actor=hanna, device_id=sams_laptop.pk)


def join(actor, opened, device):
    return services.join_invited(
        actor=actor, session_id=opened.session.pk, device=device, app_version=APP_VERSION
    )


def decline(actor, opened, device):
    return services.decline_invitation(actor=actor, session_id=opened.session.pk, device=device)


# --- opening --------------------------------------------------------------------------------------


def test_a_helper_starts_a_session_at_a_device_in_reach(hanna, sam, sams_laptop):
    opened = services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
    row = reread(opened.session)
    assert (row.state, row.aimed_at, row.device, row.sharer) == (
        State.WAITING,
        sams_laptop,
        None,
        None,
    )
    assert row.device_name == "sams-laptop", "the report names it, whatever becomes of the session"
    assert last_event(row) == ("opened_on_device", "", State.WAITING, hanna)
    assert list(invitations_of(sam, sams_laptop.pk)) == [row]


def test_a_device_out_of_reach_is_none(otto, mallory, sam, ada, sams_laptop):
    """T3, R5: to whom it is not visible it does not exist; to an administrator it is, and the roles say no."""
    for actor in (otto, mallory, sam):
        with pytest.raises(NotFoundError):
            services.open_session_on(actor=actor, device_id=sams_laptop.pk)
    with pytest.raises(IneligibleError) as refusal:
        services.open_session_on(actor=ada, device_id=sams_laptop.pk)
    assert refusal.value.code == "out_of_scope"
    with pytest.raises(NotFoundError):
        services.open_session_on(actor=ada, device_id=uuid.uuid4())
    assert not HelpSession.objects.exists()


def _switched_off(case):
    Tenant.objects.update(is_remote_help_enabled=False)
    return "remote_help_off"


def _without_seats(case):
    Seat.objects.all().delete()
    return "helper_has_no_seat"


def _retired(case):
    change_enrolment(actor=None, device=case, enrolment=Enrolment.UNENROLLED)
    Tenant.objects.update(are_unenrolled_devices_allowed=False)
    return "device_not_enrolled"


def _revoked(case):
    revoke_device(actor=None, device=case)
    return "device_revoked"


def _not_compliant(case):
    Tenant.objects.update(is_compliance_required=True)
    Policy.objects.create(
        tenant=case.tenant, name="Disk", rule="disk_encrypted", covers_all_devices=True
    )
    return "compliant_device_required"


def _old_app(case):
    Tenant.objects.update(mandatory_app_version="9.0")
    return "app_too_old"


@pytest.mark.parametrize(
    "happens", [_switched_off, _without_seats, _retired, _revoked, _not_compliant, _old_app]
)
def test_what_is_known_to_come_to_nothing_is_refused_beforehand(hanna, sam, sams_laptop, happens):
    code = happens(sams_laptop)
    sams_laptop.refresh_from_db()
    foreseen = services.foresee(actor=hanna, device=sams_laptop)
    assert foreseen is not None
    with pytest.raises(IneligibleError) as refusal:
        services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
    assert refusal.value.code == foreseen.code == code
    assert not HelpSession.objects.exists()
    row = Refusal.objects.get()
    assert (row.step, row.code, row.helper, row.sharer, row.session) == (
        "open",
        code,
        hanna,
        sam,
        None,
    )


def test_the_person_who_is_signed_in_counts_more_than_the_owner(hanna, wilma, contoso):
    """A device that is nobody's: what can be known is asked of whoever is on it, else of nobody in particular."""
    kiosk = make_device(contoso, name="kiosk")
    make_assignment(hanna, devices=[kiosk])
    assert services.foresee(actor=hanna, device=kiosk) is None

    DevicePresence.objects.create(device=kiosk, person=wilma, channel="one")
    Seat.objects.all().delete()
    Tenant.objects.update(is_remote_help_enabled=True)
    assert services.foresee(actor=hanna, device=kiosk).code == "helper_has_no_seat"  # type: ignore[union-attr]

    DevicePresence.objects.update(person=hanna)
    assert services.foresee(actor=hanna, device=kiosk).code == "own_device"  # type: ignore[union-attr]


def test_nobody_in_particular_has_a_seat_and_is_in_the_scope_of_all_users(hanna, contoso):
    kiosk = make_device(contoso, name="kiosk")
    RoleAssignment.objects.all().delete()
    assert services.foresee(actor=hanna, device=kiosk).code == "out_of_scope"  # type: ignore[union-attr]
    make_assignment(hanna, covers_all_users=True)
    assert services.foresee(actor=hanna, device=kiosk) is None


def test_ones_own_device_is_helped_by_somebody_else(hanna, contoso):
    own = make_device(contoso, owner=hanna)
    make_assignment(hanna, covers_all_users=True)
    with pytest.raises(services.OwnDeviceError):
        services.open_session_on(actor=hanna, device_id=own.pk)


def test_a_helper_waits_once_for_a_device(hanna, oleg, aimed, sams_laptop, clock, settings):
    with pytest.raises(services.AlreadyWaitingError) as refusal:
        services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
    assert refusal.value.session == aimed.session
    # Another helper may wait for it too (D5), and so may she when her own has run out.
    services.open_session_on(actor=oleg, device_id=sams_laptop.pk)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR + timedelta(seconds=1))
    assert services.open_session_on(actor=hanna, device_id=sams_laptop.pk).code


# --- joining --------------------------------------------------------------------------------------


def test_the_person_on_the_device_joins_without_a_code(
    aimed, sam, hanna, sams_laptop, telling, settings
):
    with telling(aimed.session) as told:
        session = join(sam, aimed, sams_laptop)
    row = reread(session)
    assert (row.state, row.sharer, row.device, row.device_name, row.app_version) == (
        State.INTRODUCED,
        sam,
        sams_laptop,
        "sams-laptop",
        APP_VERSION,
    )
    assert row.expires_at - row.introduced_at == settings.REMOTEHELP_IDLE_FOR
    assert last_event(row) == ("invitation_opened", State.WAITING, State.INTRODUCED, sam)
    assert told.both == [State.INTRODUCED]
    assert not invitations_of(sam, sams_laptop.pk).exists()
    with pytest.raises(services.WrongCodeError):
        redeem(sam, aimed, device=sams_laptop)
    assert row.codes.get().used_at is None


@pytest.mark.parametrize("act", [join, decline])
def test_nobody_else_opens_or_declines_it_and_all_are_told_the_same(
    act, aimed, hanna, sam, wilma, ada, mallory, fabrikam, sams_laptop, contoso, waiting
):
    """T3: another device, another person, another tenant, a session that is aimed at nothing."""
    before = HelpSession.objects.filter(pk=aimed.session.pk).values().get()
    sams_other = make_device(contoso, owner=sam)
    nobodys = make_device(contoso)
    for actor, device in (
        (sam, sams_other),
        (sam, nobodys),
        (wilma, sams_laptop),
        (wilma, make_device(contoso, owner=wilma)),
        (ada, sams_laptop),
        (hanna, sams_laptop),
        (mallory, make_device(fabrikam, owner=mallory)),
    ):
        with pytest.raises(services.InvitationGoneError):
            act(actor, aimed, device)
    with pytest.raises(services.InvitationGoneError):
        act(sam, waiting, sams_laptop)
    assert HelpSession.objects.filter(pk=aimed.session.pk).values().get() == before
    assert story(aimed.session) == ["opened_on_device"]
    assert act(sam, aimed, sams_laptop) == aimed.session


def test_a_helper_is_not_invited_by_themselves(hanna, contoso):
    kiosk = make_device(contoso)
    make_assignment(hanna, devices=[kiosk])
    opened = services.open_session_on(actor=hanna, device_id=kiosk.pk)
    assert not invitations_of(hanna, kiosk.pk).exists()
    for act in (join, decline):
        with pytest.raises(services.InvitationGoneError):
            act(hanna, opened, kiosk)


@pytest.mark.parametrize("act", [join, decline])
def test_what_is_over_is_gone(act, aimed, hanna, sam, sams_laptop, clock, settings):
    services.leave_session(actor=hanna, session=aimed.session)
    with pytest.raises(services.InvitationGoneError):
        act(sam, aimed, sams_laptop)
    later = services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    with pytest.raises(services.InvitationGoneError):
        act(sam, later, sams_laptop)
    assert services.settle(later.session).end_reason == EndReason.EXPIRED


@pytest.mark.parametrize("act", [join, decline])
def test_a_device_that_was_retired_or_revoked_meanwhile_opens_nothing(act, aimed, sam, sams_laptop):
    change_enrolment(actor=None, device=sams_laptop, enrolment=Enrolment.UNENROLLED)
    with pytest.raises(services.InvitationGoneError):
        act(sam, aimed, sams_laptop)
    change_enrolment(actor=None, device=sams_laptop, enrolment=Enrolment.ENROLLED)
    revoke_device(actor=None, device=sams_laptop)
    with pytest.raises(services.InvitationGoneError):
        act(sam, aimed, sams_laptop)
    assert reread(aimed.session).state == State.WAITING


def test_joining_asks_the_help_decision_again_and_leaves_the_invitation_open(
    aimed, sam, hanna, sams_laptop, telling
):
    Tenant.objects.update(is_remote_help_enabled=False)
    with telling(aimed.session) as told, pytest.raises(IneligibleError) as refusal:
        join(sam, aimed, sams_laptop)
    assert refusal.value.code == "remote_help_off"
    assert told.both == [State.WAITING]
    row = Refusal.objects.get()
    assert (row.step, row.code, row.sharer, row.session) == (
        "join",
        "remote_help_off",
        sam,
        aimed.session,
    )
    Tenant.objects.update(is_remote_help_enabled=True)
    assert join(sam, aimed, sams_laptop).state == State.INTRODUCED


def test_a_disabled_person_joins_nothing(aimed, sam, sams_laptop):
    sam.is_active = False
    sam.save()
    with pytest.raises(services.InvitationGoneError):
        join(sam, aimed, sams_laptop)


# --- declining ------------------------------------------------------------------------------------


def test_declining_ends_it_and_says_who_did(aimed, sam, hanna, sams_laptop, telling):
    with telling(aimed.session) as told:
        decline(sam, aimed, sams_laptop)
    row = reread(aimed.session)
    assert (row.state, row.end_reason, row.ended_by, row.sharer) == (
        State.ENDED,
        EndReason.TURNED_DOWN,
        sam,
        None,
    )
    assert told.both == [State.ENDED]
    assert last_event(row) == ("ended", State.WAITING, State.ENDED, sam)


def test_a_helper_cannot_wear_a_person_down(hanna, oleg, sam, sams_laptop, clock, settings):
    for _ in range(3):
        decline(sam, services.open_session_on(actor=hanna, device_id=sams_laptop.pk), sams_laptop)
    with pytest.raises(services.DeclinedTooOftenError):
        services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
    # Neither another helper nor another device is meant by it.
    assert services.open_session_on(actor=oleg, device_id=sams_laptop.pk).code
    other = make_device(sam.tenant, owner=sam)
    assert services.open_session_on(actor=hanna, device_id=other.pk).code
    clock.shift(settings.REMOTEHELP_INVITATIONS_REST_FOR + timedelta(seconds=1))
    assert services.open_session_on(actor=hanna, device_id=sams_laptop.pk).code


# --- the code of such a session -------------------------------------------------------------------


def test_its_code_works_on_that_device_only(aimed, sam, wilma, sams_laptop, contoso):
    for actor, device in ((sam, None), (sam, make_device(contoso, owner=sam)), (wilma, None)):
        with pytest.raises(OtherDeviceError):
            redeem(actor, aimed, device=device)
    session = redeem(sam, aimed, device=sams_laptop, app_version=APP_VERSION)
    assert (session.state, session.device) == (State.INTRODUCED, sams_laptop)
    with pytest.raises(services.InvitationGoneError):
        join(sam, aimed, sams_laptop)


def test_the_code_of_a_device_that_was_deleted_works_nowhere(aimed, sam, sams_laptop):
    Device.objects.all().delete()
    assert reread(aimed.session).aimed_at is None
    with pytest.raises(OtherDeviceError):
        redeem(sam, aimed)


def test_a_new_code_keeps_the_invitation_open_for_longer(
    aimed, hanna, sam, sams_laptop, clock, settings
):
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR - timedelta(seconds=1))
    services.issue_new_code(actor=hanna, session=aimed.session)
    clock.shift(timedelta(seconds=2))
    assert join(sam, aimed, sams_laptop).state == State.INTRODUCED


# --- the notice on the screen ---------------------------------------------------------------------


def test_that_the_notice_is_shown_is_noted_once(aimed, sam, wilma, sams_laptop, ears):
    for _ in range(2):
        services.note_shown(actor=sam, session_id=aimed.session.pk, device=sams_laptop)
    assert story(aimed.session) == ["opened_on_device", "notice_shown"]
    with pytest.raises(services.InvitationGoneError):
        services.note_shown(actor=wilma, session_id=aimed.session.pk, device=sams_laptop)


# --- races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_who_open_it_at_once_are_one(hanna, contoso):
    """Two people on one device that is nobody's."""
    kiosk = make_device(contoso)
    make_assignment(hanna, devices=[kiosk])
    couple = [make_person(contoso), make_person(contoso)]
    for _ in range(3):
        opened = services.open_session_on(actor=hanna, device_id=kiosk.pk)
        outcomes = at_once(*[partial(join, person, opened, kiosk) for person in couple])
        assert sorted(type(o).__name__ for o in outcomes) == [
            "HelpSession",
            "InvitationGoneError",
        ], outcomes
        assert story(opened.session) == ["opened_on_device", "invitation_opened"]
        won = next(o for o in outcomes if isinstance(o, HelpSession))
        assert reread(opened.session).sharer_id == won.sharer_id


@pytest.mark.django_db(transaction=True)
def test_the_code_typed_while_the_invitation_is_opened_is_one_session(hanna, sam, sams_laptop):
    for _ in range(3):
        opened = services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
        outcomes = at_once(
            partial(join, sam, opened, sams_laptop),
            partial(redeem, sam, opened.code, device=sams_laptop, app_version=APP_VERSION),
        )
        assert sum(isinstance(o, HelpSession) for o in outcomes) == 1, outcomes
        lost = next(o for o in outcomes if not isinstance(o, HelpSession))
        assert isinstance(lost, services.InvitationGoneError | services.WrongCodeError)
        row = reread(opened.session)
        assert (row.state, row.sharer, row.device) == (State.INTRODUCED, sam, sams_laptop)
        assert len(story(row)) == 2


@pytest.mark.django_db(transaction=True)
def test_opened_and_declined_at_once_is_one_answer(hanna, sam, sams_laptop, settings):
    settings.REMOTEHELP_INVITATIONS_REST_FOR = timedelta(0)
    for _ in range(3):
        opened = services.open_session_on(actor=hanna, device_id=sams_laptop.pk)
        outcomes = at_once(
            partial(join, sam, opened, sams_laptop), partial(decline, sam, opened, sams_laptop)
        )
        assert sum(isinstance(o, HelpSession) for o in outcomes) == 1, outcomes
        assert len(story(opened.session)) == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_the_button_at_once_make_one_session(hanna, sams_laptop):
    outcomes = at_once(
        *[partial(services.open_session_on, actor=hanna, device_id=sams_laptop.pk)] * 2
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyWaitingError", "OpenedSession"]
    assert HelpSession.objects.count() == 1


def test_a_helper_who_was_disabled_invites_nobody(aimed, hanna, sam, sams_laptop):
    hanna.is_active = False
    hanna.save()
    assert not invitations_of(sam, sams_laptop.pk).exists()
    assert now() < aimed.expires_at
