"""Licences over HTTP: the same rules as the pages, writes that can be sent twice, and nothing of another tenant."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.common.clock import now
from apps.licenses.models import License, LicenseState, Product, Terms
from apps.licenses.selectors import seats_taken
from apps.tenants.models import AuditEntry
from tests.factories import make_group, make_license, make_person

LICENSES = "/api/v1/licenses/"
LACKING = "/api/v1/people-without-license/"


class Api:
    def __init__(self, person: Any) -> None:
        self._client = Client()
        self._client.force_login(person)

    def __call__(self, method: str, url: str, body: Any = None, status: int = 200) -> Any:
        said = "" if body is None else json.dumps(body, default=str)
        answer = self._client.generic(method, url, said, content_type="application/json")
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture
def api(ada):
    return Api(ada)


def at(license_: License, step: str = "") -> str:
    return f"{LICENSES}{license_.pk}/{step}"


def new(**changes: Any) -> dict[str, Any]:
    return {"product": "remote_help", "quantity": 5, **changes}


def test_a_licence_is_ordered_read_changed_and_cancelled(api, contoso, settings):
    made = api("POST", LICENSES, new(), 201)
    assert (made["state"], made["terms"], made["seats_free"]) == ("pending", "bought", 5)
    url = f"{LICENSES}{made['id']}/"
    assert api("GET", url) == made
    until = now() + timedelta(days=100)
    changed = api(
        "PUT", url, {"quantity": 6, "ends_at": until.isoformat(), "version": made["version"]}
    )
    assert changed["quantity"] == 6
    # The same again changes nothing, and what was seen before is a conflict.
    number = AuditEntry.objects.count()
    assert api("PUT", url, {"quantity": 6, "ends_at": changed["ends_at"]}) == changed
    assert AuditEntry.objects.count() == number
    said = api("PUT", url, {"quantity": 7, "ends_at": None, "version": made["version"]}, status=409)
    assert said["code"] == "changed_meanwhile"
    for _ in range(2):
        cancelled = api("POST", f"{url}cancel/")
        assert cancelled["state"] == "cancelled"
    assert AuditEntry.objects.count() == number + 1
    assert api("PUT", url, {"quantity": 8, "ends_at": None}, 409)["code"] == "license_cancelled"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -5}, "quantity"),
        ({"quantity": 2**40}, "quantity"),
        ({"quantity": "some"}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"product": "everything"}, "product"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": "9999-12-31T23:59:59Z"}, "ends_at"),
        ({"starts_at": "9999-12-31T23:59:59Z"}, "starts_at"),
        ({"seats_of": str(uuid.uuid4())}, "seats_of"),
        ({"tenant": str(uuid.uuid4())}, "tenant"),
        ({"cancelled_at": None}, "cancelled_at"),
    ],
)
def test_an_order_that_cannot_be_says_which_field(api, contoso, changes, field):
    number = License.objects.count()
    said = api("POST", LICENSES, new(**changes), 400)
    assert field in said["fields"]
    assert said["message"]
    assert License.objects.count() == number


def test_the_end_before_the_start_is_refused(api, contoso):
    start, end = now() + timedelta(days=5), now() + timedelta(days=4)
    said = api("POST", LICENSES, new(starts_at=start.isoformat(), ends_at=end.isoformat()), 400)
    assert "before it is active" in said["fields"]["ends_at"]


def test_a_second_trial_is_refused(api, contoso):
    made = api("POST", LICENSES, new(terms="trial"), 201)
    assert made["ends_at"] is not None
    assert api("POST", LICENSES, new(terms="trial"), 409)["code"] == "trial_used"
    assert License.objects.filter(tenant=contoso, terms=Terms.TRIAL).count() == 1


def test_the_list_is_narrowed_and_paged_by_key(api, contoso, fabrikam, clock):
    for _ in range(5):
        clock.shift(timedelta(seconds=1))
        make_license(contoso, delay=timedelta(days=1))
    first = api("GET", f"{LICENSES}?state=pending&limit=3")
    rest = api("GET", f"{LICENSES}?state=pending&limit=3&cursor={first['next_cursor']}")
    ids = [one["id"] for one in first["licenses"] + rest["licenses"]]
    assert len(ids) == len(set(ids)) == 5
    assert rest["next_cursor"] == ""
    assert len(api("GET", f"{LICENSES}?product=device_management")["licenses"]) == 1
    assert len(api("GET", LICENSES)["licenses"]) == 7
    assert "state" in api("GET", f"{LICENSES}?state=stolen", status=400)["fields"]
    assert api("GET", f"{LICENSES}?cursor=zzz", status=400)["code"] == "bad_cursor"


def test_seats_are_given_and_taken_and_twice_is_once(api, contoso, sam, wilma):
    license_ = make_license(contoso, quantity=2)
    crew = make_group(contoso, "Crew", people=[wilma])
    person, group = at(license_, f"people/{sam.pk}/"), at(license_, f"groups/{crew.pk}/")
    seat = api("PUT", person)
    assert seat["person"] == {"id": str(sam.pk), "name": "Sam Sharer"}
    assert seat["group"] is None
    number = AuditEntry.objects.count()
    assert api("PUT", person) == seat
    assert AuditEntry.objects.count() == number
    assert api("PUT", group)["group"]["name"] == "Crew"
    full = api("PUT", at(license_, f"people/{make_person(contoso).pk}/"), status=409)
    assert full["code"] == "no_seat_left"
    assert "3 people would need one" in full["message"]
    read = api("GET", at(license_))
    assert (read["seats_taken"], read["seats_free"]) == (2, 0)
    names = [
        (one["person"] or one["group"])["name"]
        for one in api("GET", at(license_, "seats/"))["seats"]
    ]
    assert names == ["Crew", "Sam Sharer"]
    assert len(api("GET", at(license_, "seats/?search=sam"))["seats"]) == 1
    for url in (person, person, group, group):
        api("DELETE", url, status=204)
    assert not license_.seats.exists()


def test_many_seats_at_once_are_all_or_none(api, contoso, sam, wilma, magnus):
    license_ = make_license(contoso, quantity=2)
    other = make_person(contoso)
    body = {"people": [sam.pk, wilma.pk, other.pk]}
    assert api("POST", at(license_, "seats/"), body, 409)["code"] == "no_seat_left"
    assert not license_.seats.exists()
    for wrong in (magnus.pk, uuid.uuid4()):
        said = api("POST", at(license_, "seats/"), {"people": [sam.pk, wrong]}, 400)
        assert set(said["fields"]) == {"people"}
    said = api("POST", at(license_, "seats/"), {"groups": [make_group(magnus.tenant).pk]}, 400)
    assert set(said["fields"]) == {"groups"}
    assert not license_.seats.exists()
    made = api("POST", at(license_, "seats/"), {"people": [sam.pk, sam.pk, wilma.pk]})
    assert len(made["seats"]) == 2
    assert made["license"]["seats_free"] == 0
    assert api("POST", at(license_, "seats/"), {"people": [sam.pk]})["seats"] == []


def test_what_is_anothers_does_not_exist(api, contoso, fabrikam, sam, magnus):
    """T3: like what is nobody's."""
    theirs = License.objects.get(tenant=fabrikam, product=Product.REMOTE_HELP)
    seat = theirs.seats.get()
    ours = make_license(contoso)
    before = list(License.objects.order_by("pk").values())
    for license_id in (theirs.pk, uuid.uuid4()):
        where = f"{LICENSES}{license_id}/"
        said = [
            api("GET", where, status=404),
            api("PUT", where, {"quantity": 1, "ends_at": None}, 404),
            api("POST", f"{where}cancel/", status=404),
            api("GET", f"{where}cancellation-preview/", status=404),
            api("GET", f"{where}seats/", status=404),
            api("POST", f"{where}seats/", {}, 404),
            api("PUT", f"{where}people/{sam.pk}/", status=404),
            api("DELETE", f"{where}people/{sam.pk}/", status=404),
            api("GET", f"{where}seats/{seat.pk}/removal-preview/", status=404),
        ]
        assert {one["code"] for one in said} == {"not_found"}
    for step in (f"people/{magnus.pk}/", f"groups/{make_group(fabrikam).pk}/"):
        api("PUT", at(ours, step), status=404)
        api("DELETE", at(ours, step), status=404)
    api("GET", at(ours, f"seats/{seat.pk}/removal-preview/"), status=404)
    assert api("POST", LICENSES, new(seats_of=str(theirs.pk)), 400)["fields"]["seats_of"]
    assert list(License.objects.order_by("pk").values()) == before
    assert theirs.seats.count() == 1


