"""Invitations over the API: listed, opened and declined by the app on the device, with its proof (D4)."""

from __future__ import annotations

import json
import uuid

import pytest

from apps.devices.models import DevicePresence
from apps.sessions import services
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from apps.tenants.models import Tenant
from tests.device_app import DeviceApp
from tests.factories import APP_VERSION, make_device

LIST = "devices/invitations/"
VERSION = {"app_version": APP_VERSION}


@pytest.fixture
def app(sam, sams_laptop):
    return DeviceApp(sam, sams_laptop)


@pytest.fixture
def aimed(hanna, sams_laptop):
    return services.open_session_on(actor=hanna, device_id=sams_laptop.pk).session


def test_the_app_lists_what_waits_and_joins_it(app, aimed, hanna, sam, sams_laptop):
    (invitation,) = app.get(LIST, is_proved=True).json()["invitations"]
    assert invitation["session"] == str(aimed.pk)
    assert invitation["helper"]["full_name"] == "Hanna Helper"
    answer = app.post(f"sessions/{aimed.pk}/join/", VERSION)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["id"], said["state"], said["side"], said["device_name"]) == (
        str(aimed.pk),
        State.INTRODUCED,
        "sharer",
        "sams-laptop",
    )
    assert said["app_version"] == APP_VERSION
    assert said["aimed_at"] is None
    assert app.get(LIST, is_proved=True).json() == {"invitations": []}


def test_declining_gives_what_is_left(app, aimed, oleg, sams_laptop):
    other = services.open_session_on(actor=oleg, device_id=sams_laptop.pk).session
    answer = app.post(f"sessions/{aimed.pk}/decline-invitation/")
    assert answer.status_code == 200
    assert [i["session"] for i in answer.json()["invitations"]] == [str(other.pk)]
    aimed.refresh_from_db()
    assert aimed.end_reason == "turned_down"


def test_without_the_proof_of_that_very_device_nothing_is_listed_or_opened(
    app, aimed, sam, wilma, contoso, client
):
    other_device = DeviceApp(sam, make_device(contoso, owner=sam))
    for proof in (None, "", "x.y.z"):
        assert app.get(LIST, proof=proof).status_code == 403
    for step in ("join/", "decline-invitation/"):
        address = f"sessions/{aimed.pk}/{step}"
        body = VERSION if step == "join/" else {}
        assert app.post(address, body, proof=None).status_code == 403
        assert app.post(address, body, proof="x").json()["code"] == "device_not_proved"
        client.force_login(sam)
        by_page = client.post(f"/api/v1/{address}", json.dumps(body), "application/json")
        assert by_page.json()["code"] == "device_not_proved"
        assert other_device.post(address, body).json()["code"] == "invitation_gone"
    assert HelpSession.objects.get().state == State.WAITING


def test_what_is_not_yours_answers_like_what_does_not_exist(app, aimed, wilma, contoso, mallory):
    """T3: byte for byte, whoever asks."""
    strangers = [
        DeviceApp(wilma, make_device(contoso, owner=wilma)),
        DeviceApp(mallory, make_device(mallory.tenant, owner=mallory)),
    ]
    for stranger in strangers:
        for step, body in (("join/", VERSION), ("decline-invitation/", {})):
            theirs = stranger.post(f"sessions/{aimed.pk}/{step}", body)
            nothing = stranger.post(f"sessions/{uuid.uuid4()}/{step}", body)
            assert (theirs.status_code, theirs.content) == (404, nothing.content)
            assert nothing.json()["code"] == "invitation_gone"
    services.leave_session(actor=aimed.helper, session=aimed)
    over = app.post(f"sessions/{aimed.pk}/join/", VERSION)
    assert (over.status_code, over.json()["code"]) == (404, "invitation_gone")


def test_the_help_decision_says_in_words_why_not(app, aimed):
    Tenant.objects.update(is_remote_help_enabled=False)
    answer = app.post(f"sessions/{aimed.pk}/join/", VERSION)
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["check"]) == ("remote_help_off", "enabled")


@pytest.mark.parametrize(
    "body", [{}, {"app_version": "new"}, {"app_version": "1.4", "device": str(uuid.uuid4())}]
)
def test_a_body_of_another_shape_is_refused(app, aimed, body):
    assert app.post(f"sessions/{aimed.pk}/join/", body).status_code == 400
    assert app.post(f"sessions/{aimed.pk}/decline-invitation/", {"x": 1}).status_code == 400


def test_a_session_is_opened_at_a_device_by_the_api(client, hanna, sam, otto, sams_laptop):
    client.force_login(hanna)

    def open_on(device_id):
        body = json.dumps({"device": str(device_id)})
        return client.post("/api/v1/sessions/", body, "application/json")

    answer = open_on(sams_laptop.pk)
    assert answer.status_code == 201
    session_id = answer.json()["id"]
    assert len(answer.json()["code"]) == 8

    def aimed_at():
        return client.get(f"/api/v1/sessions/{session_id}/").json()["aimed_at"]

    expected = {"id": str(sams_laptop.pk), "name": "sams-laptop", "is_connected": False}
    assert aimed_at() == expected
    DevicePresence.objects.create(device=sams_laptop, person=sam, channel="one")
    assert aimed_at() == expected | {"is_connected": True}
    assert open_on(sams_laptop.pk).json()["code"] == "already_waiting"
    assert open_on(uuid.uuid4()).json()["code"] == "not_found"
    client.force_login(otto)
    assert open_on(sams_laptop.pk).json()["code"] == "not_found"
