"""People in the Django admin: they have no user name, their address is their tenant's."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.tenants.models import User
from apps.tenants.selectors import may_administer

PASSWORD = "a really long passphrase"
ADD = "admin:tenants_user_add"


@pytest.fixture
def body(contoso):
    return {
        "tenant": str(contoso.pk),
        "email": "nina@contoso.example",
        "first_name": "Nina",
        "last_name": "New",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }


def test_a_new_person_can_sign_in_with_their_address(as_operator, client, body, contoso):
    answer = as_operator.post(reverse(ADD), body)

    assert answer.status_code == 302
    nina = User.objects.get(email="nina@contoso.example")
    assert nina.tenant == contoso
    assert nina.check_password(PASSWORD)
    assert client.login(email="nina@contoso.example", password=PASSWORD)


def test_a_new_person_may_be_without_a_password(as_operator, body):
    del body["password1"], body["password2"]
    assert as_operator.post(reverse(ADD), body | {"usable_password": "false"}).status_code == 302
    assert not User.objects.get(email="nina@contoso.example").has_usable_password()


@pytest.mark.parametrize(
    "change",
    [
        {"email": "nina@fabrikam.example"},
        {"email": ""},
        {"email": "HANNA@contoso.example"},
        {"password2": "another passphrase"},
        {"password1": "short", "password2": "short"},
    ],
)
def test_a_person_with_a_foreign_or_taken_address_or_a_bad_password_is_refused(
    as_operator, hanna, body, change
):
    before = User.objects.count()
    answer = as_operator.post(reverse(ADD), body | change)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert User.objects.count() == before


def test_a_password_can_be_set(as_operator, sam):
    where = reverse("admin:auth_user_password_change", args=[sam.pk])
    assert as_operator.get(where).status_code == 200
    answer = as_operator.post(
        where, {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert answer.status_code == 302
    sam.refresh_from_db()
    assert sam.check_password(PASSWORD)


def test_nobody_gives_a_directorys_person_a_password(as_operator, as_staff, client, contoso):
    """T3: else whoever manages people could sign in as somebody past their organisation's sign-in."""
    dana = User.objects.create(
        tenant=contoso, directory_oid="d-1", email="dana@contoso.example", first_name="Dana"
    )
    dana.set_unusable_password()
    dana.save()
    where = reverse("admin:auth_user_password_change", args=[dana.pk])
    wish = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    for browser in (as_operator, as_staff):
        assert browser.get(where).status_code == 403
        assert browser.post(where, wish).status_code == 403
    dana.refresh_from_db()
    assert not dana.has_usable_password()
    # And should one be left from before they came from the directory: it opens nothing.
    dana.set_password(PASSWORD)
    dana.save()
    answer = client.post(
        reverse("account_login"), {"login": "dana@contoso.example", "password": PASSWORD}
    )
    assert answer.status_code == 200
    assert client.get(reverse("home")).status_code == 302


def test_the_page_of_a_person_shows_no_hash(as_operator, sam):
    page = as_operator.get(reverse("admin:tenants_user_change", args=[sam.pk])).content.decode()
    assert sam.password not in page
    assert reverse("admin:auth_user_password_change", args=[sam.pk]).split("/")[-2] in page


def test_an_operator_makes_and_unmakes_an_administrator(as_operator, sam):
    where = reverse("admin:tenants_user_change", args=[sam.pk])
    body = {"email": sam.email, "first_name": "Sam", "last_name": "Sharer", "is_active": "on"}

    as_operator.post(where, body | {"administers": ["tenants.manage_roles"]})
    assert may_administer(sam, "tenants.manage_roles")
    assert not may_administer(sam, "tenants.manage_people")
    as_operator.post(where, body)
    assert not may_administer(sam, "tenants.manage_roles")


def test_a_person_whose_sessions_stand_in_the_report_is_not_deleted(as_operator, active, hanna):
    where = reverse("admin:tenants_user_delete", args=[hanna.pk])
    page = as_operator.post(where, {"post": "yes"})

    assert page.status_code in (200, 403)
    assert User.objects.filter(pk=hanna.pk).exists()
