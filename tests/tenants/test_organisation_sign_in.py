"""T3, T5: the organisation's own sign-in decides who somebody is and to which tenant they belong."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from apps.common.errors import RuleError
from apps.tenants.models import Tenant, User
from apps.tenants.services import configure_organisation_sign_in
from tests.factories import PASSWORD
from tests.tenants.provider import (
    CONTOSO,
    FABRIKAM,
    Provider,
    come_back,
    connect,
    leave,
    sign_in,
    target_of,
)

AINO = {
    "tid": str(CONTOSO),
    "oid": "a1a1a1a1-0000-4000-8000-000000000001",
    "given_name": "Aino",
    "family_name": "Mäkelä",
    "email": "Aino@Contoso.example",
    "job_title": "Payroll specialist",
}


def signed_in(client: Client) -> User | None:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def test_the_first_sign_in_makes_the_person_in_the_tenant_of_the_directory(
    client: Client, provider: Provider, contoso: Tenant
):
    provider.knows("aino", **AINO)
    answer = sign_in(client, provider, "aino@contoso.example", "aino")
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("home")
    aino = User.objects.get(directory_oid=AINO["oid"])
    assert signed_in(client) == aino
    assert aino.tenant == contoso
    assert (aino.first_name, aino.last_name) == ("Aino", "Mäkelä")
    assert (aino.email, aino.job_title) == ("aino@contoso.example", "Payroll specialist")
    assert not aino.has_usable_password()
    assert not aino.is_staff
    assert not aino.is_superuser


def test_nothing_but_the_identity_is_kept_beside_the_profile(client: Client, provider: Provider):
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    account = SocialAccount.objects.get()
    assert account.uid == AINO["oid"]
    assert account.extra_data == {"id_token": {"tid": AINO["tid"], "oid": AINO["oid"]}}
    assert not EmailAddress.objects.exists()


def test_a_second_sign_in_is_the_same_person_with_fresh_names(client: Client, provider: Provider):
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    provider.knows(
        "aino", **{**AINO, "family_name": "Virtanen", "job_title": "Head of payroll", "email": ""}
    )
    other_browser = Client()
    sign_in(other_browser, provider, "contoso.example", "aino")
    aino = User.objects.get(directory_oid=AINO["oid"])
    assert signed_in(other_browser) == aino
    assert (aino.last_name, aino.job_title) == ("Virtanen", "Head of payroll")
    assert aino.email == "aino@contoso.example", "what is not claimed stays"
    assert SocialAccount.objects.count() == 1


def test_the_way_there_is_proved_by_pkce_and_state(client: Client, provider: Provider):
    asked = parse_qs(urlsplit(leave(client, "contoso.example")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["client_id"] == ["app-of-contoso"]
    assert len(asked["state"][0]) >= 16
    assert "openid" in asked["scope"][0].split()


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(
    client: Client, provider: Provider
):
    provider.knows("aino", **AINO)
    target = leave(client, "contoso.example")
    stranger = Client()
    answer = come_back(stranger, provider, target, "aino")
    assert answer.status_code == 401
    assert signed_in(stranger) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"tid": str(FABRIKAM)}, id="another directory"),
        pytest.param({"tid": str(uuid.UUID(int=0))}, id="no directory"),
        pytest.param({"tid": None}, id="tid missing"),
        pytest.param({"tid": ""}, id="tid empty"),
        pytest.param({"tid": [str(CONTOSO)]}, id="tid a list"),
        pytest.param({"oid": None}, id="oid missing"),
        pytest.param({"oid": ""}, id="oid empty"),
        pytest.param({"oid": " "}, id="oid blank"),
        pytest.param({"oid": 7}, id="oid a number"),
        pytest.param({"oid": "x" * 101}, id="oid too long"),
    ],
)
def test_a_token_that_does_not_name_this_directory_and_a_person_is_refused(
    client: Client, provider: Provider, changes: dict[str, object]
):
    claims = {name: value for name, value in {**AINO, **changes}.items() if value is not None}
    provider.knows("aino", **claims)
    answer = sign_in(client, provider, "contoso.example", "aino")
    assert answer.status_code == 403
    assert b'data-refusal="directory_refused"' in answer.content
    assert signed_in(client) is None
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
    # The same browser, with a right answer, comes in: the refusal was about the token.
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    assert signed_in(client) is not None


def test_a_tenant_that_lost_its_directory_id_admits_nobody(
    client: Client, provider: Provider, contoso: Tenant
):
    provider.knows("aino", **AINO)
    target = leave(client, "contoso.example")
    contoso.directory_id = None
    contoso.save()
    assert come_back(client, provider, target, "aino").status_code == 403
    assert signed_in(client) is None


def test_the_same_object_id_in_another_directory_is_another_person(
    client: Client, provider: Provider, fabrikam: Tenant
):
    connect(fabrikam, FABRIKAM, provider)
    provider.knows("aino", **AINO)
    provider.knows("twin", **{**AINO, "tid": str(FABRIKAM), "given_name": "Twin"})
    sign_in(client, provider, "contoso.example", "aino")
    other_browser = Client()
    sign_in(other_browser, provider, "fabrikam.example", "twin")
    aino, twin = signed_in(client), signed_in(other_browser)
    assert aino is not None
    assert twin is not None
    assert aino != twin
    assert twin.tenant == fabrikam
    assert aino.directory_oid == twin.directory_oid
    aino.refresh_from_db()
    assert aino.first_name == "Aino"


def test_one_tenants_sign_in_cannot_vouch_for_anothers_people(
    client: Client, provider: Provider, fabrikam: Tenant
):
    """T3: who came through Fabrikam's sign-in is never let into Contoso, whatever the token says."""
    connect(fabrikam, FABRIKAM, provider)
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    intruder = Client()
    answer = sign_in(intruder, provider, "fabrikam.example", "aino")
    assert answer.status_code == 403
    assert signed_in(intruder) is None


