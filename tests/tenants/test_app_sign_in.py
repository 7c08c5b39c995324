"""The device app signs in as the person: device code (RFC 8628), loopback with PKCE (RFC 8252), and how it ends."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import time_machine
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.common.clock import now
from apps.tenants.app_access import APP_CLIENT_ID, ensure_app_client, forget_expired_tokens
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS
from apps.tenants.services import disable_person
from tests.device_app import find_person, token_for

REDIRECT = "http://127.0.0.1:41234/callback"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_CODE = "/identity/o/api/device/code"
TOKEN, REVOKE = "/identity/o/api/token", "/identity/o/api/revoke"
DEVICE, AUTHORIZE = "/identity/o/device", "/identity/o/authorize"


class Browser:
    """Somebody's browser, with CSRF as strict as outside."""

    def __init__(self, person: User | None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        if person is not None:
            self.client.force_login(person)

    def get(self, address, **query):
        return self.client.get(address, query)

    def press(self, page, address, **body):
        """Send the form of that page with the values that it holds."""
        hidden = re.findall(r'name="([\w]+)"[^>]*? value="([^"]*)"', page.content.decode())
        values = {name: html.unescape(value) for name, value in hidden if name != "action"}
        return self.client.post(address, values | body)


class App(Client):
    """The app's own HTTP client: no cookies, no CSRF token, and forms as OAuth wants them."""

    def post(self, address, body=None):  # type: ignore[override]
        return super().post(
            address, urlencode(body or {}), content_type="application/x-www-form-urlencoded"
        )


@pytest.fixture
def app(db):
    return App(enforce_csrf_checks=True)


@pytest.fixture
def window(sam):
    return Browser(sam)


def _begin(app):
    return app.post(DEVICE_CODE, {"client_id": APP_CLIENT_ID, "scope": "openid help"}).json()


def _poll(app, begun, **other):
    body = {"client_id": APP_CLIENT_ID, "grant_type": DEVICE_GRANT}
    return app.post(TOKEN, body | {"device_code": begun["device_code"]} | other)


def _confirm(window, begun, action="confirm"):
    where = f"{DEVICE}?{urlencode({'code': begun['user_code']})}"
    return window.press(window.client.get(where), where, action=action)


def _asked(**other):
    return {
        "client_id": APP_CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "openid help",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | other


def _target(page):
    """Where the page goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def _code(page):
    return parse_qs(urlsplit(_target(page)).query)["code"][0]


def _exchange(app, code, **other):
    body = {
        "grant_type": "authorization_code",
        "client_id": APP_CLIENT_ID,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return app.post(TOKEN, body | other)


def _refresh(app, token):
    body = {"grant_type": "refresh_token", "client_id": APP_CLIENT_ID, "refresh_token": token}
    return app.post(TOKEN, body)


@pytest.fixture
def signed_in(app, window):
    """What the app holds after a whole sign-in by device code."""
    begun = _begin(app)
    assert _confirm(window, begun).status_code == 200
    answer = _poll(app, begun)
    assert answer.status_code == 200, answer.content
    return answer.json()


# --- by device code -------------------------------------------------------------------------------


def test_the_app_signs_in_by_a_code_that_the_person_enters_in_a_browser(app, window, sam):
    begun = _begin(app)
    assert begun["verification_uri"] == f"http://testserver{DEVICE}"
    assert _poll(app, begun).json()["error"] == "authorization_pending"
    assert _poll(app, begun).json()["error"] == "slow_down"

    asked = window.get(DEVICE)
    assert begun["user_code"] not in asked.content.decode()
    for typed in (begun["user_code"].lower(), begun["user_code"].replace("-", " ")):
        shown = window.get(DEVICE, code=typed).content.decode()
        assert "Sam Sharer" in shown
        assert begun["user_code"] in shown
    assert "The app is signed in" in _confirm(window, begun).content.decode()

    with time_machine.travel(now() + timedelta(seconds=6), tick=False):
        got = _poll(app, begun).json()
        assert find_person(got["access_token"]) == sam
        assert _poll(app, begun).json()["error"] == "invalid_grant"
    assert got["token_type"] == "Bearer"
    assert got["expires_in"] == 600


def test_the_id_token_is_signed_by_the_published_key(app, signed_in, sam):
    """It comes with a renewal and with the loopback road; oauthlib gives none for a device code."""
    id_token = _refresh(app, signed_in["refresh_token"]).json()["id_token"]
    (key,) = app.get("/.well-known/jwks.json").json()["keys"]
    claims = jwt.decode(id_token, jwt.PyJWK(key).key, algorithms=["RS256"], audience=APP_CLIENT_ID)
    configuration = app.get("/.well-known/openid-configuration").json()
    assert claims["sub"] == str(sam.pk)
    assert "email" not in claims
    assert claims["iss"] == configuration["issuer"] == "http://testserver"
    assert set(configuration["scopes_supported"]) == {"openid", "help", *RIGHTS}
    assert not [name for name in configuration if "registration" in name or "userinfo" in name]


def test_a_cancelled_code_signs_nobody_in_and_is_spent(app, window):
    begun = _begin(app)
    assert "not signed in" in _confirm(window, begun, action="deny").content.decode()
    assert _poll(app, begun).json()["error"] == "access_denied"
    again = window.get(DEVICE, code=begun["user_code"]).content.decode()
    assert 'name="action"' not in again


def test_another_page_cannot_confirm_a_code(app, window):
    """The provider's own view would let it."""
    begun = _begin(app)
    where = f"{DEVICE}?{urlencode({'code': begun['user_code']})}"
    assert window.client.post(where, {"action": "confirm"}).status_code == 403
    assert _poll(app, begun).json()["error"] == "authorization_pending"


def test_a_wrong_code_is_refused_and_guesses_are_limited(window):
    for _ in range(7):
        page = window.get(DEVICE, code="BBBB-BBBB")
    assert 'name="action"' not in page.content.decode()
    assert "BBBB-BBBB" in page.content.decode()


def test_codes_are_not_given_out_without_limit(app):
    codes = [app.post(DEVICE_CODE, {"client_id": APP_CLIENT_ID}).status_code for _ in range(25)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_a_code_is_given_for_what_the_app_may_ask_for_only(app):
    asked = {"client_id": APP_CLIENT_ID, "scope": "help profile"}
    assert app.post(DEVICE_CODE, asked).json()["error"] == "invalid_scope"
    for client_id in ("", "another"):
        assert app.post(DEVICE_CODE, {"client_id": client_id}).status_code >= 400


# --- by a loopback address ------------------------------------------------------------------------


def test_the_app_signs_in_through_a_loopback_address(app, window, sam):
    page = window.get(AUTHORIZE, **_asked())
    assert page.status_code == 200
    assert "Sam Sharer" in page.content.decode()
    granted = window.press(page, AUTHORIZE, action="grant", scopes=["openid", "help"])

    assert granted.status_code == 200, "a redirect after a form would be held back by form-action"
    target = urlsplit(_target(granted))
    assert (target.netloc, target.path) == ("127.0.0.1:41234", "/callback")
    assert parse_qs(target.query)["state"] == ["s1"]
    got = _exchange(app, _code(granted))
    assert got.status_code == 200, got.content
    assert find_person(got.json()["access_token"]) == sam
    assert _exchange(app, _code(granted)).status_code == 400


def test_a_code_is_worth_nothing_without_the_verifier(app, window):
    page = window.get(AUTHORIZE, **_asked())
    granted = window.press(page, AUTHORIZE, action="grant", scopes=["help"])
    for other in (
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:9/callback"},
        {"client_id": "another"},
    ):
        assert _exchange(app, _code(granted), **other).status_code in (400, 401)
    assert not Token.objects.exists()


def test_cancelling_tells_the_app(window):
    page = window.get(AUTHORIZE, **_asked())
    answer = window.press(page, AUTHORIZE, action="cancel")
    assert parse_qs(urlsplit(_target(answer)).query) == {
        "error": ["access_denied"],
        "state": ["s1"],
    }


@pytest.mark.parametrize(
    "other",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"client_id": "another"},
        {"prompt": "none"},
        {"resource": "https://other.example/"},
    ],
    ids=str,
)
def test_a_sign_in_of_another_kind_is_refused(window, other):
    assert window.get(AUTHORIZE, **_asked(**other)).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:5/other",
        "http://localhost:5/callback",
        "javascript:alert(1)//callback",
    ],
)
def test_nobody_is_sent_to_another_address(window, address):
    page = window.get(AUTHORIZE, **_asked(redirect_uri=address))
    assert "refresh" not in page.content.decode()
    assert "Location" not in page
    assert "cannot sign in" in page.content.decode()


