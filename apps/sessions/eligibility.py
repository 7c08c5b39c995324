"""Who may help whom: the one decision, with the whole trace of why (product.md 4).

`decide` is pure: facts in, decision out. `decision_on` reads the facts fresh and asks it. Pages, API, sockets,
the device app and the admin ask these two and nothing else.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.common.errors import RuleError
from apps.common.versions import version_key
from apps.devices.selectors import FailedPolicy
from apps.roles.models import Action
from apps.sessions.grounds import GROUNDS
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


def _check(name: CheckName, code: str) -> Check:
    """The check passed, or with a code, was refused for that reason."""
    if not code:
        return Check(name, True)
    ground = GROUNDS[code]
    return Check(name, False, code, ground.message, ground.remedy)


def _same_tenant(facts: Facts) -> str:
    if not facts.are_active:
        return "person_disabled"
    return "" if facts.are_of_one_tenant else "not_together"


def _supported(facts: Facts) -> str:
    if facts.cloud is not Cloud.PUBLIC:
        return "government_cloud"
    return "" if facts.is_market_available else "market_unavailable"


def _pending_message(expected_at: datetime) -> str:
    return gettext(
        "Your organisation's Remote Help licence is not active yet. Try again later; it is "
        "expected to be active at %(time)s."
    ) % {"time": formats.date_format(timezone.localtime(expected_at), "DATETIME_FORMAT")}


_pending_words = lazy(_pending_message, str)  # written in the reader's language, not the asker's


def _licensed(facts: Facts) -> Check:
    expected_at = facts.license.expected_at
    if facts.license.is_active or expected_at is None:
        code = "" if facts.license.is_active else "license_missing"
        return _check(CheckName.LICENSED, code)
    return replace(
        _check(CheckName.LICENSED, "license_pending"),
        message=_pending_words(expected_at),
        expected_at=expected_at,
    )


def _permitted(facts: Facts, action: Action) -> str:
    needed = {action, Action.FULL_CONTROL} if action is Action.ELEVATION else {action}
    if needed <= facts.actions:
        return ""
    return f"{action.value}_not_permitted" if facts.actions else "out_of_scope"


def _device(facts: Facts) -> str:
    if facts.is_revoked:
        return "device_revoked"
    if facts.is_enrolled or facts.are_unenrolled_devices_allowed:
        return ""
    return "base_license_missing" if facts.lacks_base_license else "device_not_enrolled"


def _conditional_access(facts: Facts) -> str:
    if not facts.is_compliance_required or facts.is_compliant:
        return ""
    return "compliant_device_required"


def is_version_enough(version: str, mandatory: str) -> bool:
    """Whether an app may go on (A3). A plain browser runs none: it is served the present pages."""
    return not version or not mandatory or version_key(version) >= version_key(mandatory)


def _app_version(facts: Facts) -> str:
    is_enough = is_version_enough(facts.app_version, facts.mandatory_app_version)
    return "" if is_enough else "app_too_old"


def decide(facts: Facts, action: Action, *, is_running: bool = False) -> Decision:
    """The decision, from facts alone. Every check is made, also after one that refused.

    `is_running` asks whether a session that was allowed may go on: a licence that ended leaves it (L3), and
    an app version is asked for before a session, not during one (A3).
    """
    name = CheckName
    checks = (
        _check(name.SAME_TENANT, _same_tenant(facts)),
        _check(name.SUPPORTED, _supported(facts)),
        _check(name.ENABLED, "" if facts.is_remote_help_enabled else "remote_help_off"),
        Check(name.LICENSED, True) if is_running else _licensed(facts),
        _check(name.HELPER_SEAT, "" if facts.has_helper_seat else "helper_has_no_seat"),
        _check(name.SHARER_SEAT, "" if facts.has_sharer_seat else "sharer_has_no_seat"),
        _check(name.PERMITTED, _permitted(facts, action)),
        _check(name.DEVICE, _device(facts)),
        _check(name.CONDITIONAL_ACCESS, _conditional_access(facts)),
        _check(name.APP_VERSION, "" if is_running else _app_version(facts)),
    )
    return Decision(
        action=action,
        checks=checks,
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
    sharer_id: uuid.UUID | None,
    device_id: uuid.UUID | None,
    action: Action,
    app_version: str = "",
    running_since: datetime | None = None,
) -> Decision:
    """The decision on two people, a device or none, and an action, on the facts as they are now.

    `running_since` says that a session was allowed then and asks whether it may go on. Without a sharer it is what
    can be known before somebody is: a refusal stands whoever comes, an allowance is asked for again.
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
