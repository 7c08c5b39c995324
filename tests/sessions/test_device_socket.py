"""The one socket of a device: who gets in, what it hears, and how it ends (D4)."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Token
from django.conf import settings as site_settings

from apps.common.clock import now
from apps.devices.models import Device, DevicePresence, Enrolment
from apps.devices.services import change_enrolment, issue_enrolment_token, revoke_device
from apps.sessions import services, tasks
from apps.sessions.services.invitations import join_invited
from apps.sessions.states import State
from apps.tenants.app_access import revoke_sign_in, revoke_tokens_of, tie_together
from apps.tenants.services import disable_person
from tests.device_app import DeviceApp, token_for
from tests.factories import APP_VERSION, make_assignment, make_device, redeem
from tests.sessions.stories import reread, story
from tests.sessions.wire import ORIGIN, cookie_of

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/ws/device/"
REFUSED = 1000
TAKEN_OVER, BAD_MESSAGE, SIGNED_OUT, SHUT_OUT, TOO_FAST, TOO_BIG = (
    4001,
    4400,
    4401,
    4403,
    4429,
    1009,
)


@pytest.fixture
def app(sam, sams_laptop):
    return DeviceApp(sam, sams_laptop)


@pytest.fixture
def knock(wire):
    def make(headers):
        return wire.knock(None, PATH, headers=headers)

    return make


@pytest.fixture
def connect(knock):
    """An open socket of that app, and what it was told first."""

    def make(app):
        socket = knock(app.handshake())
        assert socket.open(), f"refused with {socket.close_code}"
        greeting = socket.hear()
        assert greeting["type"] == "device.joined"
        return socket, greeting["invitations"]

    return make


def aim(helper, device):
    return services.open_session_on(actor=helper, device_id=device.pk)


# --- who gets in ----------------------------------------------------------------------------------


def test_the_app_of_an_enrolled_device_gets_in(connect, app, sam, sams_laptop):
    _socket, invitations = connect(app)
    assert invitations == []
    row = DevicePresence.objects.get()
    assert (row.device, row.person) == (sams_laptop, sam)
    assert row.device.last_seen_at is not None
    assert row.device.last_seen_at > now() - timedelta(minutes=1)


def test_a_device_that_is_nobodys_may_be_used_by_anybody_of_the_tenant(connect, wilma, contoso):
    kiosk = make_device(contoso)
    connect(DeviceApp(wilma, kiosk))
    assert DevicePresence.objects.get().person == wilma


@pytest.mark.parametrize("what", ["none", "two", "other", "path", "method", "token", "body", "old"])
def test_without_a_proof_about_this_handshake_nobody_gets_in(knock, app, wilma, contoso, what):
    right = app.claims("GET", PATH, b"")
    stranger = DeviceApp(wilma, make_device(contoso, owner=wilma))
    proofs = {
        "none": [],
        "two": [app.sign(right), app.sign(app.claims("GET", PATH, b""))],
        "other": [stranger.sign(right)],
        "path": [app.sign(app.claims("GET", "/ws/devices/", b""))],
        "method": [app.sign(app.claims("POST", PATH, b""))],
        "token": [app.sign(stranger.claims("GET", PATH, b"", sub=app.device_id))],
        "body": [app.sign(app.claims("GET", PATH, b"{}"))],
        "old": [app.sign(app.claims("GET", PATH, b"", iat=int(time.time()) - 3600))],
    }[what]
    headers = app.handshake(*proofs) if proofs else app.handshake()[:2]
    socket = knock(headers)
    assert not socket.open()
    assert socket.close_code == REFUSED
    assert not DevicePresence.objects.exists()
    assert knock(app.handshake()).open()


def test_a_proof_opens_one_socket(knock, app):
    headers = app.handshake()
    assert knock(headers).open()
    assert not knock(headers).open()


def test_a_device_that_may_not_is_refused(knock, app, sams_laptop, wilma):
    for change in (
        {"enrolment": Enrolment.UNENROLLED},
        {"enrolment": Enrolment.UNENROLLED, "revoked_at": now()},
        {"owner": wilma},
    ):
        before = Device.objects.filter(pk=sams_laptop.pk).values(*change).get()
        Device.objects.filter(pk=sams_laptop.pk).update(**change)
        assert not knock(app.handshake()).open(), change
        Device.objects.filter(pk=sams_laptop.pk).update(**before)
    assert not DevicePresence.objects.exists()
    assert knock(app.handshake()).open()


def test_another_tenants_person_gets_in_with_no_device_of_ours(knock, app, mallory, sams_laptop):
    """T3"""
    thief = DeviceApp(mallory)
    thief.key, thief.device_id = app.key, app.device_id
    assert not knock(thief.handshake()).open()


def test_a_page_gets_in_by_no_cookie_and_no_foreign_origin_by_a_token(knock, app, sam):
    cookie = (b"cookie", f"sessionid={cookie_of(sam)}".encode())
    by_page = [h for h in app.handshake() if h[0] != b"authorization"]
    assert not knock([*by_page, cookie, (b"origin", ORIGIN.encode())]).open()
    assert not knock([*app.handshake(), (b"origin", b"http://evil.example")]).open()
    assert knock([*app.handshake(), (b"origin", ORIGIN.encode())]).open()


def test_a_token_without_a_person_behind_it_opens_nothing(knock, app, sam):
    app.token = token_for(sam, valid_for=-1)
    assert not knock(app.handshake()).open()
    app.token = token_for(sam, scopes="openid")
    assert not knock(app.handshake()).open()


# --- what it hears --------------------------------------------------------------------------------


def test_it_hears_of_invitations_as_they_come_change_and_go(
    connect, app, hanna, oleg, sam, sams_laptop
):
    socket, _ = connect(app)
    opened = aim(hanna, sams_laptop)
    invitation = socket.hear()
    assert invitation == {
        "type": "invitation",
        "session": str(opened.session.pk),
        "helper": {
            "id": str(hanna.pk),
            "full_name": "Hanna Helper",
            "initials": "HH",
            "job_title": "Help desk",
            "company": "Contoso",
            "verified_domain": "contoso.example",
            "picture": None,
        },
        "expires_at": reread(opened.session).expires_at.isoformat(),
    }
    services.issue_new_code(actor=hanna, session=opened.session)
    again = socket.hear()
    assert again["type"] == "invitation"
    assert again["session"] == invitation["session"]
    assert again["expires_at"] > invitation["expires_at"]
    other = aim(oleg, sams_laptop)
    assert socket.hear()["session"] == str(other.session.pk)
    services.leave_session(actor=hanna, session=opened.session)
    assert socket.hear() == {"type": "invitation.gone", "session": invitation["session"]}
    redeem(sam, other, device=sams_laptop, app_version=APP_VERSION)
    assert socket.hear() == {"type": "invitation.gone", "session": str(other.session.pk)}


def test_after_reconnecting_it_hears_what_is_still_open_and_so_does_http(
    connect, app, hanna, oleg, sams_laptop
):
    first, second = aim(hanna, sams_laptop), aim(oleg, sams_laptop)
    socket, invitations = connect(app)
    assert [i["session"] for i in invitations] == [str(first.session.pk), str(second.session.pk)]
    socket.hang_up()
    services.leave_session(actor=hanna, session=first.session)
    _socket, invitations = connect(app)
    assert [i["session"] for i in invitations] == [str(second.session.pk)]
    answer = app.get("devices/invitations/", is_proved=True)
    said = answer.json()["invitations"]
    moments = {i.pop("expires_at")[:19] for i in (*said, *invitations)}
    assert said == invitations
    assert len(moments) == 1


def test_it_hears_of_no_other_device(connect, app, hanna, sam, wilma, otto, contoso, mallory):
    socket, _ = connect(app)
    aim(hanna, make_device(contoso, owner=sam))
    aim(otto, make_device(contoso, owner=wilma))
    services.open_session(actor=hanna)
    mine = aim(hanna, Device.objects.get(name="sams-laptop"))
    assert socket.hear()["session"] == str(mine.session.pk), "the first thing that it hears"


def test_a_notice_that_got_lost_is_made_good_by_the_heartbeat(
    connect, app, hanna, sams_laptop, settings
):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=300)
    socket, _ = connect(app)
    opened = aim(hanna, sams_laptop)
    assert socket.hear()["type"] == "invitation"
    # As a process with a broken layer would do it: the rows change and nobody is told.
    type(opened.session).objects.filter(pk=opened.session.pk).update(expires_at=now())
    assert socket.hear() == {"type": "invitation.gone", "session": str(opened.session.pk)}
    type(opened.session).objects.filter(pk=opened.session.pk).update(
        expires_at=now() + timedelta(minutes=5)
    )
    assert socket.hear()["session"] == str(opened.session.pk)


# --- what it says ---------------------------------------------------------------------------------


def test_it_says_that_the_notice_is_on_the_screen_and_the_helper_is_told(
    wire, connect, app, hanna, sams_laptop
):
    opened = aim(hanna, sams_laptop)
    helper = wire.join(hanna, opened.session)
    socket, _ = connect(app)
    assert helper.hear() == {"type": "device.changed", "is_here": True}
    socket.say({"type": "shown", "session": str(opened.session.pk)})
    assert helper.hear() == {"type": "notice.shown"}
    assert story(opened.session) == ["opened_on_device", "notice_shown"]
    # Whoever was not there yet hears of it first.
    _, greeting = wire.greet(hanna, opened.session)
    assert (greeting["is_device_here"], greeting["is_notice_shown"]) == (True, True)
    socket.say({"type": "shown", "session": str(uuid.uuid4())})
    assert socket.hear() == {"type": "refused", "code": "invitation_gone"}


@pytest.mark.parametrize(
    ("text", "word", "code"),
    [
        ("{", "not_json", BAD_MESSAGE),
        ("[]", "not_an_object", BAD_MESSAGE),
        ('{"type": "offer", "sdp": "v=0", "attempt": 1}', "unknown_type", BAD_MESSAGE),
        ('{"type": "invitation"}', "unknown_type", BAD_MESSAGE),
        ('{"type": "shown"}', "wrong_fields", BAD_MESSAGE),
        ('{"type": "shown", "session": 7}', "bad_value", BAD_MESSAGE),
        ('{"type": "shown", "session": "x"}', "bad_value", BAD_MESSAGE),
        (json.dumps({"type": "shown", "session": "a" * 1100}), "too_large", TOO_BIG),
    ],
)
def test_anything_else_ends_it(connect, app, text, word, code):
    socket, _ = connect(app)
    socket.say_text(text)
    assert socket.hear() == {"type": "refused", "code": word}
    assert socket.hear_close() == code


def test_bytes_and_floods_end_it(connect, app, hanna, sams_laptop, settings):
    socket, _ = connect(app)
    socket.say_bytes(b"{}")
    assert socket.hear() == {"type": "refused", "code": "binary"}
    assert socket.hear_close() == 1003
    settings.REMOTEHELP_SOCKET_BURST, settings.REMOTEHELP_SOCKET_RATE = 2, 0.001
    socket, _ = connect(app)
    for _ in range(3):
        socket.say({"type": "shown", "session": str(uuid.uuid4())})
    heard = [socket.hear()["code"] for _ in range(3)]
    assert heard == ["invitation_gone", "invitation_gone", "too_fast"]
    assert socket.hear_close() == TOO_FAST


# --- one for a person and device ------------------------------------------------------------------


def test_a_newer_socket_takes_over_and_the_older_one_leaves_no_trace(
    connect, app, hanna, sams_laptop
):
    old, _ = connect(app)
    new, _ = connect(app)
    assert old.hear() == {"type": "device.taken_over"}
    assert old.hear_close() == TAKEN_OVER
    assert DevicePresence.objects.count() == 1
    opened = aim(hanna, sams_laptop)
    assert new.hear()["session"] == str(opened.session.pk)


def test_two_people_on_one_device_have_a_socket_each(connect, wilma, sam, hanna, contoso):
    kiosk = make_device(contoso)
    make_assignment(hanna, devices=[kiosk])
    one = DeviceApp(sam, kiosk)
    other = DeviceApp(wilma)
    other.key, other.device_id = one.key, one.device_id
    sockets = [connect(app)[0] for app in (one, other)]
    opened = aim(hanna, kiosk)
    assert [s.hear()["session"] for s in sockets] == [str(opened.session.pk)] * 2
    kiosk.refresh_from_db()
    join_invited(actor=wilma, session_id=opened.session.pk, device=kiosk, app_version=APP_VERSION)
    assert [s.hear()["type"] for s in sockets] == ["invitation.gone"] * 2
    assert reread(opened.session).sharer == wilma


# --- how it ends ----------------------------------------------------------------------------------


def _revoked(device):
    revoke_device(actor=None, device=device)


def _retired(device):
    change_enrolment(actor=None, device=device, enrolment=Enrolment.UNENROLLED)


@pytest.mark.parametrize("happens", [_revoked, _retired])
def test_it_ends_at_once_when_the_device_is_shut_out(connect, knock, app, sams_laptop, happens):
    socket, _ = connect(app)
    happens(sams_laptop)
    assert socket.hear_close_after("shut_out") == SHUT_OUT
    assert not DevicePresence.objects.exists()
    assert not knock(app.handshake()).open()


def test_it_ends_when_the_device_becomes_somebody_elses(connect, app, wilma, ada, sams_laptop):
    socket, _ = connect(app)
    issued = issue_enrolment_token(actor=ada, name="x", expires_at=now() + timedelta(days=1))
    theirs = DeviceApp(wilma)
    theirs.key, theirs.public_key = app.key, app.public_key
    assert theirs.enrol(issued.value).status_code == 200
    assert socket.hear_close_after("shut_out") == SHUT_OUT


def test_it_ends_at_once_when_the_person_is_disabled_or_signed_out_everywhere(
    connect, knock, app, sam, ada
):
    socket, _ = connect(app)
    disable_person(actor=ada, person=sam)
    assert socket.hear_close_after("signed_out") == SIGNED_OUT
    assert not knock(app.handshake()).open()


def test_a_new_password_ends_it(connect, app, sam):
    socket, _ = connect(app)
    revoke_tokens_of(sam)
    assert socket.hear_close_after("signed_out") == SIGNED_OUT


def signed_in_as_the_app_does(app, sam):
    """An access token and a refresh token of one sign-in."""
    refresh = token_for(sam, type=Token.Type.REFRESH_TOKEN, valid_for=3600)
    app.token = token_for(sam)
    tie_together([app.token, refresh], "")
    return refresh


def test_it_outlives_its_token_as_long_as_the_sign_in_lasts(
    wire, connect, app, sam, hanna, sams_laptop, settings
):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=150)
    refresh = signed_in_as_the_app_does(app, sam)
    socket, _ = connect(app)
    Token.objects.filter(type=Token.Type.ACCESS_TOKEN).delete()  # it ran out
    seen = DevicePresence.objects.get().seen_at
    wire.until(lambda: DevicePresence.objects.get().seen_at > seen + timedelta(milliseconds=150))
    opened = aim(hanna, sams_laptop)
    assert socket.hear()["session"] == str(opened.session.pk)
    revoke_sign_in(refresh)
    assert socket.hear_close_after("signed_out") == SIGNED_OUT


def test_one_sign_in_that_ends_leaves_the_other_alone(connect, app, sam, contoso, hanna):
    elsewhere = DeviceApp(sam, make_device(contoso, name="other", owner=sam))
    signed_in_as_the_app_does(elsewhere, sam)
    stays, _ = connect(elsewhere)
    refresh = signed_in_as_the_app_does(app, sam)
    goes, _ = connect(app)
    revoke_sign_in(refresh)
    assert goes.hear_close_after("signed_out") == SIGNED_OUT
    opened = aim(hanna, Device.objects.get(name="other"))
    assert stays.hear()["session"] == str(opened.session.pk)


def test_without_any_notice_the_heartbeat_ends_it(connect, app, sam, sams_laptop, settings):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=150)
    socket, _ = connect(app)
    Device.objects.update(enrolment=Enrolment.UNENROLLED)
    assert socket.hear_close_after("shut_out") == SHUT_OUT
    Device.objects.update(enrolment=Enrolment.ENROLLED)
    socket, _ = connect(app)
    Token.objects.all().delete()
    assert socket.hear_close_after("signed_out") == SIGNED_OUT


def test_a_sessions_socket_of_the_app_ends_with_its_sign_in_too(
    wire, connecting, sam, app, settings
):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=150)
    socket = wire.knock(None, connecting, headers=app.handshake()[:2])
    assert socket.open()
    assert socket.hear()["type"] == "session.joined"
    revoke_tokens_of(sam)
    assert socket.hear_close_after("signed_out") == SIGNED_OUT


# --- presence -------------------------------------------------------------------------------------


def test_the_helper_who_waits_hears_whether_the_device_is_there(
    wire, connect, app, hanna, oleg, sams_laptop
):
    opened = aim(hanna, sams_laptop)
    helper, greeting = wire.greet(hanna, opened.session)
    assert (greeting["is_device_here"], greeting["is_notice_shown"]) == (False, False)
    socket, _ = connect(app)
    assert helper.hear() == {"type": "device.changed", "is_here": True}
    other = aim(oleg, sams_laptop)
    _, greeting = wire.greet(oleg, other.session)
    assert greeting["is_device_here"] is True
    socket.hang_up()
    assert helper.hear() == {"type": "device.changed", "is_here": False}
    assert not DevicePresence.objects.exists()


def test_a_session_that_waits_for_no_device_is_told_of_none(wire, waiting, hanna, connect, app):
    _helper, greeting = wire.greet(hanna, waiting.session)
    assert "is_device_here" not in greeting


def test_a_process_that_died_is_found_out_and_the_helper_told(
    wire, hanna, sam, sams_laptop, connect, app
):
    opened = aim(hanna, sams_laptop)
    helper = wire.join(hanna, opened.session)
    DevicePresence.objects.create(
        device=sams_laptop,
        person=sam,
        channel="of a process that died",
        seen_at=now() - site_settings.REMOTEHELP_SILENT_FOR - timedelta(seconds=1),
    )
    assert tasks.forget_silent_devices() == 1
    assert helper.hear() == {"type": "device.changed", "is_here": False}
    socket, _ = connect(app)
    assert tasks.forget_silent_devices() == 0
    assert helper.hear() == {"type": "device.changed", "is_here": True}
    socket.hang_up()


def test_a_living_socket_that_was_taken_for_dead_comes_back(
    wire, connect, app, hanna, sams_laptop, settings
):
    """After an outage of the database every process looks silent."""
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=150)
    socket, _ = connect(app)
    DevicePresence.objects.all().delete()
    wire.until(DevicePresence.objects.exists)
    opened = aim(hanna, sams_laptop)
    assert socket.hear()["session"] == str(opened.session.pk)


def test_the_helper_sees_the_person_join_from_the_device(
    wire, connect, app, hanna, sam, sams_laptop
):
    opened = aim(hanna, sams_laptop)
    helper = wire.join(hanna, opened.session)
    socket, _ = connect(app)
    assert helper.hear()["type"] == "device.changed"
    answer = app.post(f"sessions/{opened.session.pk}/join/", {"app_version": APP_VERSION})
    assert answer.status_code == 200
    assert helper.hear() == {"type": "session.changed", "state": State.INTRODUCED}
    assert socket.hear()["type"] == "invitation.gone"
    socket.hang_up()  # the session goes on without the device's socket
    assert reread(opened.session).state == State.INTRODUCED