def test_a_fault_of_the_request_goes_back_to_the_app_by_a_page(window):
    page = window.get(AUTHORIZE, **_asked(scope="openid profile"))
    assert parse_qs(urlsplit(_target(page)).query)["error"] == ["invalid_scope"]


def test_another_page_cannot_press_the_consent(window):
    page = window.get(AUTHORIZE, **_asked())
    sent = {"action": "grant", "scopes": "help", "request": page.context["form"]["request"].value()}
    assert window.client.post(AUTHORIZE, sent).status_code == 403
    assert window.client.post(AUTHORIZE, _asked()).status_code == 403


# --- who --------------------------------------------------------------------------------------------


def test_who_is_not_signed_in_signs_in_first(db):
    nobody = Browser(None)
    for where in (DEVICE, f"{AUTHORIZE}?{urlencode(_asked())}"):
        answer = nobody.client.get(where)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_a_site_operator_signs_no_app_in(app, db):
    operator = User.objects.create_superuser("op", "op@example.org", "a long enough password")
    window = Browser(operator)
    begun = _begin(app)
    for where, query in ((DEVICE, {"code": begun["user_code"]}), (AUTHORIZE, _asked())):
        assert window.get(where, **query)["Location"] == reverse("admin:index")
    assert find_person(token_for(operator)) is None


