"""What a device says of itself, and what its policies say of that (D2)."""

from __future__ import annotations

from django.db import transaction

from apps.common.clock import now
from apps.common.errors import NotAllowedError, require_valid
from apps.devices.findings import DeviceFacts, look
from apps.devices.models import Device, Enrolment, Policy, PolicyResult
from apps.devices.selectors import policies_of
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
        evaluate(device=device, facts=facts)
    return device


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
