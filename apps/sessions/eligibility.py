"""Who may help whom: the one decision, with the whole trace of why (product.md 4).

`decide` is pure: facts in, decision out. `decision_on` reads the facts fresh and asks it. Pages, API, sockets,
the device app and the admin ask these two and nothing else.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.devices.selectors import FailedPolicy
from apps.roles.models import Action
from apps.sessions.selectors import Facts, gather_facts
from apps.sessions.states import Kind
from apps.tenants.models import Cloud

Words = str | StrPromise


class CheckName(TextChoices):
    """The checks, in the order in which they are asked."""

    SAME_TENANT = "same_tenant", _("Both are of the same organisation")
    SUPPORTED = "supported", _("The organisation's cloud and market are supported")
    ENABLED = "enabled", _("Remote help is switched on")
    LICENSED = "licensed", _("A Remote Help licence is active")
    HELPER_SEAT = "helper_seat", _("The helper has a licence seat")
    SHARER_SEAT = "sharer_seat", _("The sharer has a licence seat")
    PERMITTED = "permitted", _("A role assignment of the helper covers the sharer or the device")
    DEVICE = "device", _("The device is enrolled, or unenrolled devices are allowed")
    CONDITIONAL_ACCESS = "conditional_access", _("Conditional access is satisfied")
    APP_VERSION = "app_version", _("The app is not older than the mandatory version")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the trace. `code`, `message` and `remedy` are empty when it passed."""

    name: CheckName
    is_passed: bool
    code: str = ""
    message: Words = ""
    remedy: Words = ""
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or refused, with every check in order, and the compliance warning that never blocks (D3)."""

    action: Action
    checks: tuple[Check, ...]
    warnings: tuple[FailedPolicy, ...]
    is_device_compliant: bool

    @property
    def is_allowed(self) -> bool:
        return all(check.is_passed for check in self.checks)

    @property
    def refusal(self) -> Check | None:
        """The first check that did not pass: what the people concerned are told."""
        return next((check for check in self.checks if not check.is_passed), None)


class IneligibleError(RuleError):
    """The help decision said no. Carries the check that refused; both sides may read its message."""

    status = 403

    def __init__(self, check: Check) -> None:
        self.check = check
        super().__init__(check.message)
        self.code = check.code  # type: ignore[misc]

    def as_json(self) -> dict[str, Any]:
        expected_at = self.check.expected_at
        return {
            "check": self.check.name.value,
            "expected_at": expected_at.isoformat() if expected_at else None,
        }


def _supported(facts: Facts) -> Check:
    name = CheckName.SUPPORTED
    if facts.cloud is not Cloud.PUBLIC:
        return Check(
            name,
            False,
            "government_cloud",
            _("Remote help is not available to organisations in a government cloud."),
            _("Only an organisation in the public cloud can use remote help."),
        )
    if not facts.is_market_available:
        return Check(
            name,
            False,
            "market_unavailable",
            _("Remote help is not available in your organisation's market."),
            _("The site operator can make the market available."),
        )
    return Check(name, True)


def _enabled(facts: Facts) -> Check:
    if facts.is_remote_help_enabled:
        return Check(CheckName.ENABLED, True)
    return Check(
        CheckName.ENABLED,
        False,
        "remote_help_off",
        _("Your organisation has switched remote help off."),
        _("An administrator can switch it on under Tenant administration, Remote help, Settings."),
    )


def _pending_message(expected_at: datetime) -> str:
    return _now(
        "Your organisation's Remote Help licence is not active yet. Try again later; it is "
        "expected to be active at %(time)s."
    ) % {"time": formats.date_format(timezone.localtime(expected_at), "DATETIME_FORMAT")}


_pending_words = lazy(_pending_message, str)  # written in the reader's language, not the asker's


def _licensed(facts: Facts) -> Check:
    name = CheckName.LICENSED
    expected_at = facts.license.expected_at
    if facts.license.is_active:
        return Check(name, True)
    if expected_at is not None:
        return Check(
            name,
            False,
            "license_pending",
            _pending_words(expected_at),
            _("Nothing needs to be done: it becomes active by itself."),
            expected_at,
        )
    return Check(
        name,
        False,
        "license_missing",
        _("Your organisation has no active Remote Help licence."),
        _("An administrator can order one or start a trial under Licences."),
    )


def _seats(facts: Facts) -> tuple[Check, Check]:
    remedy = _("An administrator can assign a seat under Licences.")
    return (
        Check(CheckName.HELPER_SEAT, True)
        if facts.has_helper_seat
        else Check(
            CheckName.HELPER_SEAT,
            False,
            "helper_has_no_seat",
            _("The helper has no Remote Help licence."),
            remedy,
        ),
        Check(CheckName.SHARER_SEAT, True)
        if facts.has_sharer_seat
        else Check(
            CheckName.SHARER_SEAT,
            False,
            "sharer_has_no_seat",
            _("The sharer has no Remote Help licence."),
            remedy,
        ),
    )


_NOT_PERMITTED: dict[Action, Words] = {
    Action.VIEW_SCREEN: _("The helper's roles do not allow viewing the screen of this person."),
    Action.FULL_CONTROL: _("The helper's roles do not allow full control for this person."),
    Action.ELEVATION: _("The helper's roles do not allow elevation for this person."),
}


def _permitted(facts: Facts, action: Action) -> Check:
    needed = {action, Action.FULL_CONTROL} if action is Action.ELEVATION else {action}
    if needed <= facts.actions:
        return Check(CheckName.PERMITTED, True)
    if not facts.actions:
        return Check(
            CheckName.PERMITTED,
            False,
            "out_of_scope",
            _("No role assignment of the helper covers this person or this device."),
            _("An administrator can add the person's group to the scope of a role assignment."),
        )
    return Check(
        CheckName.PERMITTED,
        False,
        f"{action.value}_not_permitted",
        _NOT_PERMITTED[action],
        _("An administrator can add the permission to a role that covers this person."),
    )


def _device(facts: Facts) -> Check:
    if facts.is_enrolled or facts.are_unenrolled_devices_allowed:
        return Check(CheckName.DEVICE, True)
    if facts.lacks_base_license:
        return Check(
            CheckName.DEVICE,
            False,
            "base_license_missing",
            _("Without a device management licence the organisation has no enrolled devices."),
            _("An administrator can order the base licence, or allow unenrolled devices."),
        )
    return Check(
        CheckName.DEVICE,
        False,
        "device_not_enrolled",
        _(
            "Your organisation does not allow remote help on devices that are not enrolled. "
            "A plain browser counts as one."
        ),
        _("Enrol the device, or let an administrator allow unenrolled devices."),
    )


def _conditional_access(facts: Facts) -> Check:
    name = CheckName.CONDITIONAL_ACCESS
    if not facts.is_compliance_required or facts.is_compliant:
        return Check(name, True)
    if not facts.is_enrolled:
        return Check(
            name,
            False,
            "compliant_device_required",
            _(
                "A conditional access policy of your organisation requires a compliant device. "
                "A device that is not enrolled is never compliant."
            ),
            _("Use an enrolled, compliant device, or let an administrator change the policy."),
        )
    return Check(
        name,
        False,
        "compliant_device_required",
        _(
            "A conditional access policy of your organisation requires a compliant device, and this "
            "device is not compliant."
        ),
        _(
            "Mend what the device's page lists as failed, or let an administrator change the policy."
        ),
    )


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, without trailing zeros, so that 1.4 equals 1.4.0. Garbage sorts lowest."""
    parts = version.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _app_version(facts: Facts) -> Check:
    # A plain browser runs no app: it is served the present pages.
    is_old = (
        bool(facts.app_version)
        and bool(facts.mandatory_app_version)
        and version_key(facts.app_version) < version_key(facts.mandatory_app_version)
    )
    if not is_old:
        return Check(CheckName.APP_VERSION, True)
    return Check(
        CheckName.APP_VERSION,
        False,
        "app_too_old",
        _("The app on the device is older than your organisation requires."),
        _("Install the present version of the app on the device."),
    )