def test_the_address_of_a_local_account_takes_nothing_over(
    client: Client, provider: Provider, sam: User
):
    provider.knows("sam", **{**AINO, "email": sam.email, "email_verified": True})
    sign_in(client, provider, "contoso.example", "sam")
    person = signed_in(client)
    assert person is not None
    assert person != sam
    assert person.email == sam.email
    # The local account still signs in with its own password, and only it.
    local = Client()
    local.post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    assert signed_in(local) == sam


def test_a_disabled_person_of_a_directory_is_refused(client: Client, provider: Provider):
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    User.objects.filter(directory_oid=AINO["oid"]).update(is_active=False)
    assert client.get(reverse("tenants:profile")).status_code == 302, "the open browser is out too"
    other_browser = Client()
    answer = sign_in(other_browser, provider, "contoso.example", "aino")
    assert answer.status_code == 403
    assert b'data-refusal="person_disabled"' in answer.content
    assert signed_in(other_browser) is None


def test_the_page_that_was_wanted_is_where_the_sign_in_ends(client: Client, provider: Provider):
    provider.knows("aino", **AINO)
    answer = sign_in(client, provider, "contoso.example", "aino", next="/profile/")
    assert answer.headers["Location"] == "/profile/"


def test_a_foreign_address_is_no_place_to_go_on_to(client: Client, provider: Provider):
    provider.knows("aino", **AINO)
    answer = sign_in(client, provider, "contoso.example", "aino", next="https://evil.example/")
    assert answer.headers["Location"] == reverse("home")


def test_an_unknown_domain_and_a_tenant_without_a_directory_get_the_same_answer(
    client: Client, provider: Provider, fabrikam: Tenant
):
    pages = []
    for address in ("x@nowhere.example", "x@fabrikam.example"):
        answer = client.post(reverse("tenants:organisation"), {"address": address})
        assert answer.status_code == 200
        assert b"http-equiv" not in answer.content
        page = answer.content.decode().replace(address, "")
        pages.append([line for line in page.splitlines() if "csrfmiddlewaretoken" not in line])
    assert pages[0] == pages[1]
    assert leave(client, "X@CONTOSO.example").startswith(provider.url)


def test_guessing_domains_is_limited(client: Client, contoso: Tenant):
    ask = reverse("tenants:organisation")
    answers = [client.post(ask, {"address": f"{n}.example"}).status_code for n in range(21)]
    assert answers == [200] * 20 + [429]


