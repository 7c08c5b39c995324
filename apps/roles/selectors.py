"""Who may help whom, by roles: one definition, asked as a list and as yes or no."""

from __future__ import annotations

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.roles.models import Action, Role, RoleAssignment
from apps.tenants.models import Group, User

# To view is part of taking control (product.md 4), so either flag of a role answers for viewing.
_GIVEN_BY: dict[Action, Q] = {
    Action.VIEW_SCREEN: Q(role__view_screen=True) | Q(role__full_control=True),
    Action.FULL_CONTROL: Q(role__full_control=True),
    Action.ELEVATION: Q(role__elevation=True),
}


def roles_of(tenant_id: uuid.UUID) -> QuerySet[Role]:
    """The built-in roles and the tenant's own."""
    return Role.objects.filter(Q(tenant_id=tenant_id) | Q(tenant__isnull=True))


def assignments_of(helper: User, action: Action | None = None) -> QuerySet[RoleAssignment]:
    """The assignments that make this person a helper; with an action, those whose role allows it."""
    if not helper.is_active or helper.tenant_id is None:
        return RoleAssignment.objects.none()
    # Through Exists, not a join: a person in two admin groups of one assignment is one row.
    in_admin_group = Group.objects.filter(
        assignments_as_admin=OuterRef("pk"), people=helper.pk, tenant=helper.tenant_id
    )
    found = RoleAssignment.objects.filter(Exists(in_admin_group), tenant=helper.tenant_id)
    return found if action is None else found.filter(_GIVEN_BY[action])


def covering_person(person_id: uuid.UUID) -> Q:
    """Assignments whose scope reaches that person."""
    groups = Group.objects.filter(assignments_as_scope=OuterRef("pk"), people=person_id)
    return Q(covers_all_users=True) | Q(Exists(groups))


def people_open_to(helper: User, action: Action) -> QuerySet[User]:
    """The active people of the tenant whom this helper may do that for, by role and scope. Never themselves."""
    in_scope = Group.objects.filter(
        assignments_as_scope=OuterRef("pk"), people=OuterRef(OuterRef("pk"))
    )
    covering = assignments_of(helper, action).filter(Q(covers_all_users=True) | Q(Exists(in_scope)))
    return User.objects.filter(Exists(covering), tenant=helper.tenant_id, is_active=True).exclude(
        pk=helper.pk
    )


def actions_on(
    helper: User,
    *,
    sharer_id: uuid.UUID | None,
    device_id: uuid.UUID | None = None,
    is_device_enrolled: bool = False,
) -> frozenset[Action]:
    """What the helper's assignments allow on this sharer or this device; they add up (R6).

    Permission and scope are taken per assignment, then united: never the permissions of one with the scope
    of another. One statement. That all belong to one tenant is asked elsewhere and does not follow from this.
    A sharer whom nobody knows yet (None) is in the scope of *all users* and of no group.
    """
    scope = Q(covers_all_users=True) if sharer_id is None else covering_person(sharer_id)
    if device_id is not None:
        groups = Group.objects.filter(assignments_as_scope=OuterRef("pk"), devices=device_id)
        scope |= Q(Exists(groups))
        if is_device_enrolled:
            scope |= Q(covers_all_devices=True)
    rows = assignments_of(helper).filter(scope)
    return _united(rows)


def actions_anywhere(helper: User) -> frozenset[Action]:
    """What at least one assignment allows on anybody: enough to get a code, and no more."""
    return _united(assignments_of(helper))


def _united(rows: QuerySet[RoleAssignment]) -> frozenset[Action]:
    allowed: set[Action] = set()
    flags = rows.values_list("role__view_screen", "role__full_control", "role__elevation")
    for view_screen, full_control, elevation in flags.distinct().order_by():
        if view_screen or full_control:
            allowed.add(Action.VIEW_SCREEN)
        if full_control:
            allowed.add(Action.FULL_CONTROL)
        if elevation:
            allowed.add(Action.ELEVATION)
    return frozenset(allowed)
