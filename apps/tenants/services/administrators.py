"""Who may administer what of a tenant."""

from __future__ import annotations

from collections.abc import Iterable

from guardian.shortcuts import assign_perm, remove_perm

from apps.common.errors import NotAllowedError
from apps.tenants import selectors
from apps.tenants.models import User


def require_permission(actor: User, permission: str) -> None:
    """Refuse unless the actor holds that administrative permission on their tenant."""
    if not selectors.may_administer(actor, permission):
        raise NotAllowedError


def grant_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Make a person an administrator of their own tenant, for these permissions."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    for permission in permissions:
        assign_perm(permission, person, person.tenant)


def revoke_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Take administrative permissions back; those not held are ignored."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    for permission in permissions:
        remove_perm(permission, person, person.tenant)