def test_previews_say_who_loses_what_and_change_nothing(api, contoso, hanna, sam):
    license_ = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    shown = api("GET", at(license_, "cancellation-preview/"))
    assert {(one["action"], one["is_gain"]) for one in shown["differences"]} == {
        ("view_screen", False),
        ("full_control", False),
        ("elevation", False),
    }
    assert shown["differences"][0]["helpers"][0]["name"] == "Hanna Helper"
    assert not shown["is_in_effect"]
    license_.refresh_from_db()
    assert license_.state == LicenseState.ACTIVE
    seat = license_.seats.get()
    shown = api("GET", at(license_, f"seats/{seat.pk}/removal-preview/"))
    assert shown["differences"][0]["people"] == ["Sam Sharer"]
    assert license_.seats.count() == 1


def test_who_lacks_one_is_listed(api, contoso, magnus):
    license_ = make_license(contoso, delay=timedelta(hours=1))
    lost, soon = (make_person(contoso, name, name, has_seat=False) for name in ("Lars", "Sonja"))
    api("PUT", at(license_, f"people/{soon.pk}/"))
    people = api("GET", LACKING)["people"]
    assert [(one["id"], one["is_seat_coming"]) for one in people] == [
        (str(lost.pk), False),
        (str(soon.pk), True),
    ]
    assert len(api("GET", f"{LACKING}?is_seat_coming=true")["people"]) == 1
    first = api("GET", f"{LACKING}?limit=1")
    assert len(api("GET", f"{LACKING}?cursor={first['next_cursor']}")["people"]) == 1
    assert [one["name"] for one in api("GET", f"{LACKING}?search=lars")["people"]] == ["Lars Lars"]


def test_the_number_never_falls_below_what_is_taken(api, contoso, sam, wilma):
    license_ = make_license(contoso, quantity=5)
    for person in (sam, wilma):
        api("PUT", at(license_, f"people/{person.pk}/"))
    said = api("PUT", at(license_), {"quantity": 1, "ends_at": None}, 400)
    assert "2 people would need one" in said["fields"]["quantity"]
    assert api("PUT", at(license_), {"quantity": 2, "ends_at": None})["seats_free"] == 0
    assert seats_taken(license_) == 2
