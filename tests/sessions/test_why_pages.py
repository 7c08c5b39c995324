"""The pages of *Why?*: an administrator's with the whole trace, and a helper's own with what concerns them (R7)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from apps.devices.models import Policy
from apps.licenses.models import License, Seat
from apps.roles.models import RoleAssignment
from apps.sessions.eligibility import CheckName
from apps.sessions.grounds import GROUNDS
from apps.sessions.models import Refusal
from apps.sessions.services import open_session
from apps.sessions.states import State
from apps.sessions.ways import _WAYS
from apps.sessions.why import PLACES
from apps.tenants.models import Tenant, User
from apps.tenants.services import grant_administration, revoke_administration
from tests.factories import make_assignment, make_device, make_person, make_session

WHY = "/administration/why/"
OWN = "/why/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


def question(helper: User, sharer: User, device: Any = None, action: str = "view_screen"):
    ids = {"helper": str(helper.pk), "sharer": str(sharer.pk)}
    return ids | ({"device": str(device.pk)} if device else {}) | {"action": action}


def failed(shown: str) -> list[str]:
    return re.findall(r'data-check-name="(\w+)" data-state="bad"', shown)


def test_the_answer_in_words_and_check_by_check(page, hanna, otto, oleg, sam, sams_laptop):
    for helper, device, action, headline, bad in (
        (
            hanna,
            None,
            "view_screen",
            "Hanna Helper may help Sam Sharer in a plain browser: View",
            [],
        ),
        (
            hanna,
            sams_laptop,
            "elevation",
            "Hanna Helper may help Sam Sharer on sams-laptop: Elevation.",
            [],
        ),
        (
            oleg,
            sams_laptop,
            "full_control",
            "Oleg Onlooker may not help Sam Sharer on sams-laptop: Take full control.",
            ["permitted"],
        ),
        (
            otto,
            None,
            "view_screen",
            "Otto Operator may not help Sam Sharer in a plain",
            ["permitted"],
        ),
    ):
        answer = page.get(WHY, question(helper, sam, device, action))
        assert answer.status_code == 200
        shown = text_of(answer)
        assert headline in shown
        assert f'data-answer="{"refused" if bad else "allowed"}"' in shown
        assert failed(shown) == bad
        assert re.findall(r'data-check-name="(\w+)"', shown) == CheckName.values
        refusal = answer.context["answer"].decision.refusal
        assert bool(refusal) is bool(bad)
        if refusal:
            assert str(refusal.message) in shown
            assert str(refusal.remedy) in shown
    # A browser is never controlled, whoever may.
    shown = text_of(page.get(WHY, question(hanna, sam, action="full_control")))
    assert "This takes the device app." in shown


def test_each_failing_check_leads_to_the_page_that_changes_it(
    page, contoso, hanna, otto, oleg, sam, sams_laptop, old_tablet
):
    def links(*asked: Any) -> set[str]:
        answer = page.get(WHY, question(*asked))
        urls = {way.url for line in answer.context["lines"] for way in line.ways}
        shown = answer.content.decode()
        assert all(f'href="{url}"' in shown for url in urls)
        for url in urls:
            assert page.get(url).status_code in (200, 302), url
        return urls

    assert links(hanna, sam) == set()
    (warehouse,) = RoleAssignment.objects.filter(admin_groups__people=otto)
    assert links(otto, sam) == {
        f"/administration/role-assignments/{warehouse.pk}/change/",
        "/administration/role-assignments/new/",
    }
    (viewer,) = RoleAssignment.objects.filter(admin_groups__people=oleg)
    assert links(oleg, sam, sams_laptop, "full_control") == {
        f"/administration/roles/{viewer.role.pk}/change/",
        "/administration/role-assignments/",
    }
    Tenant.objects.filter(pk=contoso.pk).update(
        are_unenrolled_devices_allowed=False,
        is_compliance_required=True,
        mandatory_app_version="9.0",
        is_remote_help_enabled=False,
    )
    settings = reverse("administration:settings")
    assert links(hanna, sam, old_tablet) == {
        settings,
        "/devices/enrolment/",
        f"/devices/{old_tablet.pk}/",
        "/administration/compliance/",
    }
    Seat.objects.all().delete()
    assert links(hanna, sam) >= {"/administration/licenses/", "/administration/licenses/lacking/"}
    License.objects.all().delete()
    assert links(hanna, sam) >= {"/administration/licenses/"}
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert reverse("directory:person", args=[sam.pk]) in links(hanna, sam)


def test_who_may_not_change_it_is_told_whom_to_ask(page, ada, contoso, hanna, sam):
    Tenant.objects.filter(pk=contoso.pk).update(is_remote_help_enabled=False)
    settings = reverse("administration:settings")
    assert f'href="{settings}">Remote help settings' in text_of(page.get(WHY, question(hanna, sam)))
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_settings"])
    shown = text_of(page.get(WHY, question(hanna, sam)))
    assert "Remote help settings" not in shown
    assert "Nobody in your organisation holds the right" in shown
    amir = make_person(contoso, "Amir", "Admin")
    grant_administration(actor=None, person=amir, permissions=["tenants.manage_settings"])
    shown = text_of(page.get(WHY, question(hanna, sam)))
    assert "Ask Amir Admin: it takes the right “Settings of remote help" in shown


def test_every_reason_has_its_ways_and_each_way_its_right(hanna, sam):
    assert _WAYS.keys() == GROUNDS.keys() == PLACES.keys()


def test_words_are_as_good_as_a_choice_and_the_address_holds_no_names(page, hanna, sam, wilma):
    """Without script: what was typed is found, and several are offered."""
    asked = {"helper_said": "hanna", "sharer_said": "Sam Sharer", "action": "view_screen"}
    answer = page.get(WHY, asked)
    to = answer["Location"]
    assert to == f"{WHY}?helper={hanna.pk}&sharer={sam.pk}&action=view_screen"
    assert page.get(to).status_code == 200
    make_person(sam.tenant, "Samira", "Sharer")
    asked = {**asked, "sharer_said": "sharer"}
    answer = page.get(WHY, asked)
    assert answer.status_code == 400
    shown = text_of(answer)
    assert "Several are called so. Choose one of them." in shown
    assert re.findall(r'type="radio" name="sharer" value="([\w-]+)"', shown)[0] == str(sam.pk)
    answer = page.get(WHY, {**asked, "sharer_was": "sharer", "sharer": str(sam.pk)})
    assert answer["Location"] == to
    assert "Nobody in your organisation is called so." in text_of(
        page.get(WHY, {**asked, "sharer_said": "zzz"})
    )


def test_questions_that_no_session_has_are_asked_back(
    page, hanna, sam, wilma, sams_laptop, contoso
):
    nobodys = make_device(contoso, name="kiosk")
    for asked, words in (
        ({}, "Choose who would be helped."),
        ({"sharer": hanna.pk}, "Nobody helps themselves."),
        ({"sharer": wilma.pk, "device": sams_laptop.pk}, "This device belongs to Sam Sharer."),
        ({"device": nobodys.pk}, "Choose who would be helped."),
    ):
        answer = page.get(WHY, {"helper": hanna.pk, "action": "view_screen", **asked})
        assert answer.status_code == 400
        assert words in text_of(answer)
    # The owner of a device goes without saying.
    answer = page.get(WHY, {"helper": hanna.pk, "device": sams_laptop.pk, "action": "view_screen"})
    assert answer["Location"].endswith("?" + _query(question(hanna, sam, sams_laptop)))
    assert page.get(WHY, {**question(wilma, sam, nobodys), "action": "fly"}).status_code == 400


def _query(asked: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.items())


def test_other_pages_ask_in_part(page, hanna, sams_laptop):
    shown = text_of(page.get(WHY, {"helper": hanna.pk, "device": sams_laptop.pk}))
    assert f'name="helper" value="{hanna.pk}"' in shown
    assert 'value="Hanna Helper"' in shown
    assert 'value="sams-laptop"' in shown
    assert "data-answer" not in shown
    assert "data-answer" not in text_of(page.get(WHY, {"helper": "x"}))


def test_another_tenants_are_nobody(page, hanna, sam, mallory, fabrikam):
    """T3."""
    theirs = make_device(fabrikam, name="theirs")
    for asked in (
        question(mallory, sam),
        question(hanna, mallory),
        question(hanna, sam, theirs),
        {"helper_said": "mallory", "sharer": str(sam.pk), "action": "view_screen"},
    ):
        answer = page.get(WHY, asked)
        assert answer.status_code == 400
        assert "Mallory" not in text_of(answer)
        assert "theirs" not in text_of(answer)
    assert "Mallory" not in text_of(page.get(WHY, {"helper": str(mallory.pk)}))


def test_the_number_of_queries_does_not_grow(
    page, contoso, hanna, sam, sams_laptop, django_assert_num_queries
):
    asked = question(hanna, sam, sams_laptop)
    page.get(WHY, asked)
    with django_assert_num_queries(QUERIES):
        page.get(WHY, asked)
    for number in range(8):
        make_assignment(hanna, scope=[make_person(contoso, f"P{number}", "Person")])
        Policy.objects.create(
            tenant=contoso, name=f"D{number}", rule="firewall", covers_all_devices=True
        )
    with django_assert_num_queries(QUERIES):
        shown = text_of(page.get(WHY, asked))
    assert shown.count("Neither of the two") == 8
    assert "does not meet these policies" in shown


QUERIES = 27


# --- the helper's own -----------------------------------------------------------------------------


def test_a_helper_reads_the_one_reason_and_whom_to_ask(client, ada, hanna, oleg, otto, sam):
    for helper, action, words in (
        (hanna, "view_screen", "As things stand now, you may."),
        (oleg, "full_control", "do not allow full control"),
        (otto, "view_screen", "No role assignment of the helper covers this person"),
    ):
        client.force_login(helper)
        shown = text_of(client.get(OWN, {"sharer": sam.pk, "action": action}))
        assert words in shown
        assert "Helping Sam Sharer in a plain browser" in shown
        assert ("Ask Ada Administrator" in shown) is (helper is not hanna)
        assert WHY not in shown
        assert "data-check-name" not in shown
    client.force_login(ada)
    shown = text_of(client.get(OWN, {"sharer": sam.pk}))
    assert f'href="{WHY}?helper={ada.pk}&sharer={sam.pk}&action=view_screen"' in shown


def test_how_the_other_stands_is_not_told_to_who_does_not_reach_them(client, hanna, otto, sam):
    seat = License.objects.get(tenant=sam.tenant, product="remote_help")
    Seat.objects.all().delete()
    Seat.objects.bulk_create(Seat(license=seat, person=person) for person in (hanna, otto))
    for helper, words in ((hanna, "The sharer has no"), (otto, "No role assignment")):
        client.force_login(helper)
        assert words in text_of(client.get(OWN, {"sharer": sam.pk}))


def test_what_is_not_there_is_no_page(client, hanna, otto, sam, sams_laptop, mallory):
    client.force_login(otto)
    for asked in (
        {},
        {"sharer": "x"},
        {"sharer": mallory.pk},
        {"sharer": sam.pk, "device": sams_laptop.pk},
        {"sharer": sam.pk, "action": "fly"},
    ):
        assert client.get(OWN, asked).status_code == 404
    client.force_login(hanna)
    shown = text_of(client.get(OWN, {"sharer": sam.pk, "device": sams_laptop.pk}))
    assert "Helping Sam Sharer on sams-laptop" in shown


# --- the ways here --------------------------------------------------------------------------------


def _own(sharer: User, device: Any = None, action: str = "view_screen") -> str:
    return "/why/?" + _query(
        {"sharer": str(sharer.pk)}
        | ({"device": str(device.pk)} if device else {})
        | {"action": action}
    )


def test_a_refusal_in_a_session_leads_to_the_helpers_answer(client, oleg, sam, contoso):
    session = make_session(oleg, sam, State.INTRODUCED, app_version="1.4.0")
    client.force_login(oleg)
    address = f"/sessions/{session.pk}/"
    shown = text_of(client.get(address))
    to = _own(sam, action="full_control")
    assert re.findall(r'data-offer-closed="(\w+)".*?href="([^"]+)"', shown) == [
        ("full_control_not_permitted", to)
    ]
    assert "do not allow full control" in text_of(client.get(to))
    refused = client.post(f"{address}request/", {"kind": "full_control"})
    assert refused.status_code == 403
    # Of an app without a record of its device there is no answer; of the organisation's switch there is.
    Tenant.objects.filter(pk=contoso.pk).update(mandatory_app_version="9.0")
    shown = text_of(client.get(address))
    assert 'data-offer-closed="app_too_old"' in shown
    Tenant.objects.filter(pk=contoso.pk).update(is_remote_help_enabled=False)
    refused = text_of(client.post(f"{address}request/", {"kind": "view_screen"}))
    assert 'data-refusal="remote_help_off"' in refused
    assert _own(sam) in refused
    # The sharer is shown no way there.
    client.force_login(sam)
    assert "/why/" not in text_of(client.get(address))


def test_a_helper_is_led_on_from_the_attempt_of_somebody_out_of_reach(client, otto, sam):
    opened = open_session(actor=otto)
    client.force_login(sam)
    assert client.post("/get/redeem/", {"code": opened.code}).status_code == 403
    client.force_login(otto)
    shown = text_of(client.get(f"/sessions/{opened.session.pk}/"))
    assert "Sam Sharer entered the code but could not join." in shown
    assert _own(sam) in shown
    assert "No role assignment of the helper" in text_of(client.get(_own(sam)))


def test_the_page_of_a_device_leads_on(client, ada, hanna, sam, sams_laptop):
    Seat.objects.all().delete()
    address = f"/devices/{sams_laptop.pk}/"
    client.force_login(hanna)
    shown = text_of(client.get(address))
    assert 'data-foreseen="helper_has_no_seat"' in shown
    assert _own(sam, sams_laptop) in shown
    assert WHY not in shown
    refused = text_of(client.post(f"{address}help/"))
    assert _own(sam, sams_laptop) in refused
    client.force_login(ada)
    shown = text_of(client.get(address))
    assert f'{WHY}?device={sams_laptop.pk}&sharer={sam.pk}"' in shown
    assert f'{WHY}?helper={hanna.pk}"' in text_of(
        client.get(f"/administration/people/{hanna.pk}/permissions/")
    )


def test_the_story_of_a_session_leads_each_reader_to_their_answer(client, ada, oleg, sam):
    session = make_session(oleg, sam, State.INTRODUCED, app_version="1.4.0")
    Refusal.objects.create(
        tenant=sam.tenant,
        session=session,
        helper=oleg,
        sharer=sam,
        step="request",
        code="full_control_not_permitted",
    )
    address = f"/reports/sessions/{session.pk}/"
    for reader, to in (
        (ada, f"{WHY}?{_query(question(oleg, sam, action='full_control'))}"),
        (oleg, _own(sam, action="full_control")),
        (sam, None),
    ):
        client.force_login(reader)
        found = re.search(
            r'help decision refused.*?href="([^"]+)">Why', text_of(client.get(address))
        )
        assert (found[1] if found else None) == to
        if to:
            assert client.get(to).status_code == 200
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_roles"])
    client.force_login(ada)
    assert WHY not in text_of(client.get(address))


# --- what comboboxes ask --------------------------------------------------------------------------


def _found(client: Any, kind: str, words: str = "") -> list[tuple[str, str]]:
    said = client.get(f"/administration/find/{kind}/", {"q": words}).json()
    return [(one["label"], one["note"]) for one in said["options"]]


def test_people_groups_and_devices_are_found_by_words(
    page, hanna, sam, mallory, sams_laptop, old_tablet, django_assert_num_queries
):
    User.objects.filter(pk=hanna.pk).update(is_active=False)
    assert _found(page, "people", "han hel") == [
        ("Hanna Helper", f"{hanna.email}, disabled"),
    ]
    assert _found(page, "people", sam.email.upper()) == [("Sam Sharer", sam.email)]
    assert [label for label, _ in _found(page, "people")] == [
        "Ada Administrator",
        "Hanna Helper",
        "Sam Sharer",
    ]
    assert _found(page, "people", "mallory") == []
    assert _found(page, "devices", "sharer") == [
        ("old-tablet", "Sam Sharer, not enrolled"),
        ("sams-laptop", "Sam Sharer"),
    ]
    assert all("Mallory" not in label for label, _ in _found(page, "groups"))
    with django_assert_num_queries(4):  # who is signed in, their rights and tenant, the rows
        _found(page, "devices", "s")


def test_more_than_are_shown_are_said(page, contoso):
    for number in range(12):
        make_person(contoso, f"Alike{number}", "Person")
    said = page.get("/administration/find/people/", {"q": "alike"}).json()
    assert len(said["options"]) == 10
    assert said["status"] == "The first 10 are shown. Type more to narrow them."
    said = page.get("/administration/find/people/", {"q": "alike1 "}).json()
    assert said["status"] == "3 found. Choose with the arrow keys."
    said = page.get("/administration/find/people/", {"q": "zzz"}).json()
    assert said == {"options": [], "status": "Nobody in your organisation is called so."}
