"""The directory and the domains over the API: the same services, rules and walls as on the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail

from apps.devices.models import Device
from apps.tenants.models import DomainClaim, Group, User
from apps.tenants.services import claim_domain, grant_administration
from tests.dns_server import dns_server
from tests.factories import make_device, make_group, make_person


class Api:
    def __init__(self, client: Any) -> None:
        self.client = client

    def __call__(self, method: str, address: str, body: Any = None) -> Any:
        said = "" if body is None else json.dumps(body, default=str)
        return self.client.generic(
            method, f"/api/v1/{address}", said, content_type="application/json"
        )


@pytest.fixture
def api(client, ada) -> Api:
    client.force_login(ada)
    return Api(client)


def test_a_person_is_made_changed_disabled_and_enabled(api, contoso):
    new = {"email": "nora@contoso.example", "first_name": "Nora", "last_name": "New"}
    assert api("POST", "directory/people/", {**new, "email": "n@x.example"}).status_code == 400
    assert api("POST", "directory/people/", {**new, "is_staff": True}).status_code == 400
    made = api("POST", "directory/people/", new).json()
    where = f"directory/people/{made['id']}/"
    assert api("GET", where).json() == made
    changed = api("PUT", where, {**new, "job_title": "Clerk", "version": made["version"]})
    assert changed.json()["job_title"] == "Clerk"
    again = api("PUT", where, {**new, "version": made["version"]})
    assert (again.status_code, again.json()["code"]) == (409, "changed_meanwhile")
    for _time in range(2):  # the same again is the same
        assert api("POST", f"{where}disable/").json()["is_active"] is False
    assert api("POST", f"{where}mail-link/").status_code == 403
    assert api("POST", f"{where}enable/").json()["is_active"] is True
    assert api("POST", f"{where}mail-link/").status_code == 204
    assert mail.outbox[0].to == ["nora@contoso.example"]


def test_lists_narrow_and_page(api, contoso, sam, magnus, fabrikam):
    for number in range(55):
        make_person(contoso, f"P{number}", "Many", has_seat=False)
    first = api("GET", "directory/people/?q=many").json()
    assert len(first["people"]) == 50
    rest = api("GET", f"directory/people/?q=many&cursor={first['next_cursor']}").json()
    assert (len(rest["people"]), rest["next_cursor"]) == (5, "")
    assert not api("GET", "directory/people/?q=magnus").json()["people"]
    theirs = make_group(fabrikam, "Theirs", [magnus])
    assert not api("GET", f"directory/people/?group={theirs.pk}").json()["people"]
    assert api("GET", "directory/people/?seat=perhaps").status_code == 400
    assert len(api("GET", "directory/people/?seat=yes").json()["people"]) == 2


def test_a_group_is_made_filled_looked_at_and_deleted(api, contoso, sam, sams_laptop, magnus):
    made = api("POST", "directory/groups/", {"name": "Desk"}).json()
    where = f"directory/groups/{made['id']}/"
    looked = api("POST", f"{where}people/preview/", {"add": [sam.pk]})
    assert looked.status_code == 200
    assert not Group.objects.get(pk=made["id"]).people.exists()
    assert api("POST", f"{where}people/", {"add": [sam.pk]}).json()["number_of_people"] == 1
    assert api("POST", f"{where}people/", {"add": [sam.pk]}).json()["number_of_people"] == 1
    assert api("POST", f"{where}people/", {"add": [magnus.pk]}).status_code == 404
    assert [p["email"] for p in api("GET", f"{where}people/").json()["people"]] == [sam.email]
    assert api("POST", f"{where}devices/", {"add": [sams_laptop.pk]}).status_code == 200
    foreign = make_device(magnus.tenant)
    assert api("POST", f"{where}devices/", {"add": [foreign.pk]}).status_code == 404
    (device,) = api("GET", f"{where}devices/").json()["devices"]
    assert device["owner"] == str(sam.pk)
    assert api("PUT", where, {"name": "EVERYONE"}).json()["fields"].keys() == {"name"}
    assert api("GET", f"{where}uses/").json()["admin_group_of"] == []
    assert api("GET", f"{where}removal-preview/").status_code == 200
    assert api("DELETE", where).status_code == 204
    assert api("GET", where).status_code == 404
    assert Device.objects.filter(pk=sams_laptop.pk).exists()


def test_an_import_is_sent_looked_at_and_applied(api, contoso):
    file = "email,last_name,groups\nn@contoso.example,N,New group\nx@fabrikam.example,X,\n"
    assert api("POST", "directory/imports/", {"csv": "nothing"}).status_code == 400
    assert api("POST", "directory/imports/", {"csv": "a" * (11 * 1024 * 1024)}).status_code == 400
    made = api("POST", "directory/imports/", {"csv": file, "makes_groups": True}).json()
    assert (made["state"], made["people_created"], made["rows_faulty"]) == ("checked", 1, 1)
    assert made["faults"][0]["number"] == 3
    where = f"directory/imports/{made['id']}/"
    refused = api("POST", f"{where}apply/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "import_faulty")
    assert not User.objects.filter(email="n@contoso.example").exists()
    done = api("POST", f"{where}apply/", {"valid_rows_only": True}).json()
    assert done["state"] == "done"
    assert User.objects.filter(email="n@contoso.example").exists()
    assert api("GET", where).json() == done
    assert api("DELETE", where).status_code == 204


def test_a_domain_is_claimed_proved_and_given_up(api, ada, contoso, mallory, fabrikam, settings):
    with dns_server() as server:
        settings.REMOTEHELP_DNS_SERVERS = [server.address]
        made = api("POST", "administration/domains/", {"name": "contoso.org"}).json()
        where = f"administration/domains/waiting/{made['id']}/"
        assert api("POST", f"{where}check/").json()["code"] == "record_not_found"
        assert api("POST", f"{where}check/").json()["code"] == "too_soon"
        server.texts[made["record_name"]] = [made["record_value"]]
        DomainClaim.objects.update(checked_at=None)
        assert api("POST", f"{where}check/").json()["name"] == "contoso.org"
    assert [d["name"] for d in api("GET", "administration/domains/").json()["verified"]] == [
        "contoso.example",
        "contoso.org",
    ]
    verified = "administration/domains/verified/"
    assert api("POST", f"{verified}contoso.org/primary/").json()["is_primary"] is True
    assert api("DELETE", f"{verified}contoso.org/").status_code == 409
    assert api("DELETE", f"{verified}fabrikam.example/").status_code == 404
    grant_administration(actor=None, person=mallory)
    theirs = claim_domain(actor=mallory, tenant=fabrikam, name="x.example")
    assert api("GET", f"administration/domains/waiting/{theirs.pk}/").status_code == 404
    assert api("DELETE", f"administration/domains/waiting/{theirs.pk}/").status_code == 404
