"""A device proves what it is with each call that names one; whatever is wrong with the proof, the answer is one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from apps.common.clock import now
from apps.devices.models import Device, SpentProof
from apps.devices.services import forget_spent_proofs
from tests.device_app import API, DeviceApp, b64
from tests.factories import make_device

REPORT = API + "devices/report/"
BODY = {"app_version": "1.4.1", "system_version": "12.6", "facts": {}}
DATA = json.dumps(BODY).encode()


@pytest.fixture
def app(sam, sams_laptop):
    return DeviceApp(sam, sams_laptop)


@pytest.fixture
def refused(app):
    """Report with that proof: refused, and nothing of the device has changed."""

    def report(proof, code="device_not_proved"):
        before = Device.objects.values().get(pk=app.device_id)
        answer = app.post("devices/report/", BODY, proof=proof)
        assert (answer.status_code, answer.json()["code"]) == (403, code)
        assert Device.objects.values().get(pk=app.device_id) == before
        return answer

    return report


def test_a_proof_is_good_for_one_call(app, refused):
    proof = app.sign(app.claims("POST", REPORT, DATA))
    assert app.post("devices/report/", BODY, proof=proof).status_code == 200
    refused(proof)


@pytest.mark.parametrize(
    "other",
    [
        {"htm": "GET"},
        {"htu": API + "sessions/redeem/"},
        {"bod": b64(b"another body")},
        {"ath": b64(b"another token")},
        {"ath": None},
        {"jti": "short"},
        {"jti": "x" * 65},
        {"jti": 1},
        {"iat": "now"},
        {"iat": 1.5},
        {"iat": True},
        {"iat": -1},
        {"iat": 10**30},
        {"sub": "not an id"},
        {"sub": None},
    ],
    ids=str,
)
def test_a_proof_about_something_else_is_refused(app, refused, other):
    refused(app.sign(app.claims("POST", REPORT, DATA, **other)))
    assert app.report().status_code == 200


def test_a_proof_by_another_key_is_refused(app, refused, sam):
    thief = DeviceApp(sam)
    thief.device_id, thief.token = app.device_id, app.token
    refused(thief.sign(thief.claims("POST", REPORT, DATA)))


def test_a_proof_of_another_kind_is_refused(app, refused):
    claims = app.claims("POST", REPORT, DATA)
    for header in ({"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"crit": ["b64"]}):
        refused(app.sign(claims, **header))
    good = app.sign(claims)
    head, payload, signature = good.split(".")
    for bad in (
        "",
        "...",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature}=",
        f"{head}.{payload}.{signature[:-2]}",
        f"{head}.{b64(b'[]')}.{signature}",
        f"{head}.{b64(b'{')}.{signature}",
        f"{head}.{b64(b'[' * 1400)}.{signature}",
        "a" * 5000,
    ):
        if bad:
            refused(bad)
    assert app.post("devices/report/", BODY, proof=good).status_code == 200


def test_no_proof_proves_nothing(app, refused):
    refused(None)


def test_a_browser_proves_no_device_whatever_it_sends(app, sam):
    browser = Client()
    browser.force_login(sam)
    answer = browser.post(
        REPORT,
        DATA,
        content_type="application/json",
        headers={"Device-Proof": app.sign(app.claims("POST", REPORT, DATA))},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_proved")


def test_a_device_that_is_not_there_of_another_tenant_or_without_a_key_is_not_told_apart(
    app, refused, mallory, fabrikam, contoso, sam
):
    """T3."""
    theirs = DeviceApp(mallory, make_device(fabrikam, owner=mallory))
    ours = make_device(contoso, owner=sam)
    answers = set()
    for pk in (theirs.device_id, str(ours.pk), "00000000-0000-7000-8000-000000000000"):
        proof = app.sign(app.claims("POST", REPORT, DATA, sub=pk))
        answers.add(refused(proof).content)
    foreign = DeviceApp(sam)
    foreign.key, foreign.device_id = theirs.key, theirs.device_id
    answers.add(foreign.report().content)
    assert len(answers) == 1


def test_a_clock_that_is_wrong_is_told_the_time(app, refused, settings):
    """Both sides of the limit, slow and fast; with the difference reckoned in, the app goes on."""
    limit = int(settings.REMOTEHELP_PROOF_VALID_FOR.total_seconds())
    with time_machine.travel(now().replace(microsecond=0), tick=False):
        at = int(now().timestamp())
        for wrong in (at - limit - 1, at + limit + 1):
            proof = app.sign(app.claims("POST", REPORT, DATA, iat=wrong))
            answer = refused(proof, "clock_skew")
            assert answer.json()["server_time"] == at
        for bearable in (at - limit, at + limit):
            assert (
                app.post(
                    "devices/report/",
                    BODY,
                    proof=app.sign(app.claims("POST", REPORT, DATA, iat=bearable)),
                ).status_code
                == 200
            )


def test_a_spent_proof_is_kept_for_as_long_as_it_could_be_used_again(app, refused, settings):
    """Also one that was made by a clock that runs ahead."""
    valid_for = settings.REMOTEHELP_PROOF_VALID_FOR
    with time_machine.travel(now().replace(microsecond=0), tick=False) as clock:
        ahead = int((now() + valid_for).timestamp())
        proof = app.sign(app.claims("POST", REPORT, DATA, iat=ahead))
        assert app.post("devices/report/", BODY, proof=proof).status_code == 200
        clock.shift(2 * valid_for - timedelta(seconds=1))
        forget_spent_proofs()
        refused(proof)
        clock.shift(2 * valid_for)
        assert forget_spent_proofs() == 1
        refused(proof, "clock_skew")
    assert not SpentProof.objects.exists()
