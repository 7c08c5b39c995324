"""Who may administer what of a tenant."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from apps.common.errors import NotAllowedError
from apps.tenants import audit, selectors
from apps.tenants.models import Act, User


def require_permission(actor: User, permission: str) -> None:
    """Refuse unless the actor holds that administrative permission on their tenant."""
    if not selectors.may_administer(actor, permission):
        raise NotAllowedError


@transaction.atomic
def grant_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Make a person an administrator of their own tenant, for these permissions."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    given = list(permissions)
    for permission in given:
        assign_perm(permission, person, person.tenant)
    if given:
        audit.record(
            actor=actor,
            tenant=person.tenant,
            act=Act.GRANTED,
            target=person,
            new={"administers": given},
        )


@transaction.atomic
def revoke_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Take administrative permissions back; those not held are ignored."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    if person.tenant is None:
        raise NotAllowedError
    taken = list(permissions)
    for permission in taken:
        remove_perm(permission, person, person.tenant)
    if taken:
        audit.record(
            actor=actor,
            tenant=person.tenant,
            act=Act.WITHDRAWN,
            target=person,
            old={"administers": taken},
        )