def decide(facts: Facts, action: Action, *, is_running: bool = False) -> Decision:
    """The decision, from facts alone. Every check is made, also after one that refused.

    `is_running` asks whether a session that was allowed may go on: a licence that ended leaves it (L3), and
    an app version is asked for before a session, not during one (A3).
    """
    together = facts.are_of_one_tenant and facts.are_active
    checks = [
        Check(CheckName.SAME_TENANT, True)
        if together
        else Check(
            CheckName.SAME_TENANT,
            False,
            "not_together" if facts.are_active else "person_disabled",
            _("Both people must be active members of the same organisation.")
            if facts.are_active
            else _("One of the two accounts has been disabled."),
            _("Both sign in with an active account of the same organisation."),
        ),
        _supported(facts),
        _enabled(facts),
        Check(CheckName.LICENSED, True) if is_running else _licensed(facts),
        *_seats(facts),
        _permitted(facts, action),
        _device(facts),
        _conditional_access(facts),
        Check(CheckName.APP_VERSION, True) if is_running else _app_version(facts),
    ]
    return Decision(
        action=action,
        checks=tuple(checks),
        warnings=facts.failed_policies,
        is_device_compliant=facts.is_compliant,
    )


ACTION_OF_KIND: dict[Kind, Action] = {
    Kind.VIEW_SCREEN: Action.VIEW_SCREEN,
    Kind.FULL_CONTROL: Action.FULL_CONTROL,
}


def decision_on(
    *,
    helper_id: uuid.UUID,
    sharer_id: uuid.UUID,
    device_id: uuid.UUID | None,
    action: Action,
    app_version: str = "",
    running_since: datetime | None = None,
) -> Decision:
    """The decision on two people, a device or none, and an action, on the facts as they are now.

    `running_since` says that a session was allowed then and asks whether it may go on.
    """
    facts = gather_facts(
        helper_id=helper_id,
        sharer_id=sharer_id,
        device_id=device_id,
        app_version=app_version,
        at=now(),
        running_since=running_since,
    )
    return decide(facts, action, is_running=running_since is not None)