def test_an_app_of_a_person_who_is_disabled_is_out_at_once_and_for_good(
    app, signed_in, window, sam, ada
):
    begun = _begin(app)
    _confirm(window, begun)
    assert find_person(signed_in["access_token"]) == sam
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert find_person(signed_in["access_token"]) is None
    assert _refresh(app, signed_in["refresh_token"]).status_code == 400
    assert _poll(app, begun).json()["error"] == "access_denied"

    User.objects.filter(pk=sam.pk).update(is_active=True)
    assert find_person(signed_in["access_token"]) == sam
    disable_person(actor=ada, person=sam)
    User.objects.filter(pk=sam.pk).update(is_active=True)
    assert find_person(signed_in["access_token"]) is None
    assert _refresh(app, signed_in["refresh_token"]).status_code == 400


def test_only_the_apps_own_living_access_tokens_count(signed_in, sam):
    other = OAuthClient.objects.create(id="another", name="Another", secret="!")
    assert find_person(signed_in["refresh_token"]) is None
    assert find_person(token_for(sam, client_id=other.pk)) is None
    assert find_person(token_for(sam, scopes="openid")) is None
    assert find_person(token_for(sam, valid_for=0)) is None
    assert find_person("") is None
    assert find_person(token_for(sam)) == sam


# --- how it goes on and ends ------------------------------------------------------------------------


def test_an_access_token_is_short_lived_and_renewed_once(app, signed_in, sam):
    with time_machine.travel(now() + timedelta(seconds=601), tick=False):
        assert find_person(signed_in["access_token"]) is None
        renewed = _refresh(app, signed_in["refresh_token"])
        assert renewed.status_code == 200
        assert find_person(renewed.json()["access_token"]) == sam
        assert _refresh(app, signed_in["refresh_token"]).status_code == 400
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert _refresh(app, renewed.json()["refresh_token"]).status_code == 400
        assert forget_expired_tokens() == 3
    assert not Token.objects.exists()


@pytest.mark.parametrize("held", ["access_token", "refresh_token"])
def test_signing_out_ends_all_that_came_from_that_sign_in(app, window, signed_in, sam, held):
    begun = _begin(app)
    _confirm(window, begun)
    elsewhere = _poll(app, begun).json()
    renewed = _refresh(app, signed_in["refresh_token"]).json()

    answer = app.post(REVOKE, {"client_id": APP_CLIENT_ID, "token": renewed[held]})
    assert answer.status_code == 200
    assert find_person(signed_in["access_token"]) is None
    assert find_person(renewed["access_token"]) is None
    assert _refresh(app, renewed["refresh_token"]).status_code == 400
    assert find_person(elsewhere["access_token"]) == sam
    assert app.post(REVOKE, {"token": "nothing"}).status_code == 200
    assert find_person(elsewhere["access_token"]) == sam


def test_a_new_password_signs_the_apps_out(window, signed_in, sam):
    from allauth.account.adapter import get_adapter

    get_adapter().set_password(sam, "another long enough password")
    assert find_person(signed_in["access_token"]) is None
    assert not Token.objects.exists()


# --- the site ---------------------------------------------------------------------------------------


def test_the_app_is_there_after_migrations_and_is_put_right(db):
    client = OAuthClient.objects.get()
    assert (client.pk, client.type, client.skip_consent) == (APP_CLIENT_ID, "public", False)
    assert not client.check_secret("")
    OAuthClient.objects.update(skip_consent=True, redirect_uris="https://evil.example/")
    ensure_app_client()
    client.refresh_from_db()
    assert client.skip_consent is False
    assert "evil" not in client.redirect_uris
    OAuthClient.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert OAuthClient.objects.get().pk == APP_CLIENT_ID


def test_without_a_signing_key_the_app_is_not_offered(app, window, settings):
    settings.REMOTEHELP_DEVICE_APP = False
    for where in (
        DEVICE,
        AUTHORIZE,
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
    ):
        assert window.get(where).status_code == 404
    for where in (DEVICE_CODE, TOKEN, REVOKE):
        assert app.post(where).status_code == 404


def test_what_the_provider_could_do_besides_has_no_address(window):
    for where in ("userinfo", "clients", "introspect"):
        assert window.get(f"/identity/o/api/{where}").status_code == 404
    assert window.get("/identity/o/logout").status_code == 404


def test_a_token_for_another_server_is_refused_without_an_error(app):
    for resource in ("https://other.example/", "not an address", "https://x.example/../"):
        for where in (TOKEN, DEVICE_CODE):
            answer = app.post(where, {"client_id": APP_CLIENT_ID, "resource": resource})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")
