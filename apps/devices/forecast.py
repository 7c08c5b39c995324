"""How many devices a policy would make compliant, or no longer so, before it is saved."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, Value

from apps.common.clock import now
from apps.common.previews import Preview, preview_compliance
from apps.devices.findings import DeviceFacts, look
from apps.devices.models import Device, DeviceReport, Enrolment, Policy
from apps.devices.rows import compliance_now
from apps.devices.rules import takes_value
from apps.devices.selectors import facts_of

NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a policy would ask, and of which devices."""

    rule: str
    value: str
    system: str
    covers_all_devices: bool
    groups: frozenset[uuid.UUID]


@dataclass(slots=True)
class Forecast:
    """The devices that would change sides. Names are the first ones; `covered` counts those that the policy is for."""

    gained: list[uuid.UUID] = field(default_factory=list)
    lost: list[uuid.UUID] = field(default_factory=list)
    gained_names: list[str] = field(default_factory=list)
    lost_names: list[str] = field(default_factory=list)
    covered: int = 0
    # Of those, the ones that never said anything of themselves, and so meet nothing.
    silent: int = 0
    compliant_before: int = 0
    compliant_after: int = 0

    def effect(self, tenant_id: uuid.UUID) -> Preview:
        """Whom that closes off and lets in, where conditional access asks for compliance."""
        return preview_compliance(tenant_id, gained=self.gained, lost=self.lost)

    def note(self, pk: uuid.UUID, name: str, *, was: bool, becomes: bool) -> None:
        self.compliant_before += was
        self.compliant_after += becomes
        if was == becomes:
            return
        ids, names = (self.gained, self.gained_names) if becomes else (self.lost, self.lost_names)
        ids.append(pk)
        if len(names) < NAMES_SHOWN:
            names.append(name)


def _covered(wanted: Wanted) -> Exists | Value:
    if wanted.covers_all_devices:
        return Value(True)
    through = Device.groups.through.objects
    return Exists(through.filter(device=OuterRef("pk"), group__in=wanted.groups))


def forecast(
    tenant_id: uuid.UUID, *, wanted: Wanted | None, policy: Policy | None = None
) -> Forecast:
    """What would become of the tenant's devices with a new policy, a changed `policy`, or (nothing wanted) without it.

    One query, whatever their number; it stands on the same definitions as the rows of the list and the evaluation.
    """
    rows = (
        Device.objects.filter(tenant=tenant_id, enrolment=Enrolment.ENROLLED)
        .select_related("report")
        .only("name", "system", "system_version", "app_version", *_report_fields())
        .annotate(was=compliance_now())
        .annotate(
            others=compliance_now(without=policy.pk) if policy is not None else F("was"),
            is_covered=_covered(wanted) if wanted is not None else Value(False),
        )
        .order_by("name", "id")
    )
    return _count(rows.iterator(chunk_size=2000), wanted)


def _report_fields() -> Iterable[str]:
    names = ("disk_encrypted", "screen_lock", "firewall", "update_age_days", "updates_pending")
    return (f"report__{name}" for name in (*names, "at"))


def _count(rows: Iterable[Device], wanted: Wanted | None) -> Forecast:
    found, at = Forecast(), now()
    for device in rows:
        said = vars(device)
        becomes = bool(said["others"])
        if wanted is not None and said["is_covered"] and wanted.system in ("", device.system):
            report = _report_of(device)
            found.covered += 1
            found.silent += report is None
            facts = facts_of(report, at) if report is not None else None
            becomes = becomes and facts is not None and _meets(wanted, facts)
        found.note(device.pk, device.name, was=bool(said["was"]), becomes=becomes)
    return found


def _report_of(device: Device) -> DeviceReport | None:
    return device.report if hasattr(device, "report") else None


def _meets(wanted: Wanted, facts: DeviceFacts) -> bool:
    value = wanted.value.strip() if takes_value(wanted.rule) else ""
    return look(wanted.rule, value, facts).is_met
