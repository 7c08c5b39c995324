"""Changing roles: what helpers may do, wherever an assignment lets them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import (
    InvalidError,
    NotAllowedError,
    NotFoundError,
    RuleError,
    require_valid,
)
from apps.roles.models import Action, Role
from apps.roles.selectors import ROLE_FIELDS, role_state, roles_of
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User
from apps.tenants.services import NameTakenError, require_permission
from apps.tenants.signals import announce_ground_change

HELP_DESK_OPERATOR = "Help Desk Operator"
LONGEST_NAME = 120


class BuiltInRoleError(NotAllowedError):
    code = "built_in_role"
    message = _("Built-in roles cannot be changed. Duplicate it and change the copy.")


class NoPermissionError(InvalidError):
    code = "no_permission"
    message = _("A role needs at least one permission.")


class RoleInUseError(RuleError):
    code = "role_in_use"
    message = _("Role assignments use this role. Give them another role or delete them first.")


def ensure_built_in_roles() -> None:
    """The built-in role with all three actions (R2); run after each migration."""
    Role.objects.update_or_create(
        tenant=None,
        name=HELP_DESK_OPERATOR,
        defaults={"view_screen": True, "full_control": True, "elevation": True},
    )


def help_desk_operator() -> Role:
    return Role.objects.get(tenant=None, name=HELP_DESK_OPERATOR)


def require_manager(actor: User | None, tenant: Tenant) -> None:
    if actor is None:
        return  # the command line
    require_permission(actor, "tenants.manage_roles")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


def _set(role: Role, *, name: str, description: str, actions: Iterable[Action]) -> None:
    wanted = set(actions)
    if not wanted:
        raise NoPermissionError(fields={"actions": str(NoPermissionError.message)})
    role.name, role.description = name.strip(), description.strip()
    for action in Action:
        setattr(role, action.value, action in wanted)


def _save(role: Role) -> None:
    taken = Role.objects.filter(tenant=role.tenant_id, name__iexact=role.name).exclude(pk=role.pk)
    if taken.exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    require_valid(role)
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error


@transaction.atomic
def create_role(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    actions: Iterable[Action],
    description: str = "",
) -> Role:
    """A custom role with any subset of actions (R3), but not with none."""
    require_manager(actor, tenant)
    role = Role(tenant=tenant)
    _set(role, name=name, description=description, actions=actions)
    _save(role)
    new = audit.state_of(role, *ROLE_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=role, new=new)
    return role


@transaction.atomic
def duplicate_role(
    *,
    actor: User | None,
    tenant: Tenant,
    role: Role,
    name: str = "",
    description: str | None = None,
) -> Role:
    """A custom role with the actions of this one, built-in or of the tenant (R2). Without a name it is called a copy."""
    require_manager(actor, tenant)
    if role.tenant_id not in (None, tenant.pk):
        raise NotFoundError
    return create_role(
        actor=actor,
        tenant=tenant,
        name=name or free_copy_name(tenant, role.name),
        actions=role.actions,
        description=role.description if description is None else description,
    )


def free_copy_name(tenant: Tenant, name: str) -> str:
    """A name for a copy that no role of the tenant has."""
    taken = {known.lower() for known in roles_of(tenant.pk).values_list("name", flat=True)}
    number = 1
    while True:
        words = (
            gettext("Copy of %(name)s") if number == 1 else gettext("Copy %(number)s of %(name)s")
        )
        room = LONGEST_NAME - len(words % {"name": "", "number": number})
        copy = words % {"name": name[:room], "number": number}
        if copy.lower() not in taken:
            return copy
        number += 1


@transaction.atomic
def change_role(
    *,
    actor: User | None,
    role: Role,
    actions: Iterable[Action],
    name: str | None = None,
    description: str | None = None,
    seen: str | None = None,
) -> Role:
    """Set what a custom role allows, and its name; running sessions are asked about again.

    Built-in ones are refused, and a change of what somebody else has changed since it was `seen`.
    """
    if role.tenant is None:
        raise BuiltInRoleError
    tenant = role.tenant
    require_manager(actor, tenant)
    role = _locked(role)
    require_unchanged(role_state(role), seen)
    before = audit.state_of(role, *ROLE_FIELDS)
    _set(
        role,
        name=role.name if name is None else name,
        description=role.description if description is None else description,
        actions=actions,
    )
    _save(role)
    announce_ground_change(tenant.pk)
    new = audit.state_of(role, *ROLE_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.CHANGED, target=role, old=before, new=new)
    return role


@transaction.atomic
def delete_role(*, actor: User | None, role: Role) -> None:
    """Delete a custom role that no assignment uses."""
    if role.tenant is None:
        raise BuiltInRoleError
    tenant = role.tenant
    require_manager(actor, tenant)
    role = _locked(role)
    if role.assignments.exists():
        raise RoleInUseError
    old = audit.state_of(role, *ROLE_FIELDS)
    audit.record(actor=actor, tenant=tenant, act=Act.REMOVED, target=role, old=old)
    role.delete()


def _locked(role: Role) -> Role:
    found = Role.objects.select_for_update().filter(pk=role.pk).first()
    if found is None:
        raise NotFoundError
    return found
