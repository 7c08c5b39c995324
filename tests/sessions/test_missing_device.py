"""The sharer's app has no device to name, because its person has too many: both sides are told (D1, T2)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from apps.sessions.models import HelpSession, Refusal
from apps.sessions.states import State
from tests.device_app import DeviceApp


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def apps_of_sam(sam, settings):
    """Two that fill the limit, and one that is refused."""
    settings.REMOTEHELP_DEVICES_PER_PERSON = 2
    apps = [DeviceApp(sam) for _ in range(3)]
    assert [app.register().status_code for app in apps] == [200, 200, 409]
    return apps


def enter(app: DeviceApp, code: str) -> Any:
    is_known = app.device_id is not None
    return app.post("sessions/redeem/", {"code": code}, proof="" if is_known else None)


def test_the_helper_reads_why_the_sharers_device_is_not_there(
    client, hanna, sam, waiting, apps_of_sam
):
    assert enter(apps_of_sam[2], waiting.code).status_code == 200
    session = HelpSession.objects.get()
    assert (session.state, session.device) == (State.INTRODUCED, None)
    row = Refusal.objects.get()
    assert (row.session, row.helper, row.sharer) == (session, hanna, sam)
    assert (row.step, row.code) == ("device", "too_many_devices")
    client.force_login(hanna)
    page = text_of(client.get(reverse("help_sessions:session", args=[session.pk])))
    assert "Sam Sharer takes part without their device." in page
    assert "too many devices that are not enrolled" in page
    story = text_of(client.get(reverse("reports:session", args=[session.pk])))
    assert "too many devices that are not enrolled" in story
    client.force_login(sam)
    own = text_of(client.get(reverse("help_sessions:session", args=[session.pk])))
    assert "takes part without their device" not in own


def test_with_a_device_or_room_for_one_and_in_a_browser_nothing_is_said(waiting, apps_of_sam):
    assert enter(apps_of_sam[1], waiting.code).status_code == 200
    assert not Refusal.objects.exists()


def test_a_plain_browser_of_the_same_person_is_no_missing_device(client, sam, waiting, apps_of_sam):
    client.force_login(sam)
    client.post(reverse("help_sessions:redeem"), {"code": waiting.code})
    assert HelpSession.objects.get().state == State.INTRODUCED
    assert not Refusal.objects.exists()


def test_an_app_that_could_register_and_did_not_is_not_told_on(waiting, sam):
    assert enter(DeviceApp(sam), waiting.code).status_code == 200
    assert not Refusal.objects.exists()
