"""Enrolment tokens and revoked devices in the Django admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Token
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.common.clock import now
from apps.devices.models import Device, Enrolment, EnrolmentToken
from tests.device_app import DeviceApp, find_person, token_for
from tests.factories import make_device, make_person

ADD = "admin:devices_enrolmenttoken_add"


def _new(**more):
    at = now() + timedelta(days=3)
    return {"name": "Warehouse", "expires_at_0": at.date(), "expires_at_1": "12:00:00"} | more


def test_a_token_is_made_shown_once_and_works(as_staff, contoso, staff, sam):
    made = as_staff.post(reverse(ADD), _new(uses_left="3"))
    assert made.status_code == 302, made.content
    token = EnrolmentToken.objects.get()
    assert (token.tenant, token.created_by, token.uses_left) == (contoso, staff, 3)
    (message,) = [str(m) for m in get_messages(made.wsgi_request) if "rhe_" in str(m)]
    value = message.split()[-1]

    assert DeviceApp(sam).enrol(value).status_code == 200
    where = reverse("admin:devices_enrolmenttoken_change", args=[token.pk])
    assert value in as_staff.get(where).content.decode()
    page = as_staff.get(where)
    assert value not in page.content.decode()
    assert token.digest not in page.content.decode()


def test_a_token_of_another_tenant_is_nobodys_to_see_or_revoke(as_staff, fabrikam, contoso):
    """T3."""
    theirs = EnrolmentToken.objects.create(
        tenant=fabrikam, name="Theirs", digest="t" * 64, expires_at=now() + timedelta(days=1)
    )
    ours = EnrolmentToken.objects.create(
        tenant=contoso, name="Ours", digest="o" * 64, expires_at=now() + timedelta(days=1)
    )
    where = reverse("admin:devices_enrolmenttoken_changelist")
    assert "Theirs" not in as_staff.get(where).content.decode()
    both = {"action": "revoke", "_selected_action": [str(theirs.pk), str(ours.pk)]}
    as_staff.post(where, both)
    theirs.refresh_from_db()
    ours.refresh_from_db()
    assert theirs.revoked_at is None
    assert ours.revoked_at is not None


def test_only_those_who_manage_devices_make_tokens(contoso):
    person = make_person(contoso)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    assert client.post(reverse(ADD), _new()).status_code == 403
    assert not EnrolmentToken.objects.exists()


def test_devices_are_revoked_and_let_back_and_those_of_others_are_not(
    as_staff, sams_laptop, fabrikam
):
    theirs = make_device(fabrikam)
    where = reverse("admin:devices_device_changelist")
    chosen = {"_selected_action": [str(sams_laptop.pk), str(theirs.pk)]}
    as_staff.post(where, {"action": "revoke"} | chosen)
    sams_laptop.refresh_from_db()
    assert (sams_laptop.enrolment, sams_laptop.revoked_at is None) == ("unenrolled", False)
    assert Device.objects.get(pk=theirs.pk).enrolment == Enrolment.ENROLLED

    as_staff.post(where, {"action": "restore"} | chosen)
    sams_laptop.refresh_from_db()
    assert (sams_laptop.enrolment, sams_laptop.revoked_at) == ("unenrolled", None)


@pytest.mark.parametrize("is_active", [True, False])
def test_a_person_who_is_disabled_here_stays_out_of_the_app_when_enabled_again(
    as_operator, sam, is_active
):
    token = token_for(sam)
    where = reverse("admin:tenants_user_change", args=[sam.pk])
    form = as_operator.get(where).context["adminform"].form
    body = {name: value for name, value in form.initial.items() if value is not None}
    body |= {"last_login_0": "", "last_login_1": ""}
    body.pop("is_active")
    body.pop("is_staff")
    body.pop("is_superuser")
    for wanted in (is_active, True):
        answer = as_operator.post(where, body | ({"is_active": "on"} if wanted else {}))
        assert answer.status_code == 302, answer.context["adminform"].form.errors
    sam.refresh_from_db()
    assert sam.is_active
    assert (find_person(token) == sam) is is_active


def test_the_apps_sign_ins_are_listed_without_what_they_are_made_of(as_operator, sam):
    token_for(sam)
    row = Token.objects.get()
    where = reverse("admin:allauth_idp_oidc_token_change", args=[row.pk])
    page = as_operator.get(where).content.decode()
    assert sam.full_name in page
    assert row.hash not in page
    as_operator.post(reverse("admin:allauth_idp_oidc_token_delete", args=[row.pk]), {"post": "yes"})
    assert not Token.objects.exists()
