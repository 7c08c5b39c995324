"""The help decision as a truth table: pure, no database (product.md 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.common.versions import version_key
from apps.devices.selectors import FailedPolicy
from apps.licenses.selectors import Standing
from apps.roles.models import Action
from apps.sessions.eligibility import CheckName, IneligibleError, decide
from apps.sessions.selectors import Facts
from apps.tenants.models import Cloud

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TWO = datetime(2026, 11, 2, 14, tzinfo=UTC)
GOOD = Facts(
    at=NOON,
    are_active=True,
    are_of_one_tenant=True,
    cloud=Cloud.PUBLIC,
    is_market_available=True,
    is_remote_help_enabled=True,
    license=Standing(is_active=True, expected_at=None),
    has_helper_seat=True,
    has_sharer_seat=True,
    actions=frozenset(Action),
    has_device=True,
    is_revoked=False,
    is_enrolled=True,
    lacks_base_license=False,
    are_unenrolled_devices_allowed=False,
    is_compliance_required=True,
    failed_policies=(),
    app_version="1.10.0",
    mandatory_app_version="1.9",
)
NO_LICENSE = Standing(is_active=False, expected_at=None)
PENDING = Standing(is_active=False, expected_at=TWO)
FAILED = (FailedPolicy("Disk", "The disk is encrypted", "no"),)
UNENROLLED: dict[str, Any] = {"is_enrolled": False}
BROWSER = {"has_device": False, "is_enrolled": False, "app_version": ""}
ALLOWED: dict[str, Any] = {"are_unenrolled_devices_allowed": True, "is_compliance_required": False}
REVOKED: dict[str, Any] = {"is_revoked": True, "is_enrolled": False}

# (what differs from good, the check that says no, its code)
ONE_FLIPPED = [
    ({"are_of_one_tenant": False}, CheckName.SAME_TENANT, "not_together"),
    (REVOKED | ALLOWED, CheckName.DEVICE, "device_revoked"),
    ({"are_active": False}, CheckName.SAME_TENANT, "person_disabled"),
    ({"cloud": Cloud.GCC}, CheckName.SUPPORTED, "government_cloud"),
    ({"cloud": Cloud.GCC_HIGH}, CheckName.SUPPORTED, "government_cloud"),
    ({"cloud": Cloud.DOD}, CheckName.SUPPORTED, "government_cloud"),
    ({"is_market_available": False}, CheckName.SUPPORTED, "market_unavailable"),
    ({"is_remote_help_enabled": False}, CheckName.ENABLED, "remote_help_off"),
    ({"license": NO_LICENSE}, CheckName.LICENSED, "license_missing"),
    ({"license": PENDING}, CheckName.LICENSED, "license_pending"),
    ({"has_helper_seat": False}, CheckName.HELPER_SEAT, "helper_has_no_seat"),
    ({"has_sharer_seat": False}, CheckName.SHARER_SEAT, "sharer_has_no_seat"),
    ({"actions": frozenset()}, CheckName.PERMITTED, "out_of_scope"),
    (
        UNENROLLED | {"is_compliance_required": False},
        CheckName.DEVICE,
        "device_not_enrolled",
    ),
    (
        UNENROLLED | {"is_compliance_required": False, "lacks_base_license": True},
        CheckName.DEVICE,
        "base_license_missing",
    ),
    (BROWSER | {"is_compliance_required": False}, CheckName.DEVICE, "device_not_enrolled"),
    ({"failed_policies": FAILED}, CheckName.CONDITIONAL_ACCESS, "compliant_device_required"),
    (
        UNENROLLED | {"are_unenrolled_devices_allowed": True},
        CheckName.CONDITIONAL_ACCESS,
        "compliant_device_required",
    ),
    (
        BROWSER | {"are_unenrolled_devices_allowed": True},
        CheckName.CONDITIONAL_ACCESS,
        "compliant_device_required",
    ),
    ({"app_version": "1.8.9"}, CheckName.APP_VERSION, "app_too_old"),
]


@pytest.mark.parametrize("action", list(Action))
def test_good_facts_allow_every_action(action):
    decision = decide(GOOD, action)
    assert decision.is_allowed
    assert decision.refusal is None
    assert [check.name for check in decision.checks] == list(CheckName)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(("changes", "name", "code"), ONE_FLIPPED)
def test_one_bad_fact_refuses_with_its_own_reason(changes, name, code, action):
    decision = decide(replace(GOOD, **changes), action)
    assert not decision.is_allowed
    assert [check.name for check in decision.checks] == list(CheckName)  # R7: the whole trace
    assert [check.name for check in decision.checks if not check.is_passed] == [name]
    refusal = decision.refusal
    assert refusal is not None
    assert (refusal.name, refusal.code) == (name, code)
    assert str(refusal.message)
    assert str(refusal.remedy)


def test_every_check_is_seen_to_refuse():
    assert {name for _changes, name, _code in ONE_FLIPPED} == set(CheckName)


def test_passed_checks_say_nothing():
    for check in decide(GOOD, Action.ELEVATION).checks:
        assert (check.code, check.message, check.remedy, check.expected_at) == ("", "", "", None)


def test_of_several_reasons_the_first_in_order_is_told():
    """Mended one after the other, they appear in the order of the checks."""
    worst: dict[CheckName, dict[str, Any]] = {
        CheckName.SAME_TENANT: {"are_of_one_tenant": False},
        CheckName.SUPPORTED: {"cloud": Cloud.DOD},
        CheckName.ENABLED: {"is_remote_help_enabled": False},
        CheckName.LICENSED: {"license": NO_LICENSE},
        CheckName.HELPER_SEAT: {"has_helper_seat": False},
        CheckName.SHARER_SEAT: {"has_sharer_seat": False},
        CheckName.PERMITTED: {"actions": frozenset()},
        CheckName.DEVICE: {"is_enrolled": False},
        CheckName.CONDITIONAL_ACCESS: {},  # follows from the device
        CheckName.APP_VERSION: {"app_version": "1.0"},
    }
    facts = GOOD
    for changes in worst.values():
        facts = replace(facts, **changes)
    for position, (name, changes) in enumerate(worst.items()):
        decision = decide(facts, Action.VIEW_SCREEN)
        refused = [check.name for check in decision.checks if not check.is_passed]
        assert refused == list(CheckName)[position:]
        assert decision.refusal is not None
        assert decision.refusal.name == name
        mended = {field: getattr(GOOD, field) for field in changes}
        if name is CheckName.DEVICE:
            facts = replace(facts, are_unenrolled_devices_allowed=True)
        elif name is CheckName.CONDITIONAL_ACCESS:
            facts = replace(facts, is_compliance_required=False)
        else:
            facts = replace(facts, **mended)
    assert decide(facts, Action.VIEW_SCREEN).is_allowed


def test_a_pending_licence_says_when(settings):
    """L2."""
    settings.TIME_ZONE = "UTC"
    refusal = decide(replace(GOOD, license=PENDING), Action.VIEW_SCREEN).refusal
    assert refusal is not None
    assert refusal.expected_at == TWO
    assert "Nov. 2, 2026, 2 p.m" in str(refusal.message)
    assert IneligibleError(refusal).as_json() == {
        "check": "licensed",
        "expected_at": TWO.isoformat(),
    }


@pytest.mark.parametrize(
    ("held", "view", "control", "elevation"),
    [
        ({"view_screen"}, "", "full_control_not_permitted", "elevation_not_permitted"),
        ({"view_screen", "full_control"}, "", "", "elevation_not_permitted"),
        # Elevation needs full control, and does not give it.
        (
            {"elevation"},
            "view_screen_not_permitted",
            "full_control_not_permitted",
            "elevation_not_permitted",
        ),
        ({"view_screen", "full_control", "elevation"}, "", "", ""),
        (set(), "out_of_scope", "out_of_scope", "out_of_scope"),
    ],
)
def test_each_action_needs_its_permission(held, view, control, elevation):
    facts = replace(GOOD, actions=frozenset(Action(name) for name in held))
    codes = [
        refusal.code if (refusal := decide(facts, action).refusal) else ""
        for action in (Action.VIEW_SCREEN, Action.FULL_CONTROL, Action.ELEVATION)
    ]
    assert codes == [view, control, elevation]


@pytest.mark.parametrize(
    "changes", [{"license": NO_LICENSE}, {"license": PENDING}, {"app_version": "1.0"}]
)
def test_a_running_session_outlives_its_licence_and_an_upgrade(changes):
    """L3, A3."""
    facts = replace(GOOD, **changes)
    assert not decide(facts, Action.FULL_CONTROL).is_allowed
    assert decide(facts, Action.FULL_CONTROL, is_running=True).is_allowed


@pytest.mark.parametrize(
    ("changes", "name", "code"),
    [row for row in ONE_FLIPPED if row[1] not in (CheckName.LICENSED, CheckName.APP_VERSION)],
)
def test_a_running_session_stands_on_everything_else(changes, name, code):
    refusal = decide(replace(GOOD, **changes), Action.VIEW_SCREEN, is_running=True).refusal
    assert refusal is not None
    assert (refusal.name, refusal.code) == (name, code)


def test_non_compliance_warns_and_does_not_block():
    """D3."""
    facts = replace(GOOD, failed_policies=FAILED, is_compliance_required=False)
    decision = decide(facts, Action.FULL_CONTROL)
    assert decision.is_allowed
    assert decision.warnings == FAILED
    assert not decision.is_device_compliant
    assert decide(GOOD, Action.FULL_CONTROL).is_device_compliant


def test_an_unenrolled_device_is_never_compliant():
    """D2."""
    decision = decide(replace(GOOD, **UNENROLLED, **ALLOWED), Action.VIEW_SCREEN)
    assert decision.is_allowed
    assert not decision.is_device_compliant


@pytest.mark.parametrize(
    ("version", "mandatory", "is_allowed"),
    [
        ("1.10", "1.9", True),
        ("1.9", "1.10", False),
        ("1.4", "1.4.0", True),
        ("1.4.0", "1.4", True),
        ("1.4.0.1", "1.4", True),
        ("1.3.99", "1.4", False),
        ("2", "1.99.99", True),
        ("", "1.4", True),  # a plain browser runs no app
        ("1.0", "", True),  # nothing is mandatory
        ("new", "1.0", False),
        ("1.٤", "1.1", False),
    ],
)
def test_versions_compare_as_numbers(version, mandatory, is_allowed):
    facts = replace(GOOD, app_version=version, mandatory_app_version=mandatory)
    assert decide(facts, Action.VIEW_SCREEN).is_allowed is is_allowed


def test_version_keys():
    assert version_key("1.10.0") == (1, 10)
    assert version_key("0.0") == ()
    assert version_key("") == ()
    assert version_key("1..2") == ()


def test_the_refusal_speaks_the_readers_language():
    from django.utils.translation import override

    refusal = decide(replace(GOOD, license=PENDING), Action.VIEW_SCREEN).refusal
    assert refusal is not None
    with override("de"):
        german = str(refusal.message)
    assert "14:00" in german  # lazy: written when it is read, the time as Germans write it
