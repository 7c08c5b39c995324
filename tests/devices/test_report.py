"""A device checks in, and its policies are evaluated by what it says (D2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from apps.devices.findings import NO, UNKNOWN, DeviceFacts, in_words, look
from apps.devices.models import Device, Enrolment, Policy, PolicyResult
from apps.devices.selectors import failed_policies
from apps.devices.services import report_device
from apps.tenants.signals import ground_changed
from tests.device_app import DeviceApp

Rule = Policy.Rule
GOOD: dict[str, Any] = {
    "disk_encrypted": True,
    "screen_lock": True,
    "firewall": True,
    "update_age_days": 3,
}


@pytest.fixture
def app(sam, sams_laptop):
    return DeviceApp(sam, sams_laptop)


@pytest.fixture
def policies(contoso):
    def make(rule, value=""):
        return Policy.objects.create(
            tenant=contoso, name=rule, rule=rule, value=value, covers_all_devices=True
        )

    return [
        make(Rule.DISK_ENCRYPTED),
        make(Rule.SCREEN_LOCK),
        make(Rule.FIREWALL),
        make(Rule.SYSTEM_VERSION, "12.6"),
        make(Rule.UPDATE_AGE, "30"),
    ]


def test_a_device_that_meets_everything_is_compliant(app, policies, sams_laptop):
    answer = app.report(**GOOD).json()
    assert (answer["is_compliant"], answer["failed_policies"]) == (True, [])
    assert PolicyResult.objects.filter(device=sams_laptop, is_met=True).count() == 5
    sams_laptop.refresh_from_db()
    assert (sams_laptop.app_version, sams_laptop.system_version) == ("1.4.1", "12.6")


def test_each_failed_policy_is_named_with_what_was_found(app, policies, sams_laptop):
    """D3."""
    answer = app.report(
        disk_encrypted=False, screen_lock=None, firewall=True, update_age_days=74
    ).json()
    assert answer["is_compliant"] is False
    assert {row["name"]: row["found"] for row in answer["failed_policies"]} == {
        "disk_encrypted": "The disk is not encrypted.",
        "screen_lock": "The device could not tell.",
        "update_age": "The last update is 74 days old.",
    }
    app.report(**GOOD)
    assert failed_policies(sams_laptop) == []


def test_what_was_left_out_counts_as_unknown_and_is_not_met(app, policies):
    assert len(app.report().json()["failed_policies"]) == 4


def test_of_an_unenrolled_device_nothing_is_believed(app, policies, sams_laptop):
    Device.objects.update(enrolment=Enrolment.UNENROLLED)
    answer = app.report(**GOOD).json()
    assert answer["is_compliant"] is False
    assert not PolicyResult.objects.exists()


def test_sessions_are_asked_about_only_when_an_answer_changed(
    sams_laptop, policies, django_capture_on_commit_callbacks
):
    heard = []

    def listen(tenant_id, **more):
        heard.append(tenant_id)

    ground_changed.connect(listen)
    try:
        for facts in (GOOD, GOOD, GOOD | {"firewall": False}):
            with django_capture_on_commit_callbacks(execute=True):
                report_device(
                    device=sams_laptop,
                    app_version="1.4.0",
                    facts=DeviceFacts(system_version="13", **facts),
                )
    finally:
        ground_changed.disconnect(listen)
    assert heard == [sams_laptop.tenant_id] * 2


def test_a_report_of_another_shape_is_refused(app, policies):
    for facts in (
        {"disk_encrypted": "maybe"},
        {"update_age_days": -1},
        {"update_age_days": 1.5},
        {"is_compliant": True},
    ):
        assert app.report(**facts).status_code == 400
    assert not PolicyResult.objects.exists()


@pytest.mark.parametrize(
    ("value", "found", "is_met"),
    [
        ("22.04", "24.04.1 LTS", True),
        ("24.04", "24.4", True),
        ("24.04", "Ubuntu 22.04", False),
        ("11", "11 24H2", True),
        ("10.0.22631", "10.0.9", False),
        ("", "24.04", False),
        ("12", "", False),
        ("12", "trixie/sid", False),
    ],
)
def test_versions_are_compared_as_numbers(value, found, is_met):
    assert look(Rule.SYSTEM_VERSION, value, DeviceFacts(system_version=found)).is_met is is_met


@pytest.mark.parametrize(
    ("value", "days", "is_met"),
    [("30", 30, True), ("30", 31, False), ("", 0, False), ("soon", 0, False), ("30", None, False)],
)
def test_an_update_may_be_as_old_as_the_policy_says(value, days, is_met):
    assert look(Rule.UPDATE_AGE, value, DeviceFacts(update_age_days=days)).is_met is is_met


def test_findings_are_put_into_words_when_they_are_read():
    with override("en"):
        assert in_words(Rule.FIREWALL, NO) == "No firewall is on."
        assert in_words(Rule.UPDATE_AGE, "1") == "The last update is 1 day old."
        assert in_words(Rule.SYSTEM_VERSION, "22.04") == "The system version is 22.04."
        assert in_words(Rule.DISK_ENCRYPTED, UNKNOWN) == "The device could not tell."
    assert in_words(Rule.DISK_ENCRYPTED, "A sentence.") == "A sentence."
    assert in_words(Rule.FIREWALL, "") == ""
