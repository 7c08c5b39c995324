"""Every model of ours is in the Django admin, and every page of it opens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from apps.devices.models import (
    DevicePresence,
    DeviceReport,
    EnrolmentToken,
    Evaluation,
    Policy,
    PolicyResult,
    SavedView,
    SpentProof,
)
from apps.directory.models import Import
from apps.licenses.models import License, Seat
from apps.reports.models import PurgeRun, PurgeShare
from apps.roles.models import Role
from apps.sessions.models import EntryTries, Refusal, SecurityCode
from apps.tenants import services
from apps.tenants.models import DomainClaim, Market

OUR_MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


@pytest.fixture
def something_of_everything(contoso, hanna, active_control, sams_laptop, waiting):
    """At least one row of each model."""
    from apps.common.clock import now

    services.grant_administration(actor=None, person=hanna)
    services.create_api_client(
        actor=hanna,
        name="Nightly",
        scopes=["tenants.view_reports"],
        expires_at=now() + timedelta(days=1),
    )
    Market.objects.create(code="XX")
    PurgeShare.objects.create(run=PurgeRun.objects.create(), tenant=contoso)
    Import.objects.create(tenant=contoso, created_by=hanna, number_of_rows=1)
    DomainClaim.objects.create(tenant=contoso, name="contoso.org", token="t" * 32)
    policy = Policy.objects.create(tenant=contoso, name="Encrypted", rule="disk_encrypted")
    EnrolmentToken.objects.create(
        tenant=contoso, name="Warehouse", digest="d" * 64, expires_at=now()
    )
    SpentProof.objects.create(digest="e" * 64, expires_at=now())
    DeviceReport.objects.create(device=sams_laptop, at=now())
    DevicePresence.objects.create(device=sams_laptop, person=hanna, channel="of a test")
    Evaluation.objects.create(policy=policy, wanted_at=now())
    SavedView.objects.create(tenant=contoso, name="Old ones")
    PolicyResult.objects.create(device=sams_laptop, policy=policy, is_met=True, evaluated_at=now())
    EntryTries.objects.create(key="person:x", tries=1)
    Refusal.objects.create(tenant=contoso, helper=hanna, step="redeem", code="out_of_scope")


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda m: m._meta.label)
def test_the_list_the_search_and_the_page_of_a_row_open(
    as_operator, something_of_everything, model
):
    assert admin.site.is_registered(model), f"register {model._meta.label} in its app's admin.py"
    label = f"{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    assert row is not None

    listed = as_operator.get(reverse(f"admin:{label}_changelist"), {"q": "a"})
    assert listed.status_code == 200
    assert as_operator.get(reverse(f"admin:{label}_changelist")).status_code == 200
    assert as_operator.get(reverse(f"admin:{label}_change", args=[row.pk])).status_code == 200
    add = as_operator.get(reverse(f"admin:{label}_add")).status_code
    assert add in (200, 403)


def test_neither_digest_nor_channel_nor_key_is_shown(as_operator, waiting, hanna, client):
    from allauth.usersessions.models import UserSession

    code = SecurityCode.objects.get()
    page = as_operator.get(reverse("admin:help_sessions_securitycode_change", args=[code.pk]))
    assert code.digest not in page.content.decode()
    assert waiting.code not in page.content.decode()

    row = UserSession.objects.create(
        user=hanna, ip="192.0.2.1", user_agent="A browser", session_key="very-secret-key"
    )
    page = as_operator.get(reverse("admin:usersessions_usersession_change", args=[row.pk]))
    assert page.status_code == 200
    assert "very-secret-key" not in page.content.decode()


def test_the_secret_of_a_sign_in_app_can_be_set_and_not_read(as_operator):
    from allauth.socialaccount.models import SocialApp

    app = SocialApp.objects.create(
        provider="openid_connect",
        provider_id="contoso",
        name="Contoso",
        client_id="x",
        secret="s3c",
    )
    where = reverse("admin:socialaccount_socialapp_change", args=[app.pk])
    assert "s3c" not in as_operator.get(where).content.decode()

    body = {
        "provider": "openid_connect",
        "provider_id": "contoso",
        "name": "Contoso 2",
        "client_id": "x",
        "secret": "",
        "key": "",
        "settings": "{}",
    }
    assert as_operator.post(where, body).status_code == 302
    app.refresh_from_db()
    assert (app.name, app.secret) == ("Contoso 2", "s3c")


def test_a_list_of_something_of_a_tenant_can_be_narrowed_to_one_tenant(
    as_operator, contoso, fabrikam, hanna, mallory
):
    listed = as_operator.get(
        reverse("admin:tenants_user_changelist"), {"tenant__id__exact": str(fabrikam.pk)}
    ).content.decode()
    assert "mallory@" in listed
    assert "hanna@" not in listed


def test_the_built_in_role_is_there_to_read_only(as_operator, as_staff, contoso):
    """R2"""
    role = Role.objects.get(tenant=None)
    for client in (as_operator, as_staff):
        where = reverse("admin:roles_role_change", args=[role.pk])
        assert client.get(where).status_code == 200
        assert client.post(where, {"name": "Changed"}).status_code == 403
        assert (
            client.post(
                reverse("admin:roles_role_delete", args=[role.pk]), {"post": "yes"}
            ).status_code
            == 403
        )
        client.post(
            reverse("admin:roles_role_changelist"),
            {"action": "delete_selected", "_selected_action": [str(role.pk)], "post": "yes"},
        )
    role.refresh_from_db()
    assert role.name == "Help Desk Operator"


def test_nobody_makes_a_second_built_in_role(as_operator):
    before = Role.objects.filter(tenant=None).count()
    answer = as_operator.post(reverse("admin:roles_role_add"), {"name": "All-powerful"})

    assert answer.status_code == 200
    assert Role.objects.filter(tenant=None).count() == before


def test_licences_show_their_state(as_operator, contoso):
    assert License.objects.filter(tenant=contoso).exists()
    page = as_operator.get(reverse("admin:licenses_license_changelist")).content.decode()
    assert re.search(r">\s*Active\s*<", page)


def test_a_list_costs_the_same_for_one_row_and_for_many(
    as_operator, contoso, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories import make_device, make_person

    owner = make_person(contoso)
    make_device(contoso, owner=owner)
    where = reverse("admin:devices_device_changelist")
    as_operator.get(where)
    with CaptureQueriesContext(connection) as few:
        as_operator.get(where)
    for _ in range(5):
        make_device(contoso, owner=make_person(contoso))
    with django_assert_num_queries(len(few)):
        as_operator.get(where)
    assert Seat.objects.exists()
