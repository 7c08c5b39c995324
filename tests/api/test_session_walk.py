"""A whole session over the API, as two programs would hold it."""

from __future__ import annotations

import uuid

import time_machine
from django.conf import settings

from apps.sessions.models import HelpSession, SessionEvent, Side
from apps.sessions.services import confirm_media
from apps.sessions.states import Elevation, EndReason, State
from tests.device_app import DeviceApp


def test_two_programs_hold_a_view_only_session(as_person, hanna, sam):
    """S1 to S5, S9: code, trust cards, request, consent, leave."""
    helper, sharer = as_person(hanna), as_person(sam)

    opened = helper.post("sessions/")
    assert opened.status_code == 201
    code = opened.json()
    pk = code["id"]
    assert code["code_shown"] == f"{code['code'][:4]}-{code['code'][4:]}"
    assert code["url"] == f"http://testserver/sessions/{pk}/"
    assert code["link"] == f"http://testserver/get/#{code['code_shown']}"
    assert opened["Cache-Control"] == "no-store"

    waiting = helper.get(f"sessions/{pk}/").json()
    assert (waiting["state"], waiting["side"], waiting["sharer"]) == ("waiting", "helper", None)
    assert waiting["offers"] == []
    assert "code" not in waiting

    redeemed = sharer.post("sessions/redeem/", {"code": code["code_shown"].lower()})
    assert redeemed.status_code == 200
    assert redeemed.json()["side"] == "sharer"
    assert redeemed.json()["helper"] == {
        "id": str(hanna.pk),
        "full_name": "Hanna Helper",
        "initials": "HH",
        "job_title": "Help desk",
        "company": "Contoso",
        "verified_domain": "contoso.example",
        "picture": None,
    }
    assert redeemed.json()["offers"] == [], "what the helper may do is not the sharer's to read"

    introduced = helper.get(f"sessions/{pk}/").json()
    assert introduced["state"] == "introduced"
    assert introduced["sharer"]["full_name"] == "Sam Sharer"
    view, control = introduced["offers"]
    assert (view["kind"], view["is_open"], view["code"]) == ("view_screen", True, "")
    assert (control["kind"], control["is_open"], control["code"]) == (
        "full_control",
        False,
        "kind_not_possible",
    )
    assert "device app" in control["message"]

    requested = helper.post(f"sessions/{pk}/request/", {"kind": "view_screen"}).json()
    assert (requested["state"], requested["kind"]) == ("requested", "view_screen")
    allowed = sharer.post(f"sessions/{pk}/allow/", {"kind": "view_screen"}).json()
    assert allowed["state"] == "connecting"

    left = sharer.post(f"sessions/{pk}/leave/").json()
    assert (left["state"], left["end_reason"], left["ended_by"]) == (
        "ended",
        "sharer_left",
        "sharer",
    )
    names = SessionEvent.objects.filter(session=pk).values_list("name", flat=True)
    assert list(names) == ["opened", "redeemed", "requested", "allowed", "ended"]


def test_a_declined_request_goes_back_to_the_choice(as_person, requested, sam):
    answer = as_person(sam).post(f"sessions/{requested.pk}/decline/")

    assert (answer.status_code, answer.json()["state"]) == (200, "introduced")
    requested.refresh_from_db()
    assert (requested.state, requested.kind) == (State.INTRODUCED, "")


def test_elevation_is_asked_granted_and_taken_back(as_person, active_control, hanna, sam):
    """S7"""
    helper, sharer = as_person(hanna), as_person(sam)
    where = f"sessions/{active_control.pk}/elevation"

    assert helper.post(f"{where}/ask/").json()["elevation"] == "asked"
    assert sharer.post(f"{where}/refuse/").json()["elevation"] == "refused"
    assert helper.post(f"{where}/ask/").json()["elevation"] == "asked"
    granted = sharer.post(f"{where}/grant/").json()
    assert (granted["elevation"], granted["was_elevated"]) == ("granted", True)
    revoked = sharer.post(f"{where}/revoke/").json()
    assert (revoked["elevation"], revoked["was_elevated"]) == ("none", True)


def test_elevation_is_refused_in_a_view_only_session(as_person, active, hanna):
    answer = as_person(hanna).post(f"sessions/{active.pk}/elevation/ask/")

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_step")
    active.refresh_from_db()
    assert active.elevation == Elevation.NONE


def test_full_control_is_on_offer_from_the_device_app(as_person, waiting, hanna, sam, sams_laptop):
    """S4"""
    answer = DeviceApp(sam, sams_laptop).post(
        "sessions/redeem/",
        {"code": waiting.code, "device": str(sams_laptop.pk), "app_version": "1.4.0"},
    )
    assert answer.json()["device_name"] == "sams-laptop"

    pk = waiting.session.pk
    offers = as_person(hanna).get(f"sessions/{pk}/").json()["offers"]
    assert [(offer["kind"], offer["is_open"]) for offer in offers] == [
        ("view_screen", True),
        ("full_control", True),
    ]
    asked = as_person(hanna).post(f"sessions/{pk}/request/", {"kind": "full_control"})
    assert (asked.status_code, asked.json()["kind"]) == (200, "full_control")


