"""Compliance policies as administrators keep them: made, changed, deleted (D2)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError, require_valid
from apps.devices.models import Evaluation, Policy
from apps.devices.rules import takes_value
from apps.devices.selectors import POLICY_FIELDS, policy_state
from apps.devices.services.compliance import want_evaluation
from apps.devices.services.records import require_manager
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services import NameTakenError
from apps.tenants.signals import announce_ground_change

AUDITED = (*POLICY_FIELDS, "groups")


class NoDevicesError(InvalidError):
    code = "no_devices"
    message = _("Choose all devices, or at least one group of devices.")


class PolicyGoneError(NotFoundError):
    code = "policy_gone"
    message = _("This compliance policy is not there any more.")


def _save(policy: Policy, groups: list[Group]) -> None:
    if any(group.tenant_id != policy.tenant_id for group in groups):
        raise NotAllowedError
    if not groups and not policy.covers_all_devices:
        raise NoDevicesError(fields={"groups": str(NoDevicesError.message)})
    policy.name = policy.name.strip()
    policy.value = policy.value.strip() if takes_value(policy.rule) else ""
    same = Policy.objects.filter(tenant=policy.tenant_id, name__iexact=policy.name)
    if same.exclude(pk=policy.pk).exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    require_valid(policy)
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error
    policy.groups.set(groups)
    want_evaluation(policies=[policy])


@transaction.atomic
def create_policy(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    rule: str,
    value: str = "",
    system: str = "",
    covers_all_devices: bool = False,
    groups: Iterable[Group] = (),
) -> Policy:
    """A policy for all devices, or for groups of them, of this tenant. It says something once it was evaluated."""
    require_manager(actor, tenant)
    policy = Policy(
        tenant=tenant,
        name=name,
        rule=rule,
        value=value,
        system=system,
        covers_all_devices=covers_all_devices,
    )
    _save(policy, list(groups))
    new = audit.state_of(policy, *AUDITED)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=policy, new=new)
    return policy


@transaction.atomic
def change_policy(
    *,
    actor: User | None,
    policy: Policy,
    name: str,
    rule: str,
    value: str = "",
    system: str = "",
    covers_all_devices: bool = False,
    groups: Iterable[Group] = (),
    seen: str | None = None,
) -> Policy:
    """Change all of a policy at once, and have it asked of its devices anew.

    Refused like a new one, and when somebody else has changed it since it was `seen`.
    """
    tenant = policy.tenant
    require_manager(actor, tenant)
    policy = _locked(policy)
    require_unchanged(policy_state(policy), seen)
    before = audit.state_of(policy, *AUDITED)
    policy.name, policy.rule, policy.value, policy.system = name, rule, value, system
    policy.covers_all_devices = covers_all_devices
    _save(policy, list(groups))
    new = audit.state_of(policy, *AUDITED)
    audit.record(actor=actor, tenant=tenant, act=Act.CHANGED, target=policy, old=before, new=new)
    return policy


@transaction.atomic
def delete_policy(*, actor: User | None, policy: Policy) -> None:
    """Delete a policy with all that it found; what failed it alone is compliant from now on."""
    tenant = policy.tenant
    require_manager(actor, tenant)
    policy = _locked(policy)
    old = audit.state_of(policy, *AUDITED)
    audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=policy, old=old)
    policy.delete()
    announce_ground_change(tenant.pk)


@transaction.atomic
def ask_policy_again(*, actor: User | None, policy: Policy) -> None:
    """Have a policy asked of its devices once more, by what they last said. What it asks stays."""
    require_manager(actor, policy.tenant)
    _locked(policy)
    if not Evaluation.objects.filter(policy=policy, ended_at__isnull=True).exists():
        want_evaluation(policies=[policy])


def _locked(policy: Policy) -> Policy:
    found = Policy.objects.select_for_update(no_key=True).filter(pk=policy.pk).first()
    if found is None:
        raise PolicyGoneError
    return found
