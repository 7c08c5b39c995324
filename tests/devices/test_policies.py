"""A policy that is made or changed is asked of the devices at once, by what they last said of themselves (D2)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.urls import reverse

from apps.common.clock import now
from apps.devices import services, tasks
from apps.devices.findings import DeviceFacts
from apps.devices.models import Device, DeviceReport, Enrolment, Policy, PolicyResult
from apps.devices.selectors import failed_policies
from tests.factories import make_device, make_group

Rule = Policy.Rule


@pytest.fixture
def told(sams_laptop):
    """Sam's laptop has checked in: not encrypted, updated 20 days ago."""
    facts = DeviceFacts(system_version="12", disk_encrypted=False, update_age_days=20)
    return services.report_device(device=sams_laptop, app_version="1.4.0", facts=facts)


def make_policy(tenant, rule: str, value: str = "", **more: Any) -> Policy:
    more.setdefault("covers_all_devices", True)
    return Policy.objects.create(
        tenant=tenant, name=f"{rule} {value}", rule=rule, value=value, **more
    )


def _found(device: Device) -> dict[str, str]:
    return {failed.name: failed.found for failed in failed_policies(device)}


def test_a_new_policy_speaks_of_what_the_device_said_before(told, contoso):
    policy = make_policy(contoso, Rule.DISK_ENCRYPTED)
    assert _found(told) == {policy.name: ""}, "not asked yet"

    assert tasks.evaluate_policy(str(policy.pk)) == 1

    assert _found(told) == {policy.name: "The disk is not encrypted."}


def test_a_changed_policy_is_asked_again(told, contoso):
    policy = make_policy(contoso, Rule.UPDATE_AGE, "30")
    services.evaluate_policy(policy=policy)
    assert _found(told) == {}
    policy.value = "10"
    policy.save()
    services.evaluate_policy(policy=policy)
    assert _found(told) == {policy.name: "The last update is 20 days old."}


def test_an_update_grows_older_although_the_device_says_nothing(told, contoso):
    policy = make_policy(contoso, Rule.UPDATE_AGE, "30")
    DeviceReport.objects.update(at=now() - timedelta(days=11))
    services.evaluate_policy(policy=policy)
    assert _found(told) == {policy.name: "The last update is 31 days old."}


def test_only_devices_that_the_policy_covers_are_asked(told, contoso, fabrikam):
    group = make_group(contoso)
    policy = make_policy(contoso, Rule.DISK_ENCRYPTED, covers_all_devices=False)
    policy.groups.add(group)
    elsewhere = make_device(fabrikam)
    services.report_device(device=elsewhere, app_version="1.4.0", facts=DeviceFacts("12"))

    assert services.evaluate_policy(policy=policy) == 0
    told.groups.add(group)
    assert services.evaluate_policy(policy=policy) == 1
    told.groups.remove(group)
    assert services.evaluate_policy(policy=policy) == 0
    assert not PolicyResult.objects.exists(), "it is not the device's any more"


def test_a_device_that_never_reported_meets_no_policy(sams_laptop, contoso):
    policy = make_policy(contoso, Rule.FIREWALL)
    services.record_policy_result(device=sams_laptop, policy=policy, is_met=True)
    assert services.evaluate_policy(policy=policy) == 0
    assert _found(sams_laptop) == {policy.name: ""}


def test_what_a_retired_device_said_counts_no_more(told, contoso):
    Device.objects.update(enrolment=Enrolment.UNENROLLED)
    assert services.evaluate_policy(policy=make_policy(contoso, Rule.FIREWALL)) == 0


def test_many_devices_are_asked_in_parts(contoso, sam, monkeypatch):
    monkeypatch.setattr("apps.devices.services.compliance._AT_ONCE", 2)
    for _ in range(5):
        device = make_device(contoso, owner=sam)
        services.report_device(device=device, app_version="1.4.0", facts=DeviceFacts("12"))
    policy = make_policy(contoso, Rule.SYSTEM_VERSION, "12")
    assert services.evaluate_policy(policy=policy) == 5
    assert PolicyResult.objects.filter(policy=policy, is_met=True).count() == 5


def test_a_device_in_another_group_is_asked_by_its_policies(told, contoso):
    group = make_group(contoso)
    policy = make_policy(contoso, Rule.DISK_ENCRYPTED, covers_all_devices=False)
    policy.groups.add(group)
    told.groups.add(group)
    services.evaluate_anew(device=told)
    assert _found(told) == {policy.name: "The disk is not encrypted."}
    services.evaluate_anew(device=make_device(contoso))  # never said anything


def test_a_policy_that_is_gone_asks_nobody(db):
    assert tasks.evaluate_policy(str(uuid.uuid4())) == 0


def test_a_policy_made_in_the_admin_is_asked(
    told, contoso, client, admin_user, monkeypatch, django_capture_on_commit_callbacks
):
    queued: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args: queued.append((name, args)))
    client.force_login(admin_user)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("admin:devices_policy_add"),
            {
                "tenant": contoso.pk,
                "name": "Encrypted",
                "rule": Rule.DISK_ENCRYPTED,
                "covers_all_devices": "on",
            },
        )
    assert answer.status_code == 302
    policy = Policy.objects.get()
    assert queued == [(tasks.evaluate_policy.name, [str(policy.pk)])]
    assert services.due_policies() == [policy]
