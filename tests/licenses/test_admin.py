"""Licences in the Django admin: the site's operators, and staff of a tenant, by the same rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.common.clock import now
from apps.licenses.models import License, LicenseState, Product, Terms
from apps.licenses.selectors import seats_taken
from apps.tenants.models import Act, AuditEntry, Origin, User
from tests.factories import make_group, make_license, make_person

ADD = "admin:licenses_license_add"
CHANGE = "admin:licenses_license_change"


@pytest.fixture
def operator(db):
    client = Client()
    person = User.objects.create_superuser(
        username="operator", email="operator@example.org", password="a long enough password"
    )
    client.force_login(person)
    return client


@pytest.fixture
def staff(ada):
    ada.is_staff = True
    ada.save()
    client = Client()
    client.force_login(ada)
    return client


def said(**changes: Any) -> dict[str, Any]:
    return {"product": "remote_help", "terms": "bought", "quantity": "5", **changes}


def split(name: str, moment: Any) -> dict[str, str]:
    return {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}


def errors(answer: Any) -> str:
    return str(answer.context["adminform"].form.errors)


def newest(tenant: Any) -> License:
    found = License.objects.filter(tenant=tenant).order_by("-ordered_at").first()
    assert found is not None
    return found


def test_an_operator_orders_for_any_tenant(operator, contoso, settings):
    answer = operator.post(reverse(ADD), said(tenant=str(contoso.pk)))
    assert answer.status_code == 302
    made = newest(contoso)
    assert made.quantity == 5
    assert made.state == LicenseState.PENDING
    assert made.activates_at == made.ordered_at + settings.REMOTEHELP_LICENCE_DELAY
    entry = AuditEntry.objects.get(target_key=str(made.pk))
    assert (entry.act, entry.origin) == (Act.ADDED, Origin.OPERATOR)


def test_an_operator_says_when_it_begins_and_nothing_waits_beyond(operator, contoso, clock):
    start = now() + timedelta(minutes=1)
    body = said(tenant=str(contoso.pk), **split("starts_at", start))
    assert operator.post(reverse(ADD), body).status_code == 302
    assert abs(newest(contoso).activates_at - start) < timedelta(seconds=1)
    body = said(tenant=str(contoso.pk), **split("starts_at", now() - timedelta(days=1)))
    refused = operator.post(reverse(ADD), body)
    assert "The start is in the past" in errors(refused)


@pytest.mark.parametrize("quantity", ["-1", "0", "9999999999"])
def test_impossible_numbers_are_refused_in_the_form(operator, contoso, quantity):
    number = License.objects.count()
    answer = operator.post(reverse(ADD), said(tenant=str(contoso.pk), quantity=quantity))
    assert answer.status_code == 200
    assert "Ensure this value is" in errors(answer)
    assert License.objects.count() == number


def test_a_change_goes_through_the_service(operator, contoso, sam, wilma):
    license_ = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    url = reverse(CHANGE, args=[license_.pk])
    refused = operator.post(url, {"quantity": "1"})
    assert "2 people would need one" in errors(refused)
    refused = operator.post(url, {"quantity": "9", **split("ends_at", now() - timedelta(days=1))})
    assert "The end is in the past" in errors(refused)
    license_.refresh_from_db()
    assert license_.quantity == 50
    assert operator.post(url, {"quantity": "9"}).status_code == 302
    license_.refresh_from_db()
    assert license_.quantity == 9
    (entry,) = AuditEntry.objects.filter(target_key=str(license_.pk), act=Act.CHANGED)
    assert entry.facts["changes"] == {"quantity": [50, 9]}


def test_an_operator_allows_another_trial_and_nobody_else_does(operator, staff, contoso):
    trial = make_license(contoso, terms=Terms.TRIAL)
    again = said(terms="trial")
    assert "has already had a trial" in errors(staff.post(reverse(ADD), again))
    url = reverse(CHANGE, args=[trial.pk])
    ends = split("ends_at", trial.ends_at)
    staff.post(url, {"quantity": "50", **ends, "is_another_trial_allowed": "on"})
    assert not License.objects.get(pk=trial.pk).is_another_trial_allowed
    assert operator.get(url).status_code == 200
    operator.post(url, {"quantity": "50", **ends, "is_another_trial_allowed": "on"})
    assert License.objects.get(pk=trial.pk).is_another_trial_allowed
    assert staff.post(reverse(ADD), again).status_code == 302
    assert "has already had a trial" in errors(staff.post(reverse(ADD), again))


def test_an_operator_prolongs_a_trial(operator, contoso):
    trial = make_license(contoso, terms=Terms.TRIAL)
    until = (now() + timedelta(days=90)).replace(microsecond=0)
    body = {"quantity": "50", **split("ends_at", until)}
    assert operator.post(reverse(CHANGE, args=[trial.pk]), body).status_code == 302
    trial.refresh_from_db()
    assert trial.ends_at == until


def test_cancelling_asks_first(operator, contoso, active):
    license_ = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    url = reverse("admin:licenses_license_changelist")
    body = {"action": "cancel", "_selected_action": [str(license_.pk)]}
    asked = operator.post(url, body)
    assert asked.status_code == 200
    assert "cannot be brought back" in asked.content.decode()
    license_.refresh_from_db()
    assert license_.cancelled_at is None
    assert operator.post(url, {**body, "confirmed": "1"}).status_code == 302
    license_.refresh_from_db()
    assert license_.state == LicenseState.CANCELLED
    active.refresh_from_db()
    assert active.state == "active"


def test_staff_of_a_tenant_cancel_their_own_and_delete_none(staff, contoso, fabrikam):
    url = reverse("admin:licenses_license_changelist")
    ids = [str(pk) for pk in License.objects.values_list("pk", flat=True)]
    staff.post(url, {"action": "cancel", "_selected_action": ids, "confirmed": "1"})
    assert not License.objects.filter(tenant=contoso, cancelled_at=None).exists()
    assert not License.objects.filter(tenant=fabrikam).exclude(cancelled_at=None).exists()
    staff.post(url, {"action": "delete_selected", "_selected_action": ids, "post": "yes"})
    assert License.objects.count() == len(ids)


def test_seats_are_given_by_the_service(operator, contoso, sam, magnus):
    few = make_license(contoso, quantity=1)
    url = reverse("admin:licenses_seat_add")
    group = make_group(contoso, people=[sam, make_person(contoso)])
    for body, words in (
        ({}, "either a person or a group"),
        ({"person": str(sam.pk), "group": str(group.pk)}, "either a person or a group"),
        ({"person": str(magnus.pk)}, "another tenant"),
        ({"group": str(group.pk)}, "2 people would need one"),
    ):
        answer = operator.post(url, {"license": str(few.pk), **body})
        assert answer.status_code == 200
        assert words in errors(answer)
    assert operator.post(url, {"license": str(few.pk), "person": str(sam.pk)}).status_code == 302
    assert seats_taken(few) == 1
    again = operator.post(url, {"license": str(few.pk), "person": str(sam.pk)})
    assert "already has a seat" in errors(again)
    entry = AuditEntry.objects.filter(target_kind="licenses.seat", origin=Origin.OPERATOR).get()
    assert entry.act == Act.ADDED
    seat = few.seats.get()
    operator.post(reverse("admin:licenses_seat_delete", args=[seat.pk]), {"post": "yes"})
    assert not few.seats.exists()
    removed = AuditEntry.objects.filter(target_key=str(seat.pk), act=Act.REMOVED)
    assert removed.count() == 1
