"""Devices as an actor may see them, and how compliant they are."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Lower
from django.utils.http import urlencode

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.findings import DeviceFacts, in_words
from apps.devices.models import (
    Device,
    DevicePresence,
    DeviceReport,
    Enrolment,
    EnrolmentToken,
    Evaluation,
    Policy,
    PolicyResult,
    SavedView,
)
from apps.roles.models import Action
from apps.roles.selectors import actions_anywhere, assignments_of
from apps.tenants.models import Group, User
from apps.tenants.selectors import may_administer


@dataclass(frozen=True, slots=True)
class FailedPolicy:
    """A policy that a device does not meet, or was never seen to meet (D3)."""

    name: str
    rule: str
    found: str


def policies_of(device: Device) -> QuerySet[Policy]:
    """The policies that are assigned to the device, whether or not it was ever evaluated."""
    return Policy.objects.filter(
        Q(system="") | Q(system=device.system), tenant_id=device.tenant_id
    ).filter(
        Q(covers_all_devices=True)
        | Exists(Group.objects.filter(policies=OuterRef("pk"), devices=device))
    )


def devices_covered_by(policy: Policy) -> QuerySet[Device]:
    """The enrolled devices that the policy is assigned to: the other way round of `policies_of`."""
    enrolled = Device.objects.filter(tenant_id=policy.tenant_id, enrolment=Enrolment.ENROLLED)
    if policy.system:
        enrolled = enrolled.filter(system=policy.system)
    if policy.covers_all_devices:
        return enrolled
    return enrolled.filter(Exists(Group.objects.filter(policies=policy, devices=OuterRef("pk"))))


def find_policy(policy_id: str) -> Policy | None:
    return Policy.objects.filter(pk=policy_id).first()


def being_asked(at: datetime) -> QuerySet[Evaluation]:
    """The evaluations on which an answer is waited for. Not for ever: then what has no answer counts as not met."""
    return Evaluation.objects.filter(
        ended_at__isnull=True, wanted_at__gt=at - settings.REMOTEHELP_EVALUATION_WITHIN
    )


def policies_for(actor: User) -> QuerySet[Policy]:
    """The policies of the actor's tenant; whether they may manage them is the door's to ask."""
    return Policy.objects.filter(tenant=actor.tenant_id).select_related("evaluation")


def policy_for(actor: User, pk: uuid.UUID) -> Policy:
    found = policies_for(actor).prefetch_related("groups").filter(pk=pk).first()
    if found is None or actor.tenant_id is None:
        raise NotFoundError
    return found


POLICY_FIELDS = ("name", "rule", "value", "system", "covers_all_devices")


def policy_state(policy: Policy) -> dict[str, object]:
    """What the form for a policy shows, and asks about again when it is saved."""
    groups = policy.groups.order_by("pk").values_list("pk", flat=True)
    values: dict[str, object] = {name: getattr(policy, name) for name in POLICY_FIELDS}
    return {**values, "rule": str(policy.rule), "groups": [str(pk) for pk in groups]}


@dataclass(frozen=True, slots=True)
class PolicyCount:
    """How the devices stand that a policy covers. `silent` ones never said anything of themselves."""

    covered: int
    met: int
    unmet: int

    @property
    def silent(self) -> int:
        return max(0, self.covered - self.met - self.unmet)


def count_of(policy: Policy) -> PolicyCount:
    covered = devices_covered_by(policy)
    found = PolicyResult.objects.filter(policy=policy, device__in=covered).aggregate(
        met=Count("pk", filter=Q(is_met=True)), unmet=Count("pk", filter=Q(is_met=False))
    )
    return PolicyCount(covered.count(), found["met"], found["unmet"])


def views_for(actor: User) -> QuerySet[SavedView]:
    """The saved views that the actor has: their own and the shared ones. Own ones come first."""
    if actor.tenant_id is None:
        return SavedView.objects.none()
    return SavedView.objects.filter(
        Q(person=actor) | Q(person__isnull=True), tenant=actor.tenant_id
    ).order_by(F("person").desc(nulls_last=True), Lower("name"), "id")


def view_for(actor: User, pk: uuid.UUID) -> SavedView:
    found = views_for(actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def view_state(view: SavedView) -> dict[str, object]:
    """What the form for a saved view shows, and asks about again when it is saved."""
    return {"name": view.name, "query": urlencode(sorted(view.query.items()))}


def device_state(device: Device) -> dict[str, object]:
    """What the form for a device shows, and asks about again when it is saved."""
    groups = device.groups.order_by("pk").values_list("pk", flat=True)
    return {"note": device.note, "groups": [str(pk) for pk in groups]}


def find_report(device: Device) -> DeviceReport | None:
    return DeviceReport.objects.filter(device=device).first()


def facts_of(report: DeviceReport, at: datetime) -> DeviceFacts:
    """What the device last said of itself, as it holds at that moment: an update grows older by itself."""
    age = report.update_age_days
    return DeviceFacts(
        system_version=report.device.system_version,
        disk_encrypted=report.disk_encrypted,
        screen_lock=report.screen_lock,
        firewall=report.firewall,
        update_age_days=None if age is None else age + max(0, (at - report.at).days),
        updates_pending=report.updates_pending,
        app_version=report.device.app_version,
    )


@dataclass(frozen=True, slots=True)
class PolicyStanding:
    """What one policy says of a device: met, not met, or (None) not asked yet."""

    id: uuid.UUID
    name: str
    rule: str
    value: str
    asks: str
    is_met: bool | None
    found: str
    # No answer yet, and one is being found: for so long it is not held against the device.
    is_being_asked: bool

    @property
    def is_failed(self) -> bool:
        return not self.is_met and not self.is_being_asked


def policy_standings(device: Device) -> list[PolicyStanding]:
    """Every policy that is assigned to the device, with what it said when it was last asked. Two queries."""
    results = {result.policy_id: result for result in PolicyResult.objects.filter(device=device)}
    asked = Exists(being_asked(now()).filter(policy=OuterRef("pk")))
    return [
        _standing(policy, results.get(policy.pk))
        for policy in policies_of(device).annotate(is_being_asked=asked)
    ]


def _standing(policy: Policy, result: PolicyResult | None) -> PolicyStanding:
    return PolicyStanding(
        id=policy.pk,
        name=policy.name,
        rule=policy.rule,
        value=policy.value,
        asks=policy.asks,
        is_met=result.is_met if result is not None else None,
        found=in_words(policy.rule, result.found) if result is not None else "",
        is_being_asked=result is None and bool(getattr(policy, "is_being_asked", False)),
    )


def failed_policies(device: Device) -> list[FailedPolicy]:
    """What of its policies the device does not meet. A policy without a result counts as failed, unless it is being
    asked just now."""
    return [
        FailedPolicy(policy.name, policy.asks, policy.found)
        for policy in policy_standings(device)
        if policy.is_failed
    ]


def is_compliant(device: Device | None, *, is_enrolled: bool) -> bool:
    """Whether every assigned policy is met. Unenrolled, or no device at all, is never compliant (D2)."""
    return device is not None and is_enrolled and not failed_policies(device)


def devices_open_to(helper: User, action: Action) -> QuerySet[Device]:
    """Devices that this helper may do that on: in scope themselves, or through their owner."""
    covering = assignments_of(helper, action)
    by_group = Group.objects.filter(
        assignments_as_scope=OuterRef("pk"), devices=OuterRef(OuterRef("pk"))
    )
    by_owner = Group.objects.filter(
        assignments_as_scope=OuterRef("pk"), people=OuterRef(OuterRef("owner_id"))
    )
    everyone = Exists(covering.filter(Q(Exists(by_group)) | Q(Exists(by_owner))))
    all_users = Exists(covering.filter(covers_all_users=True))
    all_devices = Exists(covering.filter(covers_all_devices=True))
    return Device.objects.filter(tenant=helper.tenant_id).filter(
        Q(everyone)
        | (Q(owner__isnull=False) & Q(all_users))
        | (Q(enrolment=Enrolment.ENROLLED) & Q(all_devices))
    )


def devices_of_tenant(tenant_id: uuid.UUID) -> QuerySet[Device]:
    return Device.objects.filter(tenant_id=tenant_id)


def devices_visible_to(actor: User) -> QuerySet[Device]:
    """What the actor may look at: with *manage devices* the whole tenant's, else what a role lets them help on."""
    if may_administer(actor, "tenants.manage_devices"):
        return Device.objects.filter(tenant=actor.tenant_id)
    return devices_open_to(actor, Action.VIEW_SCREEN)


