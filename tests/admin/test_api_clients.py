"""API clients in the Django admin: made for an administrator, shown once, refused beside the fields."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from apps.common.clock import now
from apps.tenants.models import ApiClient, AuditEntry, Origin
from apps.tenants.services import create_api_client, grant_administration
from tests.factories import make_person

ADD = "admin:tenants_apiclient_add"
LIST = "admin:tenants_apiclient_changelist"
DEVICES = "tenants.manage_devices"


def _new(**more):
    at = now() + timedelta(days=3)
    return {
        "name": "Nightly",
        "scopes": [DEVICES],
        "expires_at_0": at.date(),
        "expires_at_1": "12:00:00",
    } | more


def _secret(answer):
    (said,) = [str(m) for m in get_messages(answer.wsgi_request) if "rhc_" in str(m)]
    return said.split()[-1]


def test_an_operator_makes_one_for_an_administrator(as_operator, operator, ada):
    made = as_operator.post(reverse(ADD), _new(acts_for=ada.pk))
    assert made.status_code == 302, made.content
    client = ApiClient.objects.get()
    assert (client.acts_for, client.tenant, client.scopes) == (ada, ada.tenant, [DEVICES])
    assert client.oauth.check_secret(_secret(made))
    entry = AuditEntry.objects.get(target_key=str(client.pk))
    assert (entry.origin, entry.actor) == (Origin.OPERATOR, operator)

    page = as_operator.get(reverse("admin:tenants_apiclient_change", args=[client.pk]))
    assert page.status_code == 200
    assert client.oauth.secret not in page.content.decode()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"scopes": ["tenants.view_reports"]}, "scopes"),
        ({"expires_at_0": "2999-01-01"}, "expires_at"),
        ({"name": "taken"}, "name"),
    ],
    ids=str,
)
def test_what_the_service_refuses_stands_beside_the_field(as_operator, contoso, more, field):
    dora = make_person(contoso, "Dora", "Devices")
    grant_administration(actor=None, person=dora, permissions=[DEVICES, "tenants.manage_roles"])
    at = now() + timedelta(days=1)
    create_api_client(actor=dora, name="Taken", scopes=[DEVICES], expires_at=at)
    before = (ApiClient.objects.count(), AuditEntry.objects.count())

    answer = as_operator.post(reverse(ADD), _new(acts_for=dora.pk, **more))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert (ApiClient.objects.count(), AuditEntry.objects.count()) == before


def test_somebody_of_the_organisation_makes_their_own_only(as_staff, staff, fabrikam, magnus):
    grant_administration(actor=None, person=magnus)
    made = as_staff.post(reverse(ADD), _new(acts_for=magnus.pk))
    assert made.status_code == 302
    assert ApiClient.objects.get().acts_for == staff


def test_only_who_makes_administrators_comes_in(client, limited):
    client.force_login(limited)
    assert client.get(reverse(ADD)).status_code == 403
    assert client.get(reverse(LIST)).status_code == 403


def test_new_secrets_and_revoking_are_actions_of_the_list(as_operator, operator, ada):
    at = now() + timedelta(days=1)
    issued = create_api_client(actor=ada, name="Nightly", scopes=[DEVICES], expires_at=at)
    chosen = {"_selected_action": [str(issued.client.pk)]}
    rotated = as_operator.post(reverse(LIST), chosen | {"action": "rotate"})
    issued.client.oauth.refresh_from_db()
    assert issued.client.oauth.check_secret(_secret(rotated))

    as_operator.post(reverse(LIST), chosen | {"action": "revoke"})
    issued.client.refresh_from_db()
    assert issued.client.revoked_at is not None
    assert AuditEntry.objects.latest("number").actor == operator

    as_operator.get(reverse(LIST))  # what was said so far is read
    refused = as_operator.post(reverse(LIST), chosen | {"action": "rotate"}, follow=True)
    assert "revoked" in refused.content.decode()
    assert "rhc_" not in refused.content.decode()


def test_an_administrator_cannot_take_over_anothers_client(as_staff, staff, contoso):
    other = make_person(contoso, "Rob", "Robots")
    grant_administration(actor=None, person=other)
    at = now() + timedelta(days=1)
    issued = create_api_client(actor=other, name="Nightly", scopes=[DEVICES], expires_at=at)
    chosen = {"_selected_action": [str(issued.client.pk)], "action": "rotate"}
    answer = as_staff.post(reverse(LIST), chosen, follow=True)
    assert "rhc_" not in answer.content.decode()
    issued.client.oauth.refresh_from_db()
    assert issued.client.oauth.check_secret(issued.secret)
