"""A program with client credentials: how it signs in, what it reaches, and how each door refuses it."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Token
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from apps.common.clock import now
from apps.tenants import services
from apps.tenants.app_access import APP_CLIENT_ID
from apps.tenants.models import ApiClient, AuditEntry, User
from apps.tenants.rights import RIGHTS
from tests.api.conftest import Program
from tests.doors.table import DOORS
from tests.factories import make_assignment, make_device

TOKEN = "/identity/o/api/token"
DEVICES, ROLES, SETTINGS = (
    f"tenants.{name}" for name in ("manage_devices", "manage_roles", "manage_settings")
)


def make(actor, *scopes, days=30):
    return services.create_api_client(
        actor=actor,
        name="Nightly",
        scopes=scopes or [DEVICES],
        expires_at=now() + timedelta(days=days),
    )


class Robot:
    """A program that keeps no cookies; CSRF as strict as outside."""

    def __init__(self, issued, **asked):
        self.issued = issued
        self.client = Client(enforce_csrf_checks=True)
        self.token = ""
        self.sign_in(**asked)

    def ask_for_token(self, *, by_post=False, secret=None, **asked):
        pair = (self.issued.client_id, secret or self.issued.secret)
        body = {"grant_type": "client_credentials"} | asked
        headers = {}
        if by_post:
            body |= {"client_id": pair[0], "client_secret": pair[1]}
        else:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(pair).encode()).decode()
        return self.client.post(
            TOKEN,
            urlencode(body),
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )

    def sign_in(self, **asked):
        answer = self.ask_for_token(**asked)
        assert answer.status_code == 200, answer.content
        self.token = answer.json()["access_token"]
        return answer.json()

    def ask(self, method, address, body=None):
        return self.client.generic(
            method,
            address if address.startswith("/") else f"/api/v1/{address}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )


def confirmed(program):
    """As after the page that asks for the password again."""
    session = program.client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session.save()
    return program


@pytest.mark.parametrize("by_post", [False, True], ids=["basic", "post"])
def test_a_program_signs_in_by_its_secret_and_does_what_its_scopes_say(ada, contoso, by_post):
    robot = Robot(make(ada, SETTINGS), by_post=by_post)
    answer = robot.ask("PUT", "administration/settings/", {"is_chat_enabled": False})
    assert (answer.status_code, answer.json()["is_chat_enabled"]) == (200, False)
    contoso.refresh_from_db()
    assert contoso.is_chat_enabled is False
    entry = AuditEntry.objects.latest("number")
    assert (entry.origin, entry.facts["client"]) == ("client", "Nightly")
    assert robot.ask("GET", "roles/").status_code == 403


def test_its_token_is_short_and_renewed_by_the_secret_alone(ada):
    robot = Robot(make(ada))
    issued = robot.sign_in()
    assert set(issued) == {"access_token", "expires_in", "token_type", "scope"}
    assert issued["expires_in"] <= 600


def test_it_may_ask_for_less_and_not_for_more(ada):
    robot = Robot(make(ada, DEVICES, ROLES), scope=ROLES)
    assert robot.ask("GET", "roles/").status_code == 200
    assert robot.ask("GET", "devices/enrolment-tokens/").status_code == 403
    for scope in (SETTINGS, f"{ROLES} {SETTINGS}", "help", "openid"):
        answer = robot.ask_for_token(scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_wrong_secret_opens_nothing_and_tells_nothing(ada):
    issued = make(ada)
    robot = Robot(issued)
    expired = make_expired(ada)
    before = Token.objects.count()
    answers = [
        robot.ask_for_token(secret="rhc_wrong"),
        robot.ask_for_token(secret="!"),
        Robot.ask_for_token(expired),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert Token.objects.count() == before


def make_expired(ada):
    issued = services.create_api_client(
        actor=ada, name="Old", scopes=[DEVICES], expires_at=now() + timedelta(days=1)
    )
    robot = Robot(issued)
    ApiClient.objects.filter(pk=issued.client.pk).update(expires_at=now() - timedelta(seconds=1))
    return robot


def test_trying_secrets_is_limited(ada):
    robot = Robot(make(ada))
    answers = [robot.ask_for_token(secret="rhc_wrong").status_code for _ in range(61)]
    assert answers[0] == 401
    assert answers[-1] == 429


def _expire(client, ada):
    ApiClient.objects.filter(pk=client.pk).update(expires_at=now())


def _revoke(client, ada):
    services.revoke_api_client(actor=ada, client=client)


def _rotate(client, ada):
    services.rotate_api_client(actor=ada, client=client)


def _disable_maker(client, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)


def _move_maker(client, ada):
    User.objects.filter(pk=ada.pk).update(tenant=None)


def _promote_maker(client, ada):
    User.objects.filter(pk=ada.pk).update(is_superuser=True)


def _delete_maker(client, ada):
    User.objects.filter(pk=ada.pk).delete()


@pytest.mark.parametrize(
    "step",
    [_expire, _revoke, _rotate, _disable_maker, _move_maker, _promote_maker, _delete_maker],
    ids=lambda step: step.__name__,
)
def test_it_is_out_with_the_next_request(ada, step):
    issued = make(ada)
    robot = Robot(issued)
    assert robot.ask("GET", "devices/enrolment-tokens/").status_code == 200
    step(issued.client, ada)
    answer = robot.ask("GET", "devices/enrolment-tokens/")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_ended")
    assert robot.ask_for_token().status_code == 401


def test_a_right_that_its_maker_loses_is_gone_with_the_next_request(ada):
    robot = Robot(make(ada, DEVICES, SETTINGS))
    services.revoke_administration(actor=None, person=ada, permissions=[DEVICES])
    assert robot.ask("GET", "devices/enrolment-tokens/").status_code == 403
    assert robot.ask("GET", "administration/settings/").status_code == 200


def test_its_use_is_noted_to_the_minute(ada, clock):
    issued = make(ada)
    robot = Robot(issued)

    def used():
        issued.client.refresh_from_db()
        return issued.client.last_used_at

    assert used() is None
    robot.ask("GET", "devices/enrolment-tokens/")
    first = used()
    assert first == now()
    clock.shift(timedelta(seconds=30))
    robot.ask("GET", "devices/enrolment-tokens/")
    assert used() == first
    clock.shift(timedelta(seconds=31))
    robot.ask("GET", "devices/enrolment-tokens/")
    assert used() == now()


def test_another_tenants_things_do_not_exist_for_it(ada, fabrikam, magnus, mallory):
    robot = Robot(make(ada, *RIGHTS))
    theirs = make_assignment(mallory)
    for address in (
        f"role-assignments/{theirs.pk}/",
        f"administration/administrators/{magnus.pk}/",
    ):
        assert robot.ask("GET", address).status_code == 404
    device = make_device(fabrikam)
    listed = robot.ask("GET", "roles/").content.decode()
    assert str(device.pk) not in listed


# --- whatever its scopes --------------------------------------------------------------------------

OF_PEOPLE = sorted(
    {
        (door.method, door.name)
        for door in DOORS
        if door.is_api and door.answers[1] != 403  # Sam, who administers nothing, comes in
    }
)


@pytest.mark.parametrize(("method", "name"), OF_PEOPLE, ids=str)
def test_what_people_do_no_program_does(ada, sam, method, name):
    """Sessions, devices' own calls, one's own profile: whoever does that is a person."""
    robot = Robot(make(ada, *RIGHTS))
    try:
        where = reverse(name)
    except NoReverseMatch:
        where = reverse(name, args=(sam.pk,))
    assert robot.ask(method, where, {}).status_code == 403


def test_with_every_scope_it_is_refused_what_takes_a_person(ada, sam):
    issued = make(ada, *RIGHTS)
    robot = Robot(issued)
    own = f"administration/api-clients/{issued.client.pk}"
    at = (now() + timedelta(days=3)).isoformat()
    before = AuditEntry.objects.count()
    for method, address, body in (
        ("PUT", f"administration/administrators/{sam.pk}/", {"rights": [DEVICES]}),
        ("PUT", f"administration/administrators/{ada.pk}/", {"rights": []}),
        (
            "POST",
            "administration/api-clients/",
            {"name": "N", "scopes": [DEVICES], "expires_at": at},
        ),
        ("POST", f"{own}/rotate/", {"expires_at": at}),
        ("POST", f"{own}/revoke/", {}),
        ("POST", "devices/enrolment-tokens/", {"name": "T", "expires_at": at}),
    ):
        answer = robot.ask(method, address, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_for_clients"), address
    assert AuditEntry.objects.count() == before
    assert ApiClient.objects.get().revoked_at is None


def test_its_token_opens_no_page_and_no_other_door(ada):
    robot = Robot(make(ada, *RIGHTS))
    for name in ("home", "administration:api_clients", "tenants:profile", "admin:index"):
        answer = robot.ask("GET", reverse(name))
        assert answer.status_code == 302, name
    other = {"client_id": robot.issued.client_id, "client_secret": robot.issued.secret}
    form = "application/x-www-form-urlencoded"
    asked = urlencode(other | {"scope": DEVICES})
    answer = robot.client.post("/identity/o/api/device/code", asked, content_type=form)
    assert answer.status_code in (400, 401)
    for grant in ("refresh_token", "authorization_code", "password"):
        body = urlencode(other | {"grant_type": grant, "code": "x", "refresh_token": "x"})
        assert robot.client.post(TOKEN, body, content_type=form).status_code in (400, 401)
    as_app = {"client_id": APP_CLIENT_ID, "client_secret": "!", "grant_type": "client_credentials"}
    answer = robot.client.post(TOKEN, urlencode(as_app), content_type=form)
    assert answer.status_code in (400, 401)


# --- made over the API ----------------------------------------------------------------------------


def test_an_administrator_makes_one_after_confirming_who_they_are(ada):
    body = {
        "name": "Nightly",
        "scopes": [DEVICES],
        "expires_at": (now() + timedelta(days=3)).isoformat(),
    }
    program = Program(ada)
    refused = program.post("administration/api-clients/", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "confirm_yourself")
    assert not ApiClient.objects.exists()

    confirmed(program)
    made = program.post("administration/api-clients/", body)
    assert made.status_code == 201
    secret, shown = made.json()["secret"], made.json()["client"]
    listed = program.get("administration/api-clients/")
    assert listed.json() == {"api_clients": [shown], "next_cursor": ""}
    assert secret not in listed.content.decode()
    where = f"administration/api-clients/{shown['id']}/"
    assert program.get(where).json() == shown

    again = program.post(f"{where}rotate/", {}).json()
    assert again["secret"] != secret
    assert again["client"]["expires_at"] == shown["expires_at"]
    revoked = program.post(f"{where}revoke/").json()
    assert revoked["revoked_at"]
    assert program.post(f"{where}revoke/").json() == revoked
    stopped = program.post(f"{where}rotate/", {})
    assert (stopped.status_code, stopped.json()["code"]) == (409, "client_stopped")