def sees_devices(actor: User) -> bool:
    """Whether the list of devices is worth a place in the actor's navigation; decides nothing."""
    if actor.tenant is None:
        return False
    return actor.has_perm("tenants.manage_devices", actor.tenant) or bool(actions_anywhere(actor))


def device_for(actor: User, pk: uuid.UUID) -> Device:
    """One device that the actor may look at; for everybody else it does not exist."""
    found = devices_visible_to(actor).select_related("owner", "tenant").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def has_too_many_devices(person: User) -> bool:
    """Whether a further device of theirs is refused until it is enrolled, or others are removed."""
    theirs = Device.objects.filter(owner=person, enrolment=Enrolment.UNENROLLED)
    limit: int = settings.REMOTEHELP_DEVICES_PER_PERSON
    return theirs.exclude(public_key="").count() >= limit


def find_device_of(person: User, device_id: uuid.UUID) -> Device | None:
    """A device of the person's own tenant that is theirs or nobody's; None for any other."""
    return (
        Device.objects.filter(tenant=person.tenant_id, pk=device_id)
        .filter(Q(owner=person) | Q(owner__isnull=True))
        .first()
    )


def enrolment_tokens_of(actor: User) -> QuerySet[EnrolmentToken]:
    """The enrolment tokens of the actor's tenant; whether they may see them is the door's to ask."""
    return EnrolmentToken.objects.filter(tenant=actor.tenant_id).select_related("created_by")


