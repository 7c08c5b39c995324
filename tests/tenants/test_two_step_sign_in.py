"""The second step, and every account page under the strict content policy."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.tenants.models import User
from tests.factories import PASSWORD


def sign_in(client: Client, person: User):
    return client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def confirm_again(client: Client) -> None:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def set_up(client: Client) -> str:
    """Turn the second step on as a person would; the secret that their phone then has."""
    confirm_again(client)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator-secret" value="(\w+)"', page)
    assert secret is not None
    assert 'src="data:image/svg+xml;base64,' in page
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret.group(1))})
    return secret.group(1)


def test_with_the_second_step_a_password_alone_opens_nothing(client: Client, sam: User):
    sign_in(client, sam)
    set_up(client)
    assert Authenticator.objects.filter(user=sam, type="totp").exists()
    other = Client()
    answer = sign_in(other, sam)
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert "_auth_user_id" not in other.session
    assert other.post(answer.headers["Location"], {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in other.session
    recovery = Authenticator.objects.get(user=sam, type="recovery_codes").wrap().get_unused_codes()
    other.post(answer.headers["Location"], {"code": recovery[0]})
    assert other.session["_auth_user_id"] == str(sam.pk)


def test_turning_the_second_step_off_asks_for_the_password_again(client: Client, sam: User):
    sign_in(client, sam)
    set_up(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
        answer = client.post(reverse("mfa_deactivate_totp"))
        assert answer.status_code == 302
        assert "reauthenticate" in answer.headers["Location"]
        assert Authenticator.objects.filter(user=sam, type="totp").exists()
        confirm_again(client)
        client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=sam, type="totp").exists()


PAGES = [
    "account_login",
    "tenants:organisation",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
    "socialaccount_login_error",
    "socialaccount_login_cancelled",
]
OWN_PAGES = [
    "account_logout",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "usersessions_list",
    "tenants:profile",
]
SECOND_STEP_PAGES = [
    "mfa_index",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
]


def assert_fits_the_policy(answer) -> None:
    assert answer.status_code in {200, 401}
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"script-src 'self'", "style-src 'self'", "img-src 'self' data:"} <= set(policy)
    page = answer.content.decode()
    assert "Remote Help</title>" in page, "in the product's own frame"
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", page)
    assert "<style" not in page
    assert 'href="javascript:' not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_page_for_strangers_needs_no_inline_script_or_style(client: Client, name: str):
    assert_fits_the_policy(client.get(reverse(name)))


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_of_an_account_needs_no_inline_script_or_style(client: Client, sam: User, name: str):
    sign_in(client, sam)
    confirm_again(client)
    assert_fits_the_policy(client.get(reverse(name)))


def test_a_page_of_the_second_step_needs_no_inline_script_or_style(client: Client, sam: User):
    sign_in(client, sam)
    set_up(client)
    for name in SECOND_STEP_PAGES:
        assert_fits_the_policy(client.get(reverse(name)))
    other = Client()
    assert_fits_the_policy(other.get(sign_in(other, sam).headers["Location"]))


def test_a_person_signs_out_everywhere_else(client: Client, sam: User):
    other = Client()
    sign_in(other, sam)
    sign_in(client, sam)
    client.post(reverse("usersessions_list"))
    assert client.get(reverse("tenants:profile")).status_code == 200
    assert other.get(reverse("tenants:profile")).status_code == 302
