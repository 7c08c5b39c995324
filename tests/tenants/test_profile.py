"""A person's own page, their picture and the language of what they see."""

from __future__ import annotations

import io
import re
import struct
import uuid
import zlib

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.tenants.models import User
from apps.tenants.services import set_picture
from tests.device_app import token_for


def png(width: int = 40, height: int = 30, note: str = "") -> bytes:
    out, info = io.BytesIO(), PngInfo()
    info.add_text("Comment", note)
    Image.new("RGB", (width, height), "teal").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def png_with(kind: bytes, content: bytes) -> bytes:
    """A sound picture, but for one chunk of that kind."""
    before, mark, after = png().partition(b"\x00\x00\x00\x00IEND")
    length, checksum = (struct.pack(">I", n) for n in (len(content), zlib.crc32(kind + content)))
    return before + length + kind + content + checksum + mark + after


def upload(client: Client, data: bytes):
    file = SimpleUploadedFile("me.png", data, content_type="image/png")
    return client.post(reverse("tenants:change_picture"), {"picture": file})


def address_of(person: User) -> str:
    return reverse("tenants:picture", args=[person.pk])


def words_of(answer, pk: uuid.UUID) -> str:
    """The page without what differs from request to request anyway: the form token and its own address."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return page.replace(str(pk), "")


def test_the_profile_shows_what_the_other_side_will_see(client: Client, sam: User):
    """S3."""
    client.force_login(sam)
    page = client.get(reverse("tenants:profile")).content.decode()
    for shown in ("Sam Sharer", "Accountant", "Contoso", "contoso.example, verified", sam.email):
        assert shown in page


def test_a_site_operator_has_a_profile_without_a_company(client: Client, hanna: User):
    operator = User.objects.create(email="op@site.example", is_staff=True, is_superuser=True)
    client.force_login(operator)
    page = client.get(reverse("tenants:profile")).content.decode()
    assert "op@site.example" in page
    assert "Contoso" not in page
    assert reverse("tenants:change_picture") not in page


def test_a_picture_is_made_anew_and_replaces_the_old_one(
    client: Client, sam: User, django_capture_on_commit_callbacks
):
    client.force_login(sam)
    assert upload(client, png(note="where I live")).headers["Location"] == reverse(
        "tenants:profile"
    )
    sam.refresh_from_db()
    first, storage = str(sam.picture.name), sam.picture.storage
    answer = client.get(address_of(sam))
    assert answer.headers["Content-Type"] == "image/webp"
    assert b"where I live" not in answer.content
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
    with django_capture_on_commit_callbacks(execute=True):
        upload(client, png(50, 50))
    sam.refresh_from_db()
    second = str(sam.picture.name)
    assert second != first
    assert not storage.exists(first)
    assert storage.exists(second)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("tenants:remove_picture"))
    assert client.get(address_of(sam)).status_code == 404
    assert not storage.exists(second)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(b"", id="empty"),
        pytest.param(png()[:60], id="cut off"),
        pytest.param(b"x" * (5 * 1024 * 1024 + 1), id="too large"),
        pytest.param(png(8000, 8000), id="too many pixels"),
        pytest.param(png_with(b"eXIf", b"not what it says"), id="broken Exif"),
    ],
)
def test_what_is_no_picture_is_refused(client: Client, sam: User, data: bytes):
    client.force_login(sam)
    answer = upload(client, data)
    assert answer.status_code == 400
    assert b'class="errorlist"' in answer.content
    sam.refresh_from_db()
    assert not sam.picture


def test_a_picture_is_seen_in_its_tenant_only(
    client: Client, sam: User, hanna: User, mallory: User
):
    """T3: for another tenant it looks as if it were not there."""
    set_picture(person=sam, data=png())
    nobody = uuid.uuid4()
    absent = reverse("tenants:picture", args=[nobody])
    operator = User.objects.create(email="op@site.example", is_staff=True, is_superuser=True)
    assert client.get(address_of(sam)).status_code == 404, "nobody is signed in"
    for stranger in (mallory, operator):
        client.force_login(stranger)
        refused, missing = client.get(address_of(sam)), client.get(absent)
        assert refused.status_code == missing.status_code == 404
        assert words_of(refused, sam.pk) == words_of(missing, nobody)
    client.force_login(hanna)
    seen = client.get(address_of(sam))
    assert seen.status_code == 200
    assert seen.headers["Cache-Control"] == "private, no-cache"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(address_of(hanna)).status_code == 404, "she has none"


def test_a_picture_that_did_not_change_is_not_sent_again(client: Client, sam: User):
    set_picture(person=sam, data=png())
    client.force_login(sam)
    first = client.get(address_of(sam))
    again = client.get(address_of(sam), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "private, no-cache"


def language_of(answer) -> str:
    return str(answer.headers["Content-Language"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("no", "nb"),
        ("nn", "nb"),
        ("nn-NO,en;q=0.5", "nb"),
        ("no-NO", "nb"),
        ("NO;q=0.9", "nb"),
        ("sv,no;q=0.5", "sv"),
        ("pt-BR", "pt-pt"),
        ("de-CH", "de"),
        ("xx", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_language_is_the_pages(client: Client, asked: str, given: str):
    """I1."""
    answer = client.get(reverse("account_login"), headers={"Accept-Language": asked})
    assert language_of(answer) == given


def test_a_chosen_language_wins_over_the_browsers_and_follows_the_account(
    client: Client, sam: User
):
    choose = reverse("tenants:language")
    page = reverse("account_login")
    client.post(choose, {"language": "cs", "next": page})
    assert language_of(client.get(page, headers={"Accept-Language": "de"})) == "cs"
    client.force_login(sam)
    answer = client.post(choose, {"language": "fi", "next": "/profile/"})
    assert answer.headers["Location"] == "/profile/"
    elsewhere = Client()
    elsewhere.force_login(sam)
    elsewhere.cookies[settings.LANGUAGE_COOKIE_NAME] = "el"
    answer = elsewhere.get("/profile/", headers={"Accept-Language": "de"})
    assert language_of(answer) == "fi"
    assert b'<html lang="fi"' in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x", ""])
def test_choosing_a_language_leads_nowhere_else(client: Client, target: str):
    answer = client.post(reverse("tenants:language"), {"language": "de", "next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["xx", "", "no", "../de"])
def test_a_language_that_we_do_not_have_is_refused(client: Client, sam: User, code: str):
    client.force_login(sam)
    answer = client.post(reverse("tenants:language"), {"language": code, "next": "/"})
    assert answer.status_code == 400
    sam.refresh_from_db()
    assert sam.language == ""


def test_the_device_app_sees_pictures_by_its_token_alone(
    client: Client, sam: User, hanna: User, mallory: User
):
    """S3: the trust card on a device has the picture, too."""
    set_picture(person=hanna, data=png())

    def seen_by(token: str) -> int:
        sent = {"Authorization": f"Bearer {token}"}
        return client.get(address_of(hanna), headers=sent).status_code

    assert seen_by(token_for(sam)) == 200
    assert seen_by(token_for(mallory)) == 404
    client.force_login(sam)
    for worthless in ("", "nothing", token_for(sam, valid_for=-1), token_for(sam, scopes="openid")):
        assert seen_by(worthless) == 404, "the cookie beside it counts for nothing"
