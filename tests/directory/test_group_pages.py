"""The pages of groups and their members, walked as whoever keeps the directory would."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import now
from apps.devices.models import DeviceReport, Policy, PolicyResult
from apps.licenses.services import assign_seat
from apps.roles.models import RoleAssignment
from apps.sessions.states import State
from apps.tenants.models import AuditEntry, Group
from apps.tenants.services import change_settings
from tests.factories import make_device, make_group, make_license, make_person

GROUPS = "/administration/groups/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def helpers(hanna) -> Group:
    """The admin group through which Hanna is a helper of Sam."""
    return Group.objects.get(people=hanna, assignments_as_admin__isnull=False)


def test_the_list_counts_members_narrows_and_costs_the_same(page, contoso, fabrikam, sam):
    make_group(fabrikam, "Theirs")
    mixed = make_group(contoso, "Mixed", [sam])
    mixed.devices.add(make_device(contoso), make_device(contoso))
    make_group(contoso, "Nothing at all")
    shown = text_of(page.get(GROUPS, {"q": "mixed"}))
    assert re.search(r">1<span[^>]*> Mixed</span>", shown)
    assert re.search(r">2<span[^>]*> Mixed</span>", shown)
    assert "Theirs" not in text_of(page.get(GROUPS))
    assert "Nothing at all" in text_of(page.get(GROUPS, {"holds": "nothing"}))
    assert "Nothing at all" not in text_of(page.get(GROUPS, {"holds": "people"}))

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(address).status_code == 200
        return len(captured)

    addresses = [GROUPS, *(f"{GROUPS}{mixed.pk}/{tab}" for tab in ("", "people/", "devices/add/"))]
    before = [queries(address) for address in addresses]
    for _number in range(5):
        person = make_person(contoso)
        group = make_group(contoso, people=[person])
        mixed.people.add(person)
        group.devices.add(make_device(contoso, owner=person))
    assert [queries(address) for address in addresses] == before
    assert max(before) <= 18, before


def test_a_group_is_made_renamed_and_looked_at(page, contoso):
    assert page.post(f"{GROUPS}new/", {"name": "everyone"}).status_code == 400
    where = page.post(f"{GROUPS}new/", {"name": "Desk", "description": "Berlin"})["Location"]
    shown = text_of(page.get(where))
    assert "Nothing yet" in shown
    assert "Nobody is in this group yet" in text_of(page.get(f"{where}people/"))
    assert page.post(f"{where}change/", {"name": "Service desk"})["Location"] == where
    assert "Service desk" in text_of(page.get(where))


def test_people_are_added_after_a_look_at_what_it_opens(page, helpers, wilma, sam):
    candidates = text_of(page.get(f"{GROUPS}{helpers.pk}/people/add/"))
    assert "Warehouse" in candidates
    assert "Helper" not in re.sub(r"<title>.*?</title>", "", candidates).split("<tbody>")[1]
    chosen = {"act": "add", "ids": [str(wilma.pk)]}
    look = text_of(page.post(f"{GROUPS}{helpers.pk}/people/change/", chosen))
    assert "Wilma Warehouse (1/0)" in look
    assert "Sam Sharer" in look
    assert not helpers.people.filter(pk=wilma.pk).exists()
    done = page.post(f"{GROUPS}{helpers.pk}/people/change/", {**chosen, "confirmed": "1"})
    assert done["Location"] == f"{GROUPS}{helpers.pk}/people/"
    assert helpers.people.filter(pk=wilma.pk).exists()


def test_people_are_taken_out_after_a_look_and_their_sessions_end(
    page, helpers, hanna, active, django_capture_on_commit_callbacks
):
    chosen = {"act": "remove", "ids": [str(hanna.pk)]}
    look = text_of(page.post(f"{GROUPS}{helpers.pk}/people/change/", chosen))
    assert 'data-action="full_control"' in look
    assert "Lost" in look
    with django_capture_on_commit_callbacks(execute=True):
        page.post(f"{GROUPS}{helpers.pk}/people/change/", {**chosen, "confirmed": "1"})
    active.refresh_from_db()
    assert active.state == State.ENDED


def test_more_members_than_seats_are_refused_before_the_button(page, contoso, sam, wilma):
    group = make_group(contoso, "Two seats", [sam])
    assign_seat(actor=None, license_=make_license(contoso, quantity=1), group=group)
    chosen = {"act": "add", "ids": [str(wilma.pk)]}
    look = page.post(f"{GROUPS}{group.pk}/people/change/", chosen)
    assert look.status_code == 409
    assert "has 1 seats" in text_of(look)
    assert 'name="confirmed"' not in text_of(look) or "Add to the group" not in text_of(look)
    page.post(f"{GROUPS}{group.pk}/people/change/", {**chosen, "confirmed": "1"})
    assert list(group.people.all()) == [sam]


def test_devices_join_and_are_asked_about_the_policies_of_the_group(page, contoso, sams_laptop):
    group = make_group(contoso, "Laptops")
    policy = Policy.objects.create(tenant=contoso, name="Encrypted", rule="disk_encrypted")
    policy.groups.add(group)

    DeviceReport.objects.create(device=sams_laptop, disk_encrypted=False, at=now())
    chosen = {"act": "add", "ids": [str(sams_laptop.pk)]}
    assert page.post(f"{GROUPS}{group.pk}/devices/change/", chosen).status_code == 200
    assert not PolicyResult.objects.exists()
    page.post(f"{GROUPS}{group.pk}/devices/change/", {**chosen, "confirmed": "1"})
    assert list(group.devices.all()) == [sams_laptop]
    assert not PolicyResult.objects.get(device=sams_laptop).is_met
    assert "sams-laptop" in text_of(page.get(f"{GROUPS}{group.pk}/devices/"))
    names = AuditEntry.objects.order_by("-number")[0].names
    assert names is not None
    assert names["changes"]["devices"] == [[], ["sams-laptop"]]
    page.post(f"{GROUPS}{group.pk}/devices/change/", {**chosen, "act": "remove", "confirmed": "1"})
    assert not group.devices.exists()


def test_what_is_chosen_is_of_this_tenant_and_not_nothing(page, contoso, sam, magnus, fabrikam):
    """T3."""
    group, theirs = make_group(contoso), make_group(fabrikam)
    foreign = make_device(fabrikam)
    address = f"{GROUPS}{group.pk}/people/change/"
    for ids in ([str(magnus.pk)], [str(sam.pk), str(magnus.pk)], ["no id"]):
        assert page.post(address, {"act": "add", "ids": ids, "confirmed": "1"}).status_code == 404
    nothing = page.post(address, {"act": "add", "confirmed": "1"})
    assert nothing["Location"] == f"{GROUPS}{group.pk}/people/add/"
    chosen = {"act": "add", "ids": [str(foreign.pk)], "confirmed": "1"}
    assert page.post(f"{GROUPS}{group.pk}/devices/change/", chosen).status_code == 404
    for step in ("", "change/", "delete/", "people/", "people/add/", "devices/", "devices/add/"):
        assert page.get(f"{GROUPS}{theirs.pk}/{step}").status_code == 404, step
    for step in ("change/", "delete/", "people/change/", "devices/change/"):
        assert page.post(f"{GROUPS}{theirs.pk}/{step}").status_code == 404, step
    assert not group.people.exists()


def test_deleting_says_what_goes_by_the_group_and_what_closes(page, contoso, helpers, hanna):
    assignment = RoleAssignment.objects.get(admin_groups=helpers)
    policy = Policy.objects.create(tenant=contoso, name="Encrypted", rule="disk_encrypted")
    policy.groups.add(helpers)
    assign_seat(actor=None, license_=make_license(contoso), group=helpers)
    question = text_of(page.get(f"{GROUPS}{helpers.pk}/delete/"))
    for words in (assignment.name, "Encrypted", "Remote help add-on (50)", "Lost"):
        assert words in question, words
    assert page.post(f"{GROUPS}{helpers.pk}/delete/")["Location"] == GROUPS
    assert not Group.objects.filter(pk=helpers.pk).exists()
    assert not assignment.admin_groups.exists()


def test_the_last_group_of_conditional_access_says_why_it_stays(page, ada, contoso):
    group = make_group(contoso)
    change_settings(actor=ada, tenant=contoso, compliance_groups=[group])
    question = text_of(page.get(f"{GROUPS}{group.pk}/delete/"))
    assert "would cover everybody" in question
    assert "Delete the group" not in question
    assert page.post(f"{GROUPS}{group.pk}/delete/").status_code == 409
    assert Group.objects.filter(pk=group.pk).exists()
