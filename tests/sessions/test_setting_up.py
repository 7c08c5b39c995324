"""What a new organisation has to do is listed for its administrators until the first session has happened."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from apps.licenses.models import License, Product, Seat
from apps.sessions.setting_up import find_setup
from apps.sessions.states import State
from apps.tenants.models import AuditEntry, Tenant
from apps.tenants.services import create_tenant, grant_administration, revoke_administration
from tests.factories import make_assignment, make_device, make_person, make_session

OVERVIEW = "/administration/"
DISMISS = "/administration/setup/dismiss/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def steps(shown: str) -> dict[str, bool]:
    found = re.findall(r'data-step="(\w+)" data-state="(\w*)"', shown)
    return {name: state == "good" for name, state in found}


@pytest.fixture
def lone(db: None) -> Tenant:
    """An organisation as it is on its first day: nothing but its name."""
    return create_tenant(actor=None, name="Newco", domain="newco.example")


@pytest.fixture
def nina(lone: Tenant):
    nina = make_person(lone, "Nina", "New", has_seat=False)
    grant_administration(actor=None, person=nina)
    return nina


def test_each_step_is_ticked_when_it_is_taken(client, lone, nina, clock):
    client.force_login(nina)

    def done() -> set[str]:
        return {name for name, is_done in steps(text_of(client.get(OVERVIEW))).items() if is_done}

    assert list(steps(text_of(client.get(OVERVIEW)))) == [
        "enabled", "license", "people", "seats", "roles", "devices", "session",
    ]  # fmt: skip
    assert done() == {"enabled"}
    Tenant.objects.filter(pk=lone.pk).update(is_remote_help_enabled=False)
    assert done() == set()
    Tenant.objects.filter(pk=lone.pk).update(is_remote_help_enabled=True)
    noah = make_person(lone, "Noah", "Next", has_seat=False)
    assert done() == {"enabled", "people"}
    license_ = License.objects.create(
        tenant=lone,
        product=Product.REMOTE_HELP,
        quantity=5,
        activates_at=timezone.now() + timedelta(hours=1),
    )
    assert done() == {"enabled", "people"}
    assert "expected to be active at" in text_of(client.get(OVERVIEW))
    clock.shift(timedelta(hours=2))
    client.force_login(nina)
    assert done() == {"enabled", "people", "license"}
    Seat.objects.create(license=license_, person=nina)
    assert "seats" not in done()
    Seat.objects.create(license=license_, person=noah)
    assert "seats" in done()
    assignment = make_assignment(nina, scope=[])
    assert "roles" not in done()
    assignment.covers_all_users = True
    assignment.save()
    assert "roles" in done()
    make_device(lone, name="enrolled")
    assert done() == {"enabled", "people", "license", "seats", "roles", "devices"}


def test_the_first_session_is_the_end_of_it(client, ada, contoso, hanna, sam):
    client.force_login(ada)
    shown = text_of(client.get("/"))
    assert "Remote help is not set up yet." in shown
    assert "6 of 7 steps are done" in shown
    assert "6 of 7 steps are done" in text_of(client.get(OVERVIEW))
    make_session(hanna, sam, State.ACTIVE)
    assert Tenant.objects.get(pk=contoso.pk).first_session_at is not None
    for address in ("/", OVERVIEW):
        shown = text_of(client.get(address))
        assert "set-up" not in shown.lower()
        assert "set up" not in shown.lower()


def test_an_administrator_puts_it_away_for_all_and_brings_it_back(client, ada, contoso, hanna):
    client.force_login(ada)
    for is_dismissed in (True, True, False):
        body = {} if is_dismissed else {"show": "1"}
        assert client.post(DISMISS, body)["Location"] == OVERVIEW
        shown = text_of(client.get(OVERVIEW))
        assert ("data-setup" in shown) is not is_dismissed
        assert ("Show the set-up list again" in shown) is is_dismissed
        assert ("data-setup-note" in text_of(client.get("/"))) is not is_dismissed
    newest = AuditEntry.objects.filter(tenant=contoso).order_by("-number")[:2]
    assert [list(entry.facts["changes"]) for entry in newest] == [["setup_dismissed_at"]] * 2
    revoke_administration(actor=None, person=ada, permissions=["tenants.manage_settings"])
    assert client.post(DISMISS).status_code == 403
    assert "Put the list away" not in text_of(client.get(OVERVIEW))
    assert Tenant.objects.get(pk=contoso.pk).setup_dismissed_at is None


def test_each_step_leads_where_it_is_taken_or_names_who_can(client, lone, nina):
    olga = make_person(lone, "Olga", "Other", has_seat=False)
    grant_administration(actor=None, person=olga, permissions=["tenants.view_reports"])
    client.force_login(nina)
    setup = find_setup(nina)
    assert setup is not None
    for step in setup.steps:
        if step.url:
            assert client.get(step.url).status_code in (200, 302), step.name
    setup = find_setup(olga)
    assert setup is not None
    by_name = {step.name: step for step in setup.steps}
    assert not by_name["roles"].url
    asking = by_name["roles"].asking
    assert asking is not None
    assert asking.names == ("Nina New",)
    client.force_login(olga)
    assert "Ask Nina New: it takes the right “Roles" in text_of(client.get(OVERVIEW))


def test_nobody_else_sees_it(client, hanna, sam, mallory, django_assert_num_queries):
    for person in (hanna, sam, mallory):
        client.force_login(person)
        assert "data-setup-note" not in text_of(client.get("/"))
        assert client.get(OVERVIEW).status_code == 403
    with django_assert_num_queries(1):
        assert find_setup(hanna) is None


def test_the_list_takes_a_fixed_number_of_queries(ada, hanna, otto, django_assert_num_queries):
    with django_assert_num_queries(6):
        find_setup(ada)
