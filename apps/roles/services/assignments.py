"""Changing role assignments: whose role it is, and over whom (R4)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError, require_valid
from apps.roles.models import Role, RoleAssignment
from apps.roles.selectors import ASSIGNMENT_FIELDS, assignment_state
from apps.roles.services.roles import require_manager
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services import NameTakenError
from apps.tenants.signals import announce_ground_change


class NoAdminGroupError(InvalidError):
    code = "no_admin_group"
    message = _("Choose at least one admin group: its members become the helpers.")


class AssignmentGoneError(NotFoundError):
    code = "assignment_gone"
    message = _("This role assignment is not there any more.")


def _require_ours(tenant: Tenant, role: Role, groups: Iterable[Group]) -> None:
    if role.tenant_id not in (None, tenant.pk):
        raise NotAllowedError
    if any(group.tenant_id != tenant.pk for group in groups):
        raise NotAllowedError


def _save(assignment: RoleAssignment, admins: list[Group], scopes: list[Group]) -> None:
    if not admins:
        raise NoAdminGroupError(fields={"admin_groups": str(NoAdminGroupError.message)})
    assignment.name = assignment.name.strip()
    assignment.description = assignment.description.strip()
    taken = RoleAssignment.objects.filter(
        tenant=assignment.tenant_id, name__iexact=assignment.name
    ).exclude(pk=assignment.pk)
    if taken.exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    require_valid(assignment)
    try:
        with transaction.atomic():
            assignment.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error
    assignment.admin_groups.set(admins)
    assignment.scope_groups.set(scopes)
    announce_ground_change(assignment.tenant_id)


@transaction.atomic
def assign_role(
    *,
    actor: User | None,
    tenant: Tenant,
    role: Role,
    name: str,
    admin_groups: Iterable[Group],
    scope_groups: Iterable[Group] = (),
    covers_all_users: bool = False,
    covers_all_devices: bool = False,
    description: str = "",
) -> RoleAssignment:
    """A role for admin groups over a scope (R4). Role and groups are of this tenant, or refused.

    Without an admin group it is refused; without any scope it reaches nobody.
    """
    require_manager(actor, tenant)
    admins, scopes = list(admin_groups), list(scope_groups)
    _require_ours(tenant, role, (*admins, *scopes))
    assignment = RoleAssignment(
        tenant=tenant,
        role=role,
        name=name,
        description=description,
        covers_all_users=covers_all_users,
        covers_all_devices=covers_all_devices,
    )
    _save(assignment, admins, scopes)
    new = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=assignment, new=new)
    return assignment


@transaction.atomic
def change_assignment(
    *,
    actor: User | None,
    assignment: RoleAssignment,
    role: Role,
    name: str,
    admin_groups: Iterable[Group],
    scope_groups: Iterable[Group] = (),
    covers_all_users: bool = False,
    covers_all_devices: bool = False,
    description: str = "",
    seen: str | None = None,
) -> RoleAssignment:
    """Change all of an assignment at once; running sessions are asked about again.

    Refused like a new one, and when somebody else has changed it since it was `seen`.
    """
    tenant = assignment.tenant
    require_manager(actor, tenant)
    admins, scopes = list(admin_groups), list(scope_groups)
    _require_ours(tenant, role, (*admins, *scopes))
    assignment = _locked(assignment)
    require_unchanged(assignment_state(assignment), seen)
    before = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    assignment.role, assignment.name, assignment.description = role, name, description
    assignment.covers_all_users = covers_all_users
    assignment.covers_all_devices = covers_all_devices
    _save(assignment, admins, scopes)
    new = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    audit.record(
        actor=actor, tenant=tenant, act=Act.CHANGED, target=assignment, old=before, new=new
    )
    return assignment


@transaction.atomic
def remove_assignment(*, actor: User | None, assignment: RoleAssignment) -> None:
    """Take a role assignment away; running sessions that stood on it end."""
    tenant = assignment.tenant
    require_manager(actor, tenant)
    assignment = _locked(assignment)
    old = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=assignment, old=old)
    assignment.delete()
    announce_ground_change(tenant.pk)


def _locked(assignment: RoleAssignment) -> RoleAssignment:
    found = RoleAssignment.objects.select_for_update().filter(pk=assignment.pk).first()
    if found is None:
        raise AssignmentGoneError
    return found
