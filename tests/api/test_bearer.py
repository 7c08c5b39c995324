"""The device app asks the API with a token: no cookie, no CSRF token, and nothing beyond a person's own doings."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from apps.common.clock import now
from apps.sessions.models import HelpSession
from apps.tenants.models import User
from tests.device_app import DeviceApp, token_for


@pytest.fixture
def ask(db):
    client = Client(enforce_csrf_checks=True)

    def get(authorization, method="get", address="me/"):
        return getattr(client, method)(
            f"/api/v1/{address}",
            content_type="application/json",
            headers={"Authorization": authorization},
        )

    return get


def test_a_token_stands_for_its_person(ask, sam):
    answer = ask(f"Bearer {token_for(sam)}")
    assert (answer.status_code, answer.json()["email"]) == (200, sam.email)
    assert ask(f"bearer  {token_for(sam)}").status_code == 200


def test_a_post_with_a_token_needs_no_csrf_token(ask, hanna):
    assert ask(f"Bearer {token_for(hanna)}", "post", "sessions/").status_code == 201


def test_a_header_that_is_worth_nothing_is_refused_in_the_one_shape(ask, sam):
    for header in (
        "Bearer nothing",
        "Bearer",
        "Bearer ",
        f"Bearer {token_for(sam)} and more",
        f"Basic {token_for(sam)}",
        f"Bearer {token_for(sam, valid_for=-1)}",
        f"Bearer {token_for(sam, scopes='openid')}",
        "Bearer \xe4",
    ):
        answer = ask(header)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_ended")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_worthless_token_is_not_made_good_by_a_cookie(sam):
    client = Client()
    client.force_login(sam)
    assert client.get("/api/v1/me/").status_code == 200
    headers = {"Authorization": "Bearer nothing"}
    assert client.get("/api/v1/me/", headers=headers).status_code == 401


def test_a_person_who_is_disabled_is_out_with_the_next_call(ask, sam):
    header = f"Bearer {token_for(sam)}"
    assert ask(header).status_code == 200
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert ask(header).status_code == 401


def test_a_token_opens_the_api_and_no_page(sam):
    headers = {"Authorization": f"Bearer {token_for(sam)}"}
    assert Client().get("/", headers=headers).status_code == 302
    assert Client().get("/admin/", headers=headers).status_code == 302
    assert Client().get("/profile/", headers=headers).status_code == 302


def test_an_administrators_app_administers_nothing(ask, ada):
    header = f"Bearer {token_for(ada)}"
    assert ask(header, address="me/").status_code == 200
    assert ask(header, address="devices/enrolment-tokens/").status_code == 403


def test_the_app_learns_which_versions_are_wanted(ask, sam, contoso):
    """A3."""
    contoso.recommended_app_version, contoso.mandatory_app_version = "1.5", "1.2"
    contoso.save()
    answer = ask(f"Bearer {token_for(sam)}", address="app/versions/")
    assert answer.json() == {"recommended": "1.5", "mandatory": "1.2"}


# --- a code is entered in the app -------------------------------------------------------------------


@pytest.fixture
def app(sam, sams_laptop):
    return DeviceApp(sam, sams_laptop)


def test_a_code_entered_in_the_app_joins_with_the_device_that_proved_itself(
    app, waiting, sams_laptop
):
    answer = app.post("sessions/redeem/", {"code": waiting.code, "app_version": "1.4.1"})
    assert answer.status_code == 200
    assert (answer.json()["device_name"], answer.json()["app_version"]) == ("sams-laptop", "1.4.1")
    assert HelpSession.objects.get().device == sams_laptop


def test_the_version_that_was_reported_counts_where_none_is_named(app, waiting, sams_laptop):
    body = {"code": waiting.code, "device": str(sams_laptop.pk)}
    assert app.post("sessions/redeem/", body).json()["app_version"] == sams_laptop.app_version


@pytest.mark.parametrize("named", [{"device": True}, {"app_version": "1.4.0"}], ids=str)
def test_a_device_or_app_that_is_named_without_proof_is_refused(
    app, waiting, sams_laptop, sam, named
):
    body = {"code": waiting.code} | named
    if "device" in body:
        body["device"] = str(sams_laptop.pk)
    browser = Client()
    browser.force_login(sam)
    answers = (
        browser.post("/api/v1/sessions/redeem/", json.dumps(body), content_type="application/json"),
        app.post("sessions/redeem/", body, proof=None),
    )
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (403, "device_not_proved")
    waiting.session.refresh_from_db()
    assert waiting.session.state == "waiting"


def test_a_device_other_than_the_proved_one_is_refused(app, waiting, old_tablet):
    body = {"code": waiting.code, "device": str(old_tablet.pk)}
    answer = app.post("sessions/redeem/", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_proved")


def test_a_proof_for_one_code_is_not_good_for_another(app, waiting):
    path = "/api/v1/sessions/redeem/"
    proof = app.sign(app.claims("POST", path, json.dumps({"code": "22222222"}).encode()))
    answer = app.post("sessions/redeem/", {"code": waiting.code}, proof=proof)
    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_proved")


def test_without_naming_anything_the_app_is_as_a_browser(app, waiting):
    answer = app.post("sessions/redeem/", {"code": waiting.code}, proof=None)
    assert (answer.json()["device_name"], answer.json()["app_version"]) == ("", "")


def test_a_session_says_what_the_app_has_to_enforce(as_person, app, waiting, hanna, sam, contoso):
    """S4, S7, S8, S10."""
    contoso.is_chat_enabled, contoso.is_sign_out_at_end = False, True
    contoso.save()
    joined = app.post("sessions/redeem/", {"code": waiting.code, "app_version": "1.4.0"}).json()
    where = f"sessions/{joined['id']}/"
    as_person(hanna).post(f"{where}request/", {"kind": "full_control"})

    asked = app.get(where).json()
    assert (asked["kind"], asked["consented_kind"]) == ("full_control", None)
    allowed = app.post(f"{where}allow/", {"kind": "full_control"}, proof=None).json()
    assert (allowed["consented_kind"], allowed["elevation"]) == ("full_control", "none")
    assert (allowed["is_chat_allowed"], allowed["sign_out_at_end"]) == (False, True)
    contoso.is_chat_enabled, contoso.is_sign_out_at_end = True, False
    contoso.save()
    shown = app.get(where).json()
    assert (shown["is_chat_allowed"], shown["sign_out_at_end"]) == (True, False)


# --- tokens with which devices enrol ----------------------------------------------------------------


def test_an_administrator_makes_a_token_sees_it_once_and_revokes_it(as_person, ada, sam):
    program = as_person(ada)
    wanted = {"name": "Warehouse", "expires_at": "2999-01-01T00:00:00Z"}
    refused = program.post("devices/enrolment-tokens/", wanted)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["expires_at"])

    wanted["expires_at"] = (now() + timedelta(days=2)).isoformat()
    made = program.post("devices/enrolment-tokens/", wanted | {"uses_left": 5})
    assert made.status_code == 201
    value, row = made.json()["value"], made.json()["token"]
    listed = program.get("devices/enrolment-tokens/")
    assert listed.json() == {"enrolment_tokens": [row], "next_cursor": ""}
    assert value not in listed.content.decode()
    assert (row["uses_left"], row["revoked_at"]) == (5, None)

    assert DeviceApp(sam).enrol(value).status_code == 200
    revoked = program.post(f"devices/enrolment-tokens/{row['id']}/revoke/").json()
    assert (revoked["uses_left"], revoked["revoked_at"] is None) == (4, False)
    again = program.post(f"devices/enrolment-tokens/{row['id']}/revoke/").json()
    assert again == revoked
    assert DeviceApp(sam).enrol(value).status_code == 404
