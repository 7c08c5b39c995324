"""What a device says of itself, and what its policies say of that (D2)."""

from __future__ import annotations

import uuid

from django.db import transaction

from apps.common.clock import now
from apps.common.errors import NotAllowedError, require_valid
from apps.devices.findings import DeviceFacts, look
from apps.devices.models import Device, DeviceReport, Enrolment, Policy, PolicyResult
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
    device.save(update_fields=["app_version", "system_version"])
    if device.enrolment == Enrolment.ENROLLED:
        _keep(device, facts)
        evaluate(device=device, facts=facts)
    return device


def _keep(device: Device, facts: DeviceFacts) -> None:
    DeviceReport.objects.update_or_create(
        device=device,
        defaults={
            "disk_encrypted": facts.disk_encrypted,
            "screen_lock": facts.screen_lock,
            "firewall": facts.firewall,
            "update_age_days": facts.update_age_days,
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


_AT_ONCE = 500


def evaluate_policy(*, policy: Policy) -> int:
    """Ask a policy that is new or changed of every device that it covers; gives how many had said something of themselves.

    A device that never did counts as not meeting it until it checks in. Done in parts, each in its own
    transaction: a check-in in between is at least as new as what is asked here.
    """
    covered = DeviceReport.objects.filter(device__in=devices_covered_by(policy))
    PolicyResult.objects.filter(policy=policy).exclude(device__in=covered.values("device")).delete()
    last: uuid.UUID | None = None
    number = 0
    while True:
        rest = covered if last is None else covered.filter(device__gt=last)
        reports = list(rest.select_related("device").order_by("device")[:_AT_ONCE])
        if not reports:
            break
        PolicyResult.objects.bulk_create(
            [_result(policy, report) for report in reports],
            update_conflicts=True,
            unique_fields=["device", "policy"],
            update_fields=["is_met", "found", "evaluated_at"],
        )
        last, number = reports[-1].device_id, number + len(reports)
    announce_ground_change(policy.tenant_id)
    return number


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
