"""The pages of people, walked as whoever keeps the directory would."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.tenants import services
from apps.tenants.models import User
from apps.tenants.profiles import Profile
from tests.factories import make_device, make_group, make_person

PEOPLE = "/administration/people/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


def test_the_list_searches_narrows_sorts_and_pages(page, contoso, sam, hanna, magnus, wilma):
    desk = make_group(contoso, "Desk", [hanna])
    nina = make_person(contoso, "Nina", "Noseat", has_seat=False)
    services.disable_person(actor=User.objects.get(first_name="Ada"), person=wilma)
    shown = text_of(page.get(PEOPLE))
    assert "Sharer" in shown
    assert "magnus@" not in shown
    for query, there, not_there in (
        ({"q": "sam shar"}, "sam@", "hanna@"),
        ({"q": "accountant"}, "sam@", "hanna@"),
        ({"state": "disabled"}, "wilma@", "sam@"),
        ({"state": "active"}, "sam@", "wilma@"),
        ({"group": desk.pk}, "hanna@", "sam@"),
        ({"seat": "no"}, nina.email, "sam@"),
        ({"seat": "yes"}, "sam@", nina.email),
        ({"administrator": "yes"}, "ada@", "sam@"),
        ({"administrator": "no"}, "sam@", "ada@"),
    ):
        shown = text_of(page.get(PEOPLE, query))
        assert there in shown, query
        assert not_there not in shown, query
    assert "Nothing matches" in text_of(page.get(PEOPLE, {"q": "zzz"}))
    other = make_group(magnus.tenant, "Theirs", [magnus])
    assert page.get(PEOPLE, {"group": other.pk}).status_code == 400
    by_name = text_of(page.get(PEOPLE, {"sort": "-address"}))
    assert by_name.index("wilma@") < by_name.index("ada@")


def test_fifty_rows_make_a_page_and_its_queries_do_not_grow(page, contoso):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(PEOPLE, {"seat": "yes", "administrator": "no"}).status_code == 200
        return len(captured)

    before = queries()
    services.create_people(
        actor=None,
        tenant=contoso,
        profiles=[services_profile(number) for number in range(60)],
    )
    assert queries() == before <= 14
    first = text_of(page.get(PEOPLE))
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = text_of(page.get(following[1].replace("&amp;", "&")))
    assert not set(re.findall(r"n\d+@contoso", first)) & set(re.findall(r"n\d+@contoso", second))


def services_profile(number: int) -> Profile:
    return Profile(f"n{number:02}@contoso.example", "N", f"Number {number:02}")


def test_a_person_is_made_and_sent_their_link(page, contoso):
    new = {"email": "nora@contoso.example", "first_name": "Nora", "last_name": "نورة 🦊"}
    for wrong, words in (
        ({"email": "nora@fabrikam.example"}, "verified domains"),
        ({"email": "ADA@contoso.example"}, "already used"),
        ({"first_name": "", "last_name": ""}, "first or a last name"),
    ):
        answer = page.post(f"{PEOPLE}new/", {**new, **wrong})
        assert answer.status_code == 400
        assert words in text_of(answer)
    checked = page.post(f"{PEOPLE}new/", {**new, "email": "x"}, headers={"X-Check": "job_title"})
    assert checked.json() == {"errors": []}
    where = page.post(f"{PEOPLE}new/", new)["Location"]
    assert "نورة 🦊" in text_of(page.get(where))
    assert page.post(f"{where}link/")["Location"] == where
    assert mail.outbox[0].to == ["nora@contoso.example"]
    shown = page.post(f"{where}link/", {"show": "1"})
    link = re.search(r"data-link>([^<]+)<", shown.content.decode())
    assert link is not None
    assert Client().get(link[1].removeprefix("http://testserver"), follow=True).status_code == 200
    assert "data-link" not in text_of(page.get(where))


def test_the_page_of_a_person_shows_what_is_around_them(page, contoso, sam, sams_laptop, hanna):
    make_group(contoso, "Desk", [sam])
    shown = text_of(page.get(f"{PEOPLE}{sam.pk}/"))
    for words in (
        "Desk",
        "sams-laptop",
        "Remote help add-on (50)",
        "through Everyone",
        f"/administration/people/{sam.pk}/permissions/",
        "/reports/sessions/?q=sam%40contoso.example",
        f"/devices/{sams_laptop.pk}/",
        f"/administration/why/?sharer={sam.pk}",
    ):
        assert words in shown, words


def test_a_profile_is_changed_and_the_second_of_two_is_told(page, sam, ada):
    address = f"{PEOPLE}{sam.pk}/change/"
    version = re.search(r'name="version" value="(\w+)"', text_of(page.get(address)))
    assert version is not None
    said = {"email": sam.email, "first_name": "Sam", "last_name": "Sharer", "job_title": "Clerk"}
    services.change_person(actor=ada, person=sam, **{**said, "job_title": "Head"})
    answer = page.post(address, {**said, "version": version[1]})
    assert answer.status_code == 409
    assert "data-conflict" in text_of(answer)
    again = re.search(r'name="version" value="(\w+)"', text_of(answer))
    assert again is not None
    assert page.post(address, {**said, "version": again[1]}).status_code == 302
    sam.refresh_from_db()
    assert sam.job_title == "Clerk"


def test_disabling_is_asked_about_and_enabling_is_not(page, sam):
    question = text_of(page.get(f"{PEOPLE}{sam.pk}/disable/"))
    assert "Sessions that they are in end now" in question
    assert "signed out of every browser" in question
    sam.refresh_from_db()
    assert sam.is_active
    page.post(f"{PEOPLE}{sam.pk}/disable/")
    sam.refresh_from_db()
    assert not sam.is_active
    assert "Enable" in text_of(page.get(f"{PEOPLE}{sam.pk}/"))
    page.post(f"{PEOPLE}{sam.pk}/enable/")
    sam.refresh_from_db()
    assert sam.is_active


def test_whoever_outranks_is_looked_at_and_not_touched(client, ada, contoso):
    petra = make_person(contoso, "Petra", "People")
    services.grant_administration(actor=None, person=petra, permissions=["tenants.manage_people"])
    client.force_login(petra)
    address = f"{PEOPLE}{ada.pk}/"
    shown = text_of(client.get(address))
    assert "rights that you do not hold" in shown
    assert f"{address}change/" not in shown
    assert client.get(f"{address}change/").status_code == 403
    for step in ("disable", "enable", "link", "picture", "picture/remove"):
        assert client.post(f"{address}{step}/").status_code == 403, step
    ada.refresh_from_db()
    assert ada.is_active


def test_a_picture_is_taken_and_what_is_none_is_refused(page, sam):
    made = io.BytesIO()
    Image.new("RGB", (30, 30), "teal").save(made, "PNG")
    for data in (b"", b"<svg onload=alert(1)>", made.getvalue()[:40], b"x" * (5 * 1024 * 1024 + 1)):
        sent = SimpleUploadedFile("a.png", data, "image/png")
        assert page.post(f"{PEOPLE}{sam.pk}/picture/", {"picture": sent}).status_code == 400
    sent = SimpleUploadedFile("../../a.png", made.getvalue(), "image/png")
    assert page.post(f"{PEOPLE}{sam.pk}/picture/", {"picture": sent}).status_code == 302
    answer = page.get(f"/people/{sam.pk}/picture/")
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert page.post(f"{PEOPLE}{sam.pk}/picture/remove/").status_code == 302
    assert page.get(f"/people/{sam.pk}/picture/").status_code == 404


def test_people_of_another_tenant_are_nothing_here(page, magnus):
    """T3."""
    address = f"{PEOPLE}{magnus.pk}/"
    for step in ("", "change/", "disable/"):
        assert page.get(f"{address}{step}").status_code == 404, step
    for step in ("change/", "disable/", "enable/", "link/", "picture/", "picture/remove/"):
        assert page.post(f"{address}{step}").status_code == 404, step
    magnus.refresh_from_db()
    assert magnus.is_active


def test_of_a_directorys_person_only_the_language_is_asked(page, contoso):
    dora = User.objects.create(
        tenant=contoso, directory_oid="d-1", email="dora@contoso.example", first_name="Dora"
    )
    make_device(contoso, owner=dora)
    form = text_of(page.get(f"{PEOPLE}{dora.pk}/change/"))
    assert 'name="language"' in form
    assert 'name="email"' not in form
    assert page.post(f"{PEOPLE}{dora.pk}/change/", {"language": "fi"}).status_code == 302
    dora.refresh_from_db()
    assert (dora.language, dora.first_name) == ("fi", "Dora")
    assert "no password here" in text_of(page.get(f"{PEOPLE}{dora.pk}/"))
