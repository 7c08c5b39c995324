"""Changing roles and role assignments."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.errors import NotAllowedError
from apps.roles.models import Action, Role, RoleAssignment
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services import NameTakenError, require_permission
from apps.tenants.signals import announce_ground_change

HELP_DESK_OPERATOR = "Help Desk Operator"
# What the audit log keeps of them.
ROLE_FIELDS = ("name", "description", *(action.value for action in Action))
ASSIGNMENT_FIELDS = (
    "name",
    "description",
    "role",
    "admin_groups",
    "scope_groups",
    "covers_all_users",
    "covers_all_devices",
)


class BuiltInRoleError(NotAllowedError):
    code = "built_in_role"
    message = _("Built-in roles cannot be changed. Duplicate it and change the copy.")


def ensure_built_in_roles() -> None:
    """The built-in role with all three actions (R2); run after each migration."""
    Role.objects.update_or_create(
        tenant=None,
        name=HELP_DESK_OPERATOR,
        defaults={"view_screen": True, "full_control": True, "elevation": True},
    )


def help_desk_operator() -> Role:
    return Role.objects.get(tenant=None, name=HELP_DESK_OPERATOR)


def _require_manager(actor: User | None, tenant: Tenant) -> None:
    if actor is None:
        return  # the command line
    require_permission(actor, "tenants.manage_roles")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


@transaction.atomic
def create_role(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    actions: Iterable[Action],
    description: str = "",
) -> Role:
    """A custom role with any subset of actions (R3)."""
    _require_manager(actor, tenant)
    flags = {action.value: True for action in actions}
    try:
        with transaction.atomic():
            role = Role.objects.create(tenant=tenant, name=name, description=description, **flags)
    except IntegrityError as error:
        raise NameTakenError from error
    new = audit.state_of(role, *ROLE_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=role, new=new)
    return role


@transaction.atomic
def change_role(*, actor: User | None, role: Role, actions: Iterable[Action]) -> Role:
    """Set what a custom role allows; running sessions are asked about again. Built-in ones are refused."""
    if role.tenant is None:
        raise BuiltInRoleError
    _require_manager(actor, role.tenant)
    before = audit.state_of(role, *ROLE_FIELDS)
    wanted = set(actions)
    for action in Action:
        setattr(role, action.value, action in wanted)
    role.save(update_fields=[action.value for action in Action])
    announce_ground_change(role.tenant.pk)
    new = audit.state_of(role, *ROLE_FIELDS)
    audit.record(actor=actor, tenant=role.tenant, act=Act.CHANGED, target=role, old=before, new=new)
    return role


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
    """A role for admin groups over a scope (R4). Role and groups are of this tenant, or refused."""
    _require_manager(actor, tenant)
    admins, scopes = list(admin_groups), list(scope_groups)
    if role.tenant_id not in (None, tenant.pk):
        raise NotAllowedError
    if any(group.tenant_id != tenant.pk for group in (*admins, *scopes)):
        raise NotAllowedError
    try:
        with transaction.atomic():
            assignment = RoleAssignment.objects.create(
                tenant=tenant,
                role=role,
                name=name,
                description=description,
                covers_all_users=covers_all_users,
                covers_all_devices=covers_all_devices,
            )
    except IntegrityError as error:
        raise NameTakenError from error
    assignment.admin_groups.set(admins)
    assignment.scope_groups.set(scopes)
    announce_ground_change(tenant.pk)
    new = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=assignment, new=new)
    return assignment


@transaction.atomic
def remove_assignment(*, actor: User | None, assignment: RoleAssignment) -> None:
    """Take a role assignment away; running sessions that stood on it end."""
    _require_manager(actor, assignment.tenant)
    tenant = assignment.tenant
    old = audit.state_of(assignment, *ASSIGNMENT_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=assignment, old=old)
    assignment.delete()
    announce_ground_change(tenant.pk)
