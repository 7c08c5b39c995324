"""Local accounts: made by their tenant, known by address and password, never by signing up."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.common.errors import RuleError
from apps.tenants.models import Tenant, User
from apps.tenants.services import create_person, one_time_link_path
from tests.factories import PASSWORD

LOGIN = "account_login"
NEW_PASSWORD = "another long password"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(reverse(LOGIN), {"login": email, "password": password, **more})


def is_signed_in(client: Client, person: User) -> bool:
    return client.session.get("_auth_user_id") == str(person.pk)


def words_of(answer) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return re.sub(r'name="login" value="[^"]*"', "", page)


@pytest.fixture
def operator(db: None) -> User:
    operator = User(email="operator@site.example", is_staff=True, is_superuser=True)
    operator.set_password(PASSWORD)
    operator.save()
    return operator


def test_the_right_password_signs_in_and_leads_home(client: Client, sam: User):
    answer = sign_in(client, sam.email.upper())
    assert answer.headers["Location"] == reverse("home")
    assert is_signed_in(client, sam)
    assert not EmailAddress.objects.exists(), (
        "an address that is noted twice could outlive a change"
    )


def test_the_page_that_was_wanted_is_where_the_sign_in_ends(client: Client, sam: User):
    wanted = client.get(reverse("tenants:profile"))
    page = client.get(wanted.headers["Location"])
    assert page.content.count(b'name="next" value="/profile/"') == 2, "in both forms"
    assert sign_in(client, sam.email, next="/profile/").headers["Location"] == "/profile/"
    assert sign_in(Client(), sam.email, next="https://evil.example/").headers[
        "Location"
    ] == reverse("home")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client, sam: User):
    wrong = sign_in(client, sam.email, "not the password")
    unknown = sign_in(client, "nobody@contoso.example", "not the password")
    assert wrong.status_code == unknown.status_code == 200
    assert words_of(wrong) == words_of(unknown)
    assert 'role="alert"' in words_of(wrong)
    assert not is_signed_in(client, sam)


def test_a_disabled_person_is_refused_and_only_the_right_password_hears_why(
    client: Client, sam: User
):
    sam.is_active = False
    sam.save()
    assert words_of(sign_in(client, sam.email, "not the password")) == words_of(
        sign_in(client, "nobody@contoso.example", "not the password")
    )
    answer = sign_in(client, sam.email)
    assert answer.headers["Location"] == reverse("account_inactive")
    assert client.get(answer.headers["Location"]).status_code == 200
    assert not is_signed_in(client, sam)


def test_guesses_at_one_account_are_limited(client: Client, sam: User):
    for _try in range(5):
        sign_in(client, sam.email, "not the password")
    sign_in(client, sam.email)
    assert not is_signed_in(client, sam)


def test_too_many_sign_ins_from_one_place_get_a_page_that_says_so(client: Client, sam: User):
    answers = [sign_in(client, f"{n}@contoso.example", "x") for n in range(31)]
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].content.decode()


def test_an_old_address_no_longer_signs_in(client: Client, sam: User):
    Client().get(one_time_link_path(sam))
    old, sam.email = sam.email, "samuel@contoso.example"
    sam.save()
    sign_in(client, old)
    assert not is_signed_in(client, sam)
    sign_in(client, sam.email)
    assert is_signed_in(client, sam)


@pytest.mark.parametrize("wanted", ["", "/", "/profile/", "/administrative/"])
def test_a_site_operator_lands_in_the_administration(client: Client, operator: User, wanted: str):
    assert sign_in(client, operator.email, next=wanted).headers["Location"] == reverse(
        "admin:index"
    )
    assert client.get(reverse(LOGIN)).headers["Location"] == reverse("admin:index")


def test_a_site_operator_reaches_the_page_of_the_administration_that_was_wanted(
    client: Client, operator: User
):
    answer = client.get("/admin/tenants/tenant/")
    answer = client.get(answer.headers["Location"])
    assert urlsplit(answer.headers["Location"]).path == reverse(LOGIN), (
        "the administration has no door of its own"
    )
    assert sign_in(client, operator.email, next="/admin/tenants/tenant/").headers["Location"] == (
        "/admin/tenants/tenant/"
    )


def test_people_of_a_tenant_are_turned_away_from_the_administration(client: Client, sam: User):
    client.force_login(sam)
    assert client.get("/admin/login/?next=/admin/").status_code == 403
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 403


def test_nobody_signs_up(client: Client, contoso: Tenant):
    data = {"email": "new@contoso.example", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get(reverse("account_signup")).status_code == 404
    assert client.post(reverse("account_signup"), data).status_code == 404
    assert not User.objects.exists()


def test_nobody_changes_the_address_that_they_are_known_by(client: Client, sam: User):
    client.force_login(sam)
    data = {"email": "sam@fabrikam.example", "action_add": ""}
    assert client.post(reverse("account_email"), data).status_code == 404
    sam.refresh_from_db()
    assert sam.email == "sam@contoso.example"


def test_signing_out_is_asked_about_and_then_done(client: Client, sam: User):
    client.force_login(sam)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_signed_in(client, sam)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client, sam)


def set_password(client: Client, path: str, password: str = NEW_PASSWORD):
    """Open the link and, if it still works, set a password; the last answer."""
    answer = client.get(path)
    if answer.status_code != 302:
        return answer
    return client.post(answer.headers["Location"], {"password1": password, "password2": password})


def test_a_one_time_link_sets_a_password_once(client: Client, contoso: Tenant):
    nora = create_person(
        actor=None, tenant=contoso, email="nora@contoso.example", first_name="N", last_name="N"
    )
    path = one_time_link_path(nora)
    assert set_password(client, path).headers["Location"] == reverse(
        "account_reset_password_from_key_done"
    )
    again = set_password(Client(), path, "a third long password")
    assert again.status_code == 200
    assert b'role="alert"' in again.content
    sign_in(client, nora.email, NEW_PASSWORD)
    assert is_signed_in(client, nora)


def test_a_one_time_link_dies_with_a_sign_in_and_with_age(client: Client, sam: User):
    path = one_time_link_path(sam)
    sign_in(client, sam.email)
    assert set_password(Client(), path).status_code == 200
    sam.refresh_from_db()
    path = one_time_link_path(sam)
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        assert set_password(Client(), path).status_code == 200
    sam.refresh_from_db()
    assert sam.check_password(PASSWORD)


def test_a_weak_password_is_refused_by_the_link(client: Client, sam: User):
    answer = set_password(client, one_time_link_path(sam), "short")
    assert answer.status_code == 200
    sam.refresh_from_db()
    assert sam.check_password(PASSWORD)


def test_no_link_is_made_for_a_disabled_person_or_one_of_a_directory(sam: User, wilma: User):
    sam.is_active = False
    wilma.directory_oid = "w1"
    for person in (sam, wilma):
        with pytest.raises(RuleError):
            one_time_link_path(person)


def test_a_forgotten_password_is_answered_alike_and_mailed_to_its_owner(
    client: Client, sam: User, mailoutbox: list[EmailMessage]
):
    ask = reverse("account_reset_password")
    known = client.post(ask, {"email": sam.email})
    unknown = client.post(ask, {"email": "nobody@contoso.example"})
    assert known.headers["Location"] == unknown.headers["Location"]
    to_sam, to_nobody = mailoutbox
    assert to_sam.to == [sam.email]
    assert "/password/reset/key/" not in to_nobody.body
    link = re.search(r"https?://\S+/password/reset/key/\S+", str(to_sam.body))
    assert link is not None
    set_password(client, urlsplit(link.group()).path)
    sam.refresh_from_db()
    assert sam.check_password(NEW_PASSWORD)


def test_a_password_change_signs_out_the_other_browsers(client: Client, sam: User):
    other = Client()
    for browser in (client, other):
        sign_in(browser, sam.email)
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(reverse("account_change_password"), data).headers["Location"] == reverse(
        "tenants:profile"
    )
    assert client.get(reverse("tenants:profile")).status_code == 200
    assert other.get(reverse("tenants:profile")).status_code == 302