def enrolment_token_for(actor: User, pk: uuid.UUID) -> EnrolmentToken:
    token = enrolment_tokens_of(actor).filter(pk=pk).first()
    if token is None:
        raise NotFoundError
    return token


def token_rows(actor: User, *, q: str = "", state: str = "") -> QuerySet[EnrolmentToken]:
    """The tokens of the actor's tenant as rows of a list, each with `is_usable_now` and `number_of_devices` that it
    enrolled; whether the actor may see them is the door's to ask."""
    usable = Q(revoked_at__isnull=True, expires_at__gt=now()) & ~Q(uses_left=0)
    enrolled = Device.objects.filter(enrolled_with=OuterRef("pk")).order_by()
    counted = enrolled.values("enrolled_with").annotate(number=Count("pk")).values("number")
    found = enrolment_tokens_of(actor).annotate(
        is_usable_now=Case(When(usable, then=Value(True)), default=Value(False)),
        number_of_devices=Coalesce(Subquery(counted), 0),
    )
    if state:
        found = found.filter(is_usable_now=state == "valid")
    for word in q.split()[:5]:
        found = found.filter(name__icontains=word)
    return found


# --- who is connected -----------------------------------------------------------------------------


def presences_that_stand(channels: Collection[str]) -> set[str]:
    """Those of these sockets that may stay: an enrolled device of the person's tenant, theirs or nobody's. One query."""
    return set(
        DevicePresence.objects.filter(
            Q(device__owner__isnull=True) | Q(device__owner=F("person")),
            channel__in=channels,
            device__enrolment=Enrolment.ENROLLED,
            device__revoked_at__isnull=True,
            device__tenant=F("person__tenant"),
            person__is_active=True,
        ).values_list("channel", flat=True)
    )


def present(at: datetime) -> QuerySet[DevicePresence]:
    """The sockets that live at that moment; one whose process fell silent counts no more, found out or not."""
    return DevicePresence.objects.filter(seen_at__gt=at - settings.REMOTEHELP_SILENT_FOR)


def find_person_on(device: Device) -> User | None:
    """Who is signed in on the device right now, as far as its app is connected."""
    row = present(now()).filter(device=device).select_related("person").order_by("-since").first()
    return row.person if row is not None else None


def is_connected(device_id: uuid.UUID) -> bool:
    return present(now()).filter(device=device_id).exists()
