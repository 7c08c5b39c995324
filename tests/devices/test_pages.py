"""Devices: the list, a device's page with its actions, and the tokens with which devices enrol (D1, D4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.common.clock import now
from apps.devices import services
from apps.devices.findings import DeviceFacts
from apps.devices.models import Device, DevicePresence, Enrolment, EnrolmentToken, Policy
from apps.devices.rows import DeviceFilters, device_page, device_rows
from apps.devices.selectors import is_compliant
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from apps.tenants.models import Tenant
from apps.tenants.services import grant_administration
from tests.device_app import DeviceApp
from tests.factories import make_assignment, make_device, make_group, make_session

LIST = "/devices/"


@pytest.fixture
def as_person(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def names(actor, sort: str = "name", **filters) -> list[str]:
    return [row.name for row in device_page(actor, DeviceFilters(**filters), sort=sort).rows]


# --- the list -------------------------------------------------------------------------------------


def test_a_helper_sees_what_is_in_reach_and_an_administrator_all(
    as_person, hanna, otto, ada, sam, mallory, sams_laptop, old_tablet, contoso, fabrikam
):
    """D4, R5, T3."""
    make_device(contoso, name="kiosk")
    make_device(fabrikam, name="theirs")
    assert names(hanna) == ["old-tablet", "sams-laptop"]
    assert names(ada) == ["kiosk", "old-tablet", "sams-laptop"]
    assert names(mallory) == ["theirs"]
    assert names(otto) == names(sam) == []
    for person, is_there in ((hanna, True), (ada, True), (otto, False), (sam, False)):
        page = text_of(as_person(person).get(LIST))
        assert ("sams-laptop" in page) is is_there
        assert "theirs" not in page


def test_the_navigation_leads_there_for_whom_it_is(as_person, hanna, ada, sam):
    for person, is_there in ((hanna, True), (ada, True), (sam, False)):
        assert (f'href="{LIST}"' in text_of(as_person(person).get("/"))) is is_there


def test_an_empty_list_says_what_to_do(as_person, hanna, ada, sam, otto):
    for person, sentence in (
        (ada, "Make an enrolment token"),
        (otto, "None of your roles covers a device"),
        (sam, "Devices are for helpers and administrators"),
    ):
        assert sentence in text_of(as_person(person).get(LIST))
    assert "Nothing matches these filters" in text_of(as_person(hanna).get(LIST, {"q": "nothing"}))


def test_the_list_is_searched_filtered_and_sorted(ada, sam, wilma, sams_laptop, contoso):
    bench = make_device(contoso, name="bench", owner=wilma)
    loose = make_device(contoso, name="loose", enrolment=Enrolment.UNENROLLED)
    Policy.objects.create(
        tenant=contoso, name="Disk", rule="disk_encrypted", covers_all_devices=True
    )
    facts = DeviceFacts(system_version="12", disk_encrypted=True)
    services.report_device(device=bench, app_version="1.4.0", facts=facts)
    Device.objects.filter(pk=loose.pk).update(system="windows", last_seen_at=None)
    Device.objects.filter(pk=bench.pk).update(last_seen_at=now() - timedelta(days=1))

    assert names(ada, search="WILMA") == ["bench"]
    assert names(ada, search="laptop sam") == ["sams-laptop"]
    assert names(ada, search="laptop wilma") == []
    assert names(ada, enrolment=Enrolment.UNENROLLED) == ["loose"]
    assert names(ada, system="windows") == ["loose"]
    assert names(ada, is_compliant=True) == ["bench"]
    assert names(ada, is_compliant=False) == ["loose", "sams-laptop"]
    assert names(ada, sort="-seen") == ["sams-laptop", "bench", "loose"]


def test_compliance_in_the_list_is_compliance_of_the_device(ada, contoso, sam, fabrikam):
    """D2: one definition, asked of many and of one."""
    group = make_group(contoso)
    for name, is_for_all in (("all", True), ("some", False)):
        policy = Policy.objects.create(
            tenant=contoso, name=name, rule="firewall", covers_all_devices=is_for_all
        )
        policy.groups.set([] if is_for_all else [group])
    Policy.objects.create(tenant=fabrikam, name="theirs", rule="firewall", covers_all_devices=True)
    for number in range(8):
        device = make_device(
            contoso,
            owner=sam,
            enrolment=Enrolment.ENROLLED if number & 1 else Enrolment.UNENROLLED,
        )
        if number & 2:
            device.groups.add(group)
        if number & 4:
            facts = DeviceFacts(system_version="12", firewall=True)
            services.report_device(device=device, app_version="1.4.0", facts=facts)
    rows = list(device_rows(ada, DeviceFilters()))
    assert len(rows) == 8
    listed = {row.pk: vars(row)["is_compliant_now"] for row in rows}
    assert set(listed.values()) == {True, False}
    for row in rows:
        enrolled = row.enrolment == Enrolment.ENROLLED
        assert listed[row.pk] == is_compliant(row, is_enrolled=enrolled), row.name


@pytest.mark.parametrize(
    "sort", ["name", "-name", "seen", "-seen", "app", "-app", "owner", "-owner"]
)
def test_pages_neither_repeat_nor_leave_out(ada, contoso, sam, sort):
    for name in ("b", "a", "b", "Ä", "b", "c", "z" * 120):
        make_device(contoso, name=name)
    seen = now()
    Device.objects.filter(name="b").update(last_seen_at=seen)
    Device.objects.filter(name="c").update(last_seen_at=None)
    Device.objects.filter(name="a").update(owner=sam, app_version_key="00009.00000.00000.00000")
    found: list[Device] = []
    cursor = ""
    for _ in range(4):
        page = device_page(ada, DeviceFilters(), sort=sort, cursor=cursor, size=2)
        found += page.rows
        cursor = page.next_cursor
        make_device(contoso, name="A new one") if sort == "name" else None
    assert len({device.pk for device in found}) == len(found) == 7
    assert cursor == ""


def test_a_cursor_that_is_none_is_refused(as_person, ada, sams_laptop):
    client = as_person(ada)
    for cursor in ("x", "WyJhIiwiYiJd", "bnVsbA", "Wzk5OSwgMV0", "é", "x" * 2000):
        assert client.get(LIST, {"after": cursor}).status_code == 400
    assert client.get(LIST, {"enrolment": "half"}).status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_list(
    as_person, hanna, sam, contoso, django_assert_num_queries
):
    client = as_person(hanna)
    make_device(contoso, owner=sam)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for _ in range(20):
        make_device(contoso, owner=sam)
    with django_assert_num_queries(len(few)):
        client.get(LIST)
    assert len(few) <= 16


# --- a device's page ------------------------------------------------------------------------------


def page_of(client, device):
    return client.get(reverse("help_sessions:device", args=[device.pk]))


def test_the_page_tells_how_the_device_stands(as_person, hanna, sam, sams_laptop, contoso):
    """D1, D3, D4."""
    Policy.objects.create(tenant=contoso, name="Walls", rule="firewall", covers_all_devices=True)
    facts = DeviceFacts(
        system_version="12.5", disk_encrypted=True, firewall=False, update_age_days=3
    )
    services.report_device(device=sams_laptop, app_version="1.4.2", facts=facts)
    session = make_session(hanna, sam, State.ENDED)
    HelpSession.objects.filter(pk=session.pk).update(device=sams_laptop)
    page = text_of(page_of(as_person(hanna), sams_laptop))
    for told in (
        "sams-laptop",
        "Sam Sharer",
        "Linux 12.5",
        "1.4.2",
        "Not compliant",
        "Walls",
        "No firewall is on.",
        "Not connected",
        "<dt>Disk encrypted</dt><dd>yes</dd>",
        "<dt>Firewall on</dt><dd>no</dd>",
        "<dt>Screen locks by itself</dt><dd>not known</dd>",
        "3 days before",
        reverse("reports:session", args=[session.pk]),
    ):
        assert told in page, told


def test_who_is_signed_in_there_is_named(as_person, hanna, sam, sams_laptop):
    DevicePresence.objects.create(device=sams_laptop, person=sam, channel="one")
    page = text_of(page_of(as_person(hanna), sams_laptop))
    assert "Connected: Sam Sharer is signed in" in page
    assert "Sam Sharer gets a notice on the device" in page
    DevicePresence.objects.update(seen_at=now() - timedelta(minutes=5))  # its process died
    assert "Not connected" in text_of(page_of(as_person(hanna), sams_laptop))


def test_sessions_that_the_actor_may_not_read_are_not_listed(
    as_person, hanna, oleg, ada, sam, sams_laptop
):
    session = make_session(oleg, sam, State.ENDED)
    HelpSession.objects.filter(pk=session.pk).update(device=sams_laptop)
    address = reverse("reports:session", args=[session.pk])
    for person, is_there in ((oleg, True), (ada, True), (hanna, False)):
        assert (address in text_of(page_of(as_person(person), sams_laptop))) is is_there


def test_what_cannot_come_to_anything_is_said_in_words_and_the_button_is_off(
    as_person, hanna, ada, sams_laptop
):
    ready = text_of(page_of(as_person(hanna), sams_laptop))
    assert "New remote help session" in ready
    assert "data-foreseen" not in ready
    for person, code in ((ada, "out_of_scope"), (hanna, "remote_help_off")):
        if code == "remote_help_off":
            Tenant.objects.update(is_remote_help_enabled=False)
        page = text_of(page_of(as_person(person), sams_laptop))
        assert f'data-foreseen="{code}"' in page
        assert re.search(r'type="submit" disabled aria-describedby="why-not"', page)


# --- New remote help session ----------------------------------------------------------------------


def start(client, device):
    return client.post(reverse("help_sessions:open_on_device", args=[device.pk]))


def test_a_device_that_is_away_gets_a_code_to_pass_on(as_person, hanna, sams_laptop):
    page = text_of(start(as_person(hanna), sams_laptop))
    assert 'data-calling="away"' in page
    assert "sams-laptop is not connected" in page
    assert re.search(r"data-code-shown", page)
    assert "<details" in page
    assert re.search(r"data-code-instead open", page)
    # A link would open a browser, where this code is not taken.
    assert "Copy the link" not in page


def test_a_device_that_is_there_got_a_notice(as_person, hanna, sam, sams_laptop):
    DevicePresence.objects.create(device=sams_laptop, person=sam, channel="one")
    client = as_person(hanna)
    page = text_of(start(client, sams_laptop))
    assert 'data-calling="here"' in page
    assert "A notice was sent to the device of Sam Sharer" in page
    session = HelpSession.objects.get()
    again = start(client, sams_laptop)
    assert again["Location"] == reverse("help_sessions:session", args=[session.pk])
    reloaded = text_of(client.get(again["Location"]))
    assert "A notice was sent" in reloaded
    assert "data-code-shown" not in reloaded, "the code is shown once"
    assert "Go to the session that waits" in text_of(page_of(client, sams_laptop))


def test_a_refusal_is_shown_on_the_devices_page(as_person, hanna, sams_laptop):
    client = as_person(hanna)
    Tenant.objects.update(is_remote_help_enabled=False)
    answer = start(client, sams_laptop)
    assert answer.status_code == 403
    assert "Your organisation has switched remote help off." in text_of(answer)
    assert not HelpSession.objects.exists()


def test_an_invitation_that_was_declined_says_so_to_the_helper(as_person, hanna, sam, sams_laptop):
    client = as_person(hanna)
    start(client, sams_laptop)
    session = HelpSession.objects.get()
    app = DeviceApp(sam, sams_laptop)
    assert app.post(f"sessions/{session.pk}/decline-invitation/").status_code == 200
    page = text_of(client.get(reverse("help_sessions:session", args=[session.pk])))
    assert "Sam Sharer declined the invitation on sams-laptop." in page
    assert reverse("help_sessions:device", args=[sams_laptop.pk]) in page
    story = text_of(client.get(reverse("reports:session", args=[session.pk])))
    assert "Hanna Helper started a session at this device." in story
    assert "Sam Sharer declined the invitation." in story
    assert "sams-laptop" in story


def test_an_invitation_that_nobody_opened_says_so(as_person, hanna, sams_laptop, clock, settings):
    client = as_person(hanna)
    start(client, sams_laptop)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    page = text_of(
        client.get(reverse("help_sessions:session", args=[HelpSession.objects.get().pk]))
    )
    assert "Nobody opened the invitation on sams-laptop." in page


def test_the_start_page_tells_for_which_device_one_waits(as_person, hanna, sams_laptop):
    client = as_person(hanna)
    start(client, sams_laptop)
    assert "You wait for sams-laptop" in text_of(client.get("/"))


# --- enrolment ------------------------------------------------------------------------------------

ENROLMENT = "/devices/enrolment/"
TOKEN = {"name": "Warehouse", "days": "30", "uses": "5"}


def test_a_token_is_shown_once_and_enrols(as_person, ada, sam):
    client = as_person(ada)
    page = text_of(client.post(ENROLMENT, TOKEN))
    (value,) = set(re.findall(r"rhe_[\w-]+", page))
    assert "rhe_" not in text_of(client.get(ENROLMENT))
    row = EnrolmentToken.objects.get()
    assert (row.name, row.uses_left, row.created_by) == ("Warehouse", 5, ada)
    assert timedelta(days=29) < row.expires_at - now() <= timedelta(days=30)
    assert DeviceApp(sam).enrol(value).status_code == 200
    assert names(ada) == ["sams-desk"]


def test_the_tokens_are_listed_with_what_they_did(as_person, ada, sam, contoso, fabrikam, mallory):
    client = as_person(ada)
    (value,) = set(re.findall(r"rhe_[\w-]+", text_of(client.post(ENROLMENT, TOKEN))))
    assert DeviceApp(sam).enrol(value).status_code == 200
    client.post(ENROLMENT, TOKEN | {"name": "Office"})
    EnrolmentToken.objects.filter(name="Office").update(expires_at=now() - timedelta(days=1))
    for query, found in (
        ({}, ["Office", "Warehouse"]),
        ({"sort": "-enrolled"}, ["Warehouse", "Office"]),
        ({"sort": "until"}, ["Office", "Warehouse"]),
        ({"state": "valid"}, ["Warehouse"]),
        ({"state": "over"}, ["Office"]),
        ({"q": "ware"}, ["Warehouse"]),
    ):
        shown = text_of(client.get(ENROLMENT, query))
        assert re.findall(r"<td data-label=\"Name\">(\w+)</td>", shown) == found, query
    row = re.search(r"Devices enrolled\" class=\"numbers\">(\d+)<", shown)
    assert row is not None
    assert row[1] == "1"
    assert client.get(ENROLMENT, {"state": "odd"}).status_code == 400
    grant_administration(actor=None, person=mallory)
    assert "Warehouse" not in text_of(as_person(mallory).get(ENROLMENT))


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"days": "0"}, {"days": "366"}, {"uses": "0"}, {"days": "soon"}]
)
def test_a_token_that_cannot_be_is_refused_beside_the_field(as_person, ada, bad):
    answer = as_person(ada).post(ENROLMENT, TOKEN | bad)
    assert answer.status_code == 400
    assert "field__error" in text_of(answer)
    assert not EnrolmentToken.objects.exists()


def test_a_token_is_revoked(as_person, ada, sam):
    client = as_person(ada)
    (value,) = set(re.findall(r"rhe_[\w-]+", text_of(client.post(ENROLMENT, TOKEN))))
    token = EnrolmentToken.objects.get()
    answer = client.post(reverse("devices:revoke_token", args=[token.pk]), follow=True)
    assert "Nobody enrols with the token Warehouse any more." in text_of(answer)
    assert DeviceApp(sam).enrol(value).status_code == 404


def test_a_device_is_removed_after_a_question_and_let_back(as_person, ada, sams_laptop):
    client = as_person(ada)
    where = reverse("help_sessions:remove_device", args=[sams_laptop.pk])
    assert "Remove sams-laptop from Remote Help?" in text_of(client.get(where))
    assert Device.objects.get().revoked_at is None
    page = text_of(client.post(where, follow=True))
    assert "Removed from Remote Help" in page
    assert 'data-foreseen="out_of_scope"' in page
    sams_laptop.refresh_from_db()
    assert sams_laptop.revoked_at is not None
    page = text_of(client.post(reverse("devices:restore", args=[sams_laptop.pk]), follow=True))
    assert "sams-laptop may enrol again." in page
    sams_laptop.refresh_from_db()
    assert (sams_laptop.revoked_at, sams_laptop.enrolment) == (None, Enrolment.UNENROLLED)


def test_another_tenants_administrator_manages_nothing_here(
    as_person, mallory, fabrikam, sams_laptop, ada
):
    grant_administration(actor=None, person=mallory)
    make_assignment(mallory, covers_all_devices=True)
    client = as_person(mallory)
    for name in ("help_sessions:device", "help_sessions:remove_device", "devices:change"):
        assert client.get(reverse(name, args=[sams_laptop.pk])).status_code == 404
    for name in ("help_sessions:open_on_device", "help_sessions:remove_device", "devices:restore"):
        assert client.post(reverse(name, args=[sams_laptop.pk])).status_code == 404
    sams_laptop.refresh_from_db()
    assert sams_laptop.revoked_at is None