def test_what_is_refused_is_not_on_offer_and_the_reason_is_the_same(
    as_person, oleg, sam, sams_laptop
):
    """R7: the offer and the refusal come from one decision."""
    opened = as_person(oleg).post("sessions/").json()
    DeviceApp(sam, sams_laptop).post("sessions/redeem/", {"code": opened["code"]})

    control = as_person(oleg).get(f"sessions/{opened['id']}/").json()["offers"][1]
    refused = as_person(oleg).post(f"sessions/{opened['id']}/request/", {"kind": "full_control"})

    assert refused.status_code == 403
    assert control["code"] == refused.json()["code"] == "full_control_not_permitted"
    assert control["message"] == refused.json()["message"]
    assert refused.json()["check"] == "permitted"


def test_the_sharer_cannot_take_the_helpers_steps_nor_the_helper_the_sharers(
    as_person, requested, hanna, sam
):
    where = f"sessions/{requested.pk}"
    for person, step, body in (
        (sam, "request", {"kind": "view_screen"}),
        (sam, "new-code", {}),
        (sam, "elevation/ask", {}),
        (hanna, "allow", {"kind": "view_screen"}),
        (hanna, "decline", {}),
        (hanna, "elevation/grant", {}),
        (hanna, "elevation/revoke", {}),
    ):
        answer = as_person(person).post(f"{where}/{step}/", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_step"), step
    requested.refresh_from_db()
    assert requested.state == State.REQUESTED


def test_consent_to_another_kind_than_was_asked_for_is_refused(as_person, requested, sam):
    """S5"""
    answer = as_person(sam).post(f"sessions/{requested.pk}/allow/", {"kind": "full_control"})

    assert answer.status_code == 409
    requested.refresh_from_db()
    assert requested.state == State.REQUESTED


def test_a_new_code_makes_the_old_one_worth_nothing(as_person, waiting, hanna, sam):
    renewed = as_person(hanna).post(f"sessions/{waiting.session.pk}/new-code/")
    assert renewed.status_code == 201

    old = as_person(sam).post("sessions/redeem/", {"code": waiting.code})
    assert (old.status_code, old.json()["code"]) == (404, "wrong_code")
    new = as_person(sam).post("sessions/redeem/", {"code": renewed.json()["code"]})
    assert new.status_code == 200


def test_wrong_codes_are_counted_and_the_answer_says_when_to_try_again(as_person, sam, waiting):
    """S2"""
    sharer = as_person(sam)
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False):
        for _try in range(settings.REMOTEHELP_CODE_TRIES):
            assert sharer.post("sessions/redeem/", {"code": "2222-2222"}).status_code == 404
        locked = sharer.post("sessions/redeem/", {"code": waiting.code})

    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_tries")
    seconds = settings.REMOTEHELP_CODE_LOCKED_FOR.total_seconds()
    assert int(locked["Retry-After"]) == seconds + 1


def test_a_person_without_a_role_gets_no_code(as_person, sam):
    answer = as_person(sam).post("sessions/")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_helper")
    assert not HelpSession.objects.exists()


def test_reading_a_session_carries_out_what_the_clock_decided(as_person, waiting, hanna):
    later = waiting.expires_at
    with time_machine.travel(later, tick=False):
        shown = as_person(hanna).get(f"sessions/{waiting.session.pk}/").json()

    assert (shown["state"], shown["end_reason"], shown["ended_by"]) == ("ended", "expired", None)
    assert shown["expires_at"] is None


def test_leaving_twice_changes_nothing(as_person, active, hanna):
    first = as_person(hanna).post(f"sessions/{active.pk}/leave/").json()
    second = as_person(hanna).post(f"sessions/{active.pk}/leave/")

    assert second.status_code == 200
    assert second.json() == first
    active.refresh_from_db()
    assert active.end_reason == EndReason.HELPER_LEFT


def test_an_active_session_says_since_when(as_person, connecting, hanna, sam):
    confirm_media(actor=hanna, session=connecting, side=Side.HELPER)
    confirm_media(actor=sam, session=connecting, side=Side.SHARER)

    shown = as_person(sam).get(f"sessions/{connecting.pk}/").json()
    assert shown["state"] == "active"
    assert shown["active_at"] is not None
    assert shown["expires_at"] is None


def test_a_session_that_never_was_is_not_found(as_person, hanna):
    for step in ("", "new-code/", "request/", "leave/", "elevation/ask/"):
        program = as_person(hanna)
        where = f"sessions/{uuid.uuid4()}/{step}"
        body = {"kind": "view_screen"} if step == "request/" else {}
        answer = program.post(where, body) if step else program.get(where)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
