"""What holds for every view of the API: the audience, the one shape of refusal, strict input."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api_views import ProductView
from apps.tenants.models import User

# Of problem details (RFC 9457), and what our own callers read.
PROBLEM_DETAILS = {"type", "title", "status", "detail", "code", "message", "fields"}


class ForgottenView(APIView):
    def get(self, request):
        return Response({"secret": "for nobody"})


class ForgottenProductView(ProductView):
    def get(self, request):
        return Response({"secret": "for nobody"})


class ReportersView(ProductView):
    audience = "tenants.view_reports"

    def get(self, request):
        return Response({"seen_by": request.user.email})


class ThrowawayUrls:
    urlpatterns = [
        path("forgotten/", ForgottenView.as_view()),
        path("forgotten-product/", ForgottenProductView.as_view()),
        path("reporters/", ReportersView.as_view()),
    ]


@pytest.mark.parametrize("address", ["/forgotten/", "/forgotten-product/"])
def test_a_view_without_an_audience_is_refused_to_everybody(settings, client, ada, hanna, address):
    settings.ROOT_URLCONF = ThrowawayUrls
    operator = User.objects.create_superuser("op", "op@example.org", "a long enough password")

    assert client.get(address).status_code == 401
    for person in (hanna, ada, operator):
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == 403
        assert "secret" not in answer.json()


def test_a_view_for_a_permission_lets_in_who_holds_it_and_no_site_operator(
    settings, client, ada, hanna
):
    settings.ROOT_URLCONF = ThrowawayUrls
    operator = User.objects.create_superuser("op", "op@example.org", "a long enough password")

    client.force_login(ada)
    assert client.get("/reporters/").json() == {"seen_by": ada.email}
    for person in (hanna, operator):
        client.force_login(person)
        assert client.get("/reporters/").status_code == 403


def test_a_site_operator_in_a_tenant_has_no_powers_there(settings, client, ada):
    """house.md: a superuser has no product powers."""
    settings.ROOT_URLCONF = ThrowawayUrls
    ada.is_superuser = True
    ada.save()

    client.force_login(ada)
    assert client.get("/reporters/").status_code == 403


def test_nobody_is_told_to_sign_in(as_person):
    answer = as_person(None).get("me/")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"
    assert set(answer.json()) == PROBLEM_DETAILS


def test_a_disabled_person_is_nobody(as_person, hanna):
    program = as_person(hanna)
    assert program.get("me/").status_code == 200
    User.objects.filter(pk=hanna.pk).update(is_active=False)

    assert program.get("me/").status_code == 401


def test_a_site_operator_takes_part_in_nothing(as_person, db):
    operator = User.objects.create_superuser("op", "op@example.org", "a long enough password")

    answer = as_person(operator).post("sessions/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_post_without_the_csrf_token_is_refused(hanna):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(hanna)

    answer = strict.post("/api/v1/sessions/", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_an_unknown_address_is_not_found_in_the_one_shape(as_person, hanna):
    for address in ("nothing/", "sessions/not-an-id/", "sessions"):
        for answer in (as_person(hanna).get(address), as_person(hanna).post(address)):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert as_person(None).get("nothing/").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "code"),
        ({"code": ""}, "code"),
        ({"code": None}, "code"),
        ({"code": "2" * 41}, "code"),
        ({"code": "2\x002222222"}, "code"),
        ({"code": ["22222222"]}, "code"),
        ({"code": "22222222", "admin": True}, "admin"),
        ({"code": "22222222", "device": "laptop"}, "device"),
        ({"code": "22222222", "app_version": "newest"}, "app_version"),
        ({"code": "22222222", "app_version": "1" * 21}, "app_version"),
    ],
)
def test_input_of_another_shape_is_refused_with_the_field(as_person, sam, body, field):
    answer = as_person(sam).post("sessions/redeem/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["fields"]) == [field]


def test_a_body_of_no_use_is_refused_in_the_one_shape(as_person, hanna):
    program = as_person(hanna)
    for raw, kind, status in (
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('"text"', "application/json", 400),
        ("code=1", "application/x-www-form-urlencoded", 415),
        ("\xff\xfe", "application/json", 400),
        # Far deeper than any reader follows, letters that no answer could repeat, numbers that are none.
        ("[" * 30_000 + "]" * 30_000, "application/json", 400),
        ('{"code": "\\ud800"}', "application/json", 400),
        ('{"\\ud800": 1}', "application/json", 400),
        ('{"code": NaN}', "application/json", 400),
        ('{"code": "' + "2" * 70_000 + '"}', "application/json", 400),
    ):
        answer = program.client.post("/api/v1/sessions/redeem/", raw, content_type=kind)
        assert answer.status_code == status, raw
        assert set(answer.json()) == PROBLEM_DETAILS


def test_a_number_where_text_belongs_is_refused(as_person, ada, hanna):
    """The schema says text; a number is not taken for its digits."""
    for person, address, body in (
        (hanna, "sessions/redeem/", {"code": 222_222}),
        (ada, "administration/domains/", {"name": 2.5}),
        (ada, "directory/groups/", {"name": True}),
    ):
        answer = as_person(person).post(address, body)
        assert answer.status_code == 400, address
        assert list(answer.json()["fields"]) == list(body)


def test_fields_where_none_belong_are_refused(as_person, hanna, waiting):
    where = f"sessions/{waiting.session.pk}"
    for address in ("sessions/", f"{where}/leave/", f"{where}/new-code/"):
        answer = as_person(hanna).post(address, {"kind": "full_control"})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["kind"])


def test_a_step_needs_no_body(as_person, hanna, waiting):
    program = as_person(hanna)
    answer = program.client.generic("POST", f"/api/v1/sessions/{waiting.session.pk}/leave/")

    assert answer.status_code == 200


def test_a_method_that_is_not_there_is_refused_in_the_one_shape(as_person, hanna):
    answer = as_person(hanna).client.delete("/api/v1/sessions/")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_refusal_speaks_the_language_of_the_request(as_person, hanna):
    answer = as_person(hanna).client.get("/api/v1/nothing/", headers={"accept-language": "de"})

    assert answer["Content-Language"] == "de"
    assert json.loads(answer.content)["code"] == "not_found"
