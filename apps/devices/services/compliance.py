"""What a device says of itself, and what its policies say of that (D2)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from apps.common.clock import now
from apps.common.errors import NotAllowedError, require_valid
from apps.devices.findings import DeviceFacts, look
from apps.devices.models import (
    Device,
    DeviceReport,
    Enrolment,
    Evaluation,
    Policy,
    PolicyResult,
)
from apps.devices.rules import GROWING
from apps.devices.selectors import devices_covered_by, facts_of, policies_of
from apps.tenants.signals import announce_ground_change


@transaction.atomic
def record_policy_result(*, device: Device, policy: Policy, is_met: bool, found: str = "") -> None:
    """What a policy says of a device now. A change that matters to running sessions is announced."""
    if policy.tenant_id != device.tenant_id:
        raise NotAllowedError
    PolicyResult.objects.update_or_create(
        device=device,
        policy=policy,
        defaults={"is_met": is_met, "found": found, "evaluated_at": now()},
    )
    announce_ground_change(device.tenant_id)


@transaction.atomic
def report_device(*, device: Device, app_version: str, facts: DeviceFacts) -> Device:
    """Note what a proved device says of itself, and evaluate its policies. Of an unenrolled one nothing is believed."""
    device.app_version = app_version
    device.system_version = facts.system_version
    require_valid(device)
    device.save(update_fields=["app_version", "app_version_key", "system_version"])
    if device.enrolment == Enrolment.ENROLLED:
        _keep(device, facts)
        evaluate(device=device, facts=replace(facts, app_version=app_version))
    return device


def _keep(device: Device, facts: DeviceFacts) -> None:
    DeviceReport.objects.update_or_create(
        device=device,
        defaults={
            "disk_encrypted": facts.disk_encrypted,
            "screen_lock": facts.screen_lock,
            "firewall": facts.firewall,
            "update_age_days": facts.update_age_days,
            "updates_pending": facts.updates_pending,
            "at": now(),
        },
    )


@transaction.atomic
def evaluate(*, device: Device, facts: DeviceFacts) -> None:
    """Ask every policy of the device and keep what it says (D2). Sessions are asked about when an answer changed."""
    before = dict(PolicyResult.objects.filter(device=device).values_list("policy_id", "is_met"))
    has_changed = False
    for policy in policies_of(device):
        finding = look(policy.rule, policy.value, facts)
        PolicyResult.objects.update_or_create(
            device=device,
            policy=policy,
            defaults={
                "is_met": finding.is_met,
                "found": finding.found,
                "evaluated_at": now(),
            },
        )
        has_changed |= before.get(policy.pk) is not finding.is_met
    if has_changed:
        announce_ground_change(device.tenant_id)


def evaluate_anew(*, device: Device) -> None:
    """Ask the policies of a device whose groups changed, by what it last said of itself."""
    report = DeviceReport.objects.select_related("device").filter(device=device).first()
    if report is not None:
        evaluate(device=device, facts=facts_of(report, now()))


# --- a policy, of all its devices -----------------------------------------------------------------

_AT_ONCE = 500
# Whoever does it says after each part that it lives.
_DEAD_AFTER = timedelta(minutes=1)
_AGES_AFTER = timedelta(days=1)


def want_evaluation(*, policies: Iterable[Policy]) -> None:
    """Have these policies asked of all devices that they cover, from the beginning.

    Only says so, in the caller's transaction. The door queues `evaluate_policy`; what nobody does is found by
    `due_policies`. Until it is done, for at most ten minutes, a device without an answer is not held to fail (see
    docs/decisions/compliance.md).
    """
    rows = [Evaluation(policy=policy, wanted_at=now()) for policy in policies]
    Evaluation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["policy"],
        update_fields=["wanted_at", "claimed_at", "total", "done", "ended_at"],
    )


def want_evaluation_of_ageing() -> None:
    """Have policies asked anew whose answer changes although the devices say nothing, once a day."""
    long_ago = now() - _AGES_AFTER
    want_evaluation(
        policies=Policy.objects.filter(rule__in=GROWING, evaluation__ended_at__lte=long_ago)
    )


def due_policies() -> list[Policy]:
    """The policies that wait for being asked and that nobody alive is at."""
    dead_before = now() - _DEAD_AFTER
    return list(
        Policy.objects.filter(evaluation__ended_at__isnull=True, evaluation__isnull=False)
        .filter(Q(evaluation__claimed_at__isnull=True) | Q(evaluation__claimed_at__lt=dead_before))
        .order_by("evaluation__wanted_at")
    )


def evaluate_policy(*, policy: Policy) -> int:
    """Ask a policy that is new or changed of every device that it covers; gives how many had said something of themselves.

    A device that never did counts as not meeting it until it checks in. Done in parts, each in a transaction of its
    own that keeps check-ins of its devices waiting, so that an answer is never older than what the device said.
    One at a time: with somebody else at it, and when it is wanted anew meanwhile, it stops.
    """
    wanted_at = _claim(policy)
    if wanted_at is None:
        return 0
    covered = DeviceReport.objects.filter(device__in=devices_covered_by(policy))
    PolicyResult.objects.filter(policy=policy).exclude(device__in=covered.values("device")).delete()
    ours = Evaluation.objects.filter(policy=policy.pk, wanted_at=wanted_at)
    ours.update(total=covered.count())
    last: uuid.UUID | None = None
    number = 0
    while True:
        last, asked = _evaluate_some(policy.pk, last)
        number += asked
        if last is None:
            break
        if not ours.update(done=F("done") + asked, claimed_at=now()):
            return number
    if ours.update(ended_at=now(), claimed_at=None):
        announce_ground_change(policy.tenant_id)
    return number


def _claim(policy: Policy) -> datetime | None:
    """Since when it is wanted, for the one who may do it now. One that nobody wanted is wanted hereby."""
    Evaluation.objects.get_or_create(policy=policy, defaults={"wanted_at": now()})
    free = Evaluation.objects.filter(policy=policy.pk).filter(
        Q(claimed_at__isnull=True) | Q(claimed_at__lt=now() - _DEAD_AFTER)
    )
    if not free.update(claimed_at=now(), done=0, ended_at=None):
        return None
    return Evaluation.objects.filter(policy=policy.pk).values_list("wanted_at", flat=True).first()


@transaction.atomic
def _evaluate_some(policy_id: uuid.UUID, after: uuid.UUID | None) -> tuple[uuid.UUID | None, int]:
    """The next devices; gives the last of them, or None when there are no more (or no such policy)."""
    # As it stands now: it may be changed between two parts, or go.
    policy = Policy.objects.select_for_update(no_key=True).filter(pk=policy_id).first()
    if policy is None:
        return None, 0
    covered = DeviceReport.objects.filter(device__in=devices_covered_by(policy))
    rest = covered if after is None else covered.filter(device_id__gt=after)
    reports = list(
        rest.select_related("device")
        .select_for_update(no_key=True, of=("self",))
        .order_by("device_id")[:_AT_ONCE]  # by "device" it would be by the names of devices
    )
    if not reports:
        return None, 0
    PolicyResult.objects.bulk_create(
        [_result(policy, report) for report in reports],
        update_conflicts=True,
        unique_fields=["device", "policy"],
        update_fields=["is_met", "found", "evaluated_at"],
    )
    return reports[-1].device_id, len(reports)


def _result(policy: Policy, report: DeviceReport) -> PolicyResult:
    at = now()
    finding = look(policy.rule, policy.value, facts_of(report, at))
    return PolicyResult(
        device_id=report.device_id,
        policy=policy,
        is_met=finding.is_met,
        found=finding.found,
        evaluated_at=at,
    )