def test_a_sign_in_that_cannot_be_reached_says_so(
    client: Client, provider: Provider, contoso: Tenant
):
    configure_organisation_sign_in(
        actor=None,
        tenant=contoso,
        client_id="app",
        secret="s3cret",
        server_url="http://127.0.0.1:9",
    )
    answer = client.post(reverse("tenants:organisation"), {"address": "contoso.example"})
    assert answer.status_code == 502
    assert b'data-refusal="sign_in_unreachable"' in answer.content


def test_starting_needs_a_form_of_ours(provider: Provider):
    """A link or a foreign page cannot start a sign-in; the direct address of allauth is closed."""
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post(reverse("tenants:organisation"), {"address": "contoso.example"})
    assert refused.status_code == 403
    strict.get(reverse("account_login"))
    token = strict.cookies["csrftoken"].value
    data = {"address": "contoso.example", "csrfmiddlewaretoken": token}
    assert target_of(strict.post(reverse("tenants:organisation"), data)).startswith(provider.url)
    for way in (strict.get, strict.post):
        assert (
            way("/accounts/oidc/contoso/login/", {"csrfmiddlewaretoken": token}).status_code == 404
        )


def test_a_signed_in_person_cannot_connect_an_outside_account(client: Client, sam: User):
    client.force_login(sam)
    for name in ("socialaccount_connections", "socialaccount_signup"):
        assert client.get(reverse(name)).status_code == 404
        assert client.post(reverse(name)).status_code == 404


def test_signing_in_through_the_organisation_leaves_the_account_that_was_open(
    client: Client, provider: Provider, sam: User
):
    provider.knows("aino", **AINO)
    client.force_login(sam)
    sign_in(client, provider, "contoso.example", "aino")
    person = signed_in(client)
    assert person is not None
    assert person != sam
    assert not SocialAccount.objects.filter(user=sam).exists()


def test_a_person_of_a_directory_can_set_no_password_here(
    client: Client, provider: Provider, mailoutbox: list[object]
):
    provider.knows("aino", **AINO)
    sign_in(client, provider, "contoso.example", "aino")
    assert client.get(reverse("account_set_password")).status_code == 404
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("account_set_password"), passwords).status_code == 404
    Client().post(reverse("account_reset_password"), {"email": "aino@contoso.example"})
    assert "/password/reset/key/" not in mailoutbox[0].body  # type: ignore[attr-defined]
    assert not User.objects.get(directory_oid=AINO["oid"]).has_usable_password()


SETTINGS = {"client_id": "app", "secret": "s3cret", "server_url": "https://login.example/v2.0"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server_url", "http://login.example/v2.0"),
        ("server_url", "http://localhost.evil.example"),
        ("server_url", "ftp://login.example"),
        ("server_url", "https://"),
        ("server_url", "https://user@login.example"),
        ("server_url", "https://login.example/?next=1"),
        ("server_url", "https://login.example:port"),
        ("server_url", "https://login.example/common/v2.0"),
        ("server_url", "https://login.example/Organizations/v2.0"),
        ("client_id", " "),
        ("secret", ""),
        ("secret", "x" * 192),
    ],
)
def test_settings_that_cannot_be_trusted_are_refused(contoso: Tenant, field: str, value: str):
    contoso.directory_id = CONTOSO
    with pytest.raises(RuleError) as refusal:
        configure_organisation_sign_in(actor=None, tenant=contoso, **{**SETTINGS, field: value})
    assert field in refusal.value.fields
    configure_organisation_sign_in(actor=None, tenant=contoso, **SETTINGS)


def test_only_site_operators_say_whom_a_tenant_believes(contoso: Tenant, ada: User):
    contoso.directory_id = CONTOSO
    with pytest.raises(RuleError):
        configure_organisation_sign_in(actor=ada, tenant=contoso, **SETTINGS)
    operator = User.objects.create(email="op@site.example", is_superuser=True, is_staff=True)
    app = configure_organisation_sign_in(actor=operator, tenant=contoso, **SETTINGS)
    assert app.provider_id == contoso.slug
    assert app.settings["uid_field"] == "oid"
    assert app.settings["fetch_userinfo"] is False


def test_a_tenant_without_a_directory_id_gets_no_sign_in(contoso: Tenant):
    with pytest.raises(RuleError):
        configure_organisation_sign_in(actor=None, tenant=contoso, **SETTINGS)
