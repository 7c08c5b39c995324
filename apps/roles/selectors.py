"""Who may help whom, by roles: one definition, asked as a list and as yes or no."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Value, When

from apps.common.errors import NotFoundError
from apps.roles.models import Action, Role, RoleAssignment
from apps.tenants.models import Group, User
from apps.tenants.selectors import tenant_of

# To view is part of taking control (product.md 4), so either flag of a role answers for viewing.
_GIVEN_BY: dict[Action, Q] = {
    Action.VIEW_SCREEN: Q(role__view_screen=True) | Q(role__full_control=True),
    Action.FULL_CONTROL: Q(role__full_control=True),
    Action.ELEVATION: Q(role__elevation=True),
}


def giving(action: Action) -> Q:
    """Roles that allow it."""
    given = Q(**{action.value: True})
    return given | Q(full_control=True) if action is Action.VIEW_SCREEN else given


def roles_of(tenant_id: uuid.UUID) -> QuerySet[Role]:
    """The built-in roles and the tenant's own."""
    return Role.objects.filter(Q(tenant_id=tenant_id) | Q(tenant__isnull=True))


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


def role_state(role: Role) -> dict[str, Any]:
    """A role as a form or a program sees it; what two people's changes are compared by."""
    return {name: getattr(role, name) for name in ROLE_FIELDS}


def assignment_state(assignment: RoleAssignment) -> dict[str, Any]:
    """A role assignment as a form or a program sees it. Two queries."""

    def ids(groups: QuerySet[Group]) -> list[str]:
        return sorted(str(pk) for pk in groups.values_list("pk", flat=True))

    return {
        "name": assignment.name,
        "description": assignment.description,
        "role": str(assignment.role_id),
        "admin_groups": ids(assignment.admin_groups.order_by()),
        "scope_groups": ids(assignment.scope_groups.order_by()),
        "covers_all_users": assignment.covers_all_users,
        "covers_all_devices": assignment.covers_all_devices,
    }


def role_rows(tenant_id: uuid.UUID) -> QuerySet[Role]:
    """The roles of a list, each with the number of the tenant's assignments that use it."""
    number = Count("assignments", filter=Q(assignments__tenant=tenant_id))
    return roles_of(tenant_id).annotate(number_of_assignments=number)


def role_for(actor: User, pk: uuid.UUID) -> Role:
    """A built-in role or one of the actor's tenant; any other does not exist (T3)."""
    found = role_rows(tenant_of(actor).pk).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def assignment_rows(tenant_id: uuid.UUID) -> QuerySet[RoleAssignment]:
    """The role assignments of a list, with their groups. However long it is, three queries."""
    return (
        RoleAssignment.objects.filter(tenant=tenant_id)
        .select_related("role")
        .prefetch_related("admin_groups", "scope_groups")
    )


def named_assignment_rows(tenant_id: uuid.UUID) -> QuerySet[RoleAssignment]:
    """The same, each with `role_name` to sort by."""
    return assignment_rows(tenant_id).annotate(role_name=F("role__name"))


def assignment_for(actor: User, pk: uuid.UUID) -> RoleAssignment:
    """A role assignment of the actor's tenant; any other does not exist (T3)."""
    found = assignment_rows(tenant_of(actor).pk).select_related("tenant").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One assignment of a person: what it lets them do, and over whom."""

    assignment: RoleAssignment
    actions: tuple[Action, ...]
    through: tuple[Group, ...]  # the admin groups that the person is in
    scope: tuple[Group, ...]

    @property
    def reaches_nobody(self) -> bool:
        return not (
            self.scope or self.assignment.covers_all_users or self.assignment.covers_all_devices
        )


HELD_SHOWN = 200


def held_roles(person: User) -> list[HeldRole]:
    """What makes this person a helper, the first `HELD_SHOWN` by name. Four queries."""
    own = Group.objects.filter(people=person.pk, tenant=person.tenant_id)
    rows = (
        assignments_of(person)
        .select_related("role")
        .prefetch_related(Prefetch("admin_groups", queryset=own), "scope_groups")
        .order_by("name", "id")[:HELD_SHOWN]
    )
    return [
        HeldRole(
            assignment=row,
            actions=tuple(action for action in Action if action in given_by(row.role)),
            through=tuple(row.admin_groups.all()),
            scope=tuple(row.scope_groups.all()),
        )
        for row in rows
    ]


def assignments_of(helper: User, action: Action | None = None) -> QuerySet[RoleAssignment]:
    """The assignments that make this person a helper; with an action, those whose role allows it. A program that acts
    for them is nobody's helper."""
    if not helper.is_active or helper.tenant_id is None or helper.through is not None:
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
    scope = _reaching(sharer_id, device_id, is_device_enrolled=is_device_enrolled)
    return _united(assignments_of(helper).filter(scope))


def _reaching(
    sharer_id: uuid.UUID | None, device_id: uuid.UUID | None, *, is_device_enrolled: bool
) -> Q:
    """Assignments whose scope reaches that sharer or that device."""
    scope = Q(covers_all_users=True) if sharer_id is None else covering_person(sharer_id)
    if device_id is not None:
        groups = Group.objects.filter(assignments_as_scope=OuterRef("pk"), devices=device_id)
        scope |= Q(Exists(groups))
        if is_device_enrolled:
            scope |= Q(covers_all_devices=True)
    return scope


@dataclass(frozen=True, slots=True)
class AssignmentReach:
    """One assignment of a helper, what its role gives, and whether its scope reaches whom it was asked about."""

    assignment: RoleAssignment
    actions: frozenset[Action]
    is_reaching: bool
    # The scope groups that the sharer or the device is in; empty where *all users* or *all devices* reaches them.
    groups: tuple[Group, ...]
    is_by_all_users: bool
    is_by_all_devices: bool

    @property
    def permissions(self) -> tuple[Action, ...]:
        """`actions` in the order in which people read them."""
        return tuple(action for action in Action if action in self.actions)


def reaches_of(
    helper: User,
    *,
    sharer_id: uuid.UUID | None,
    device_id: uuid.UUID | None = None,
    is_device_enrolled: bool = False,
    number: int = 50,
) -> list[AssignmentReach]:
    """Why `actions_on` says what it says: the helper's assignments, those that reach first. Two queries."""
    scope = _reaching(sharer_id, device_id, is_device_enrolled=is_device_enrolled)
    rows = list(
        assignments_of(helper)
        .annotate(is_reaching=Case(When(scope, then=Value(True)), default=Value(False)))
        .select_related("role")
        .order_by("-is_reaching", "name", "id")[:number]
    )
    member = Q(pk__in=[])
    if sharer_id is not None:
        member |= Q(people=sharer_id)
    if device_id is not None:
        member |= Q(devices=device_id)
    links = (
        RoleAssignment.scope_groups.through.objects.filter(
            roleassignment__in=[row.pk for row in rows],
            group__in=Group.objects.filter(member, tenant=helper.tenant_id).order_by().values("pk"),
        )
        .select_related("group")
        .order_by("group__name", "group_id")
    )
    groups: dict[uuid.UUID, list[Group]] = {}
    for link in links:
        groups.setdefault(link.roleassignment_id, []).append(link.group)
    return [
        AssignmentReach(
            assignment=row,
            actions=given_by(row.role),
            is_reaching=row.is_reaching,
            groups=tuple(groups.get(row.pk, ())),
            is_by_all_users=row.covers_all_users,
            is_by_all_devices=row.covers_all_devices
            and device_id is not None
            and is_device_enrolled,
        )
        for row in rows
    ]


def given_by(role: Role) -> frozenset[Action]:
    """What a role gives: to view is part of taking control."""
    return given_by_flags(role.view_screen, role.full_control, role.elevation)


def given_by_flags(view_screen: bool, full_control: bool, elevation: bool) -> frozenset[Action]:
    """The same of a role's three flags."""
    flags = {
        Action.VIEW_SCREEN: view_screen or full_control,
        Action.FULL_CONTROL: full_control,
        Action.ELEVATION: elevation,
    }
    return frozenset(action for action, is_given in flags.items() if is_given)


def actions_anywhere(helper: User) -> frozenset[Action]:
    """What at least one assignment allows on anybody: enough to get a code, and no more."""
    return _united(assignments_of(helper))


def _united(rows: QuerySet[RoleAssignment]) -> frozenset[Action]:
    flags = rows.values_list("role__view_screen", "role__full_control", "role__elevation")
    given = (given_by_flags(*found) for found in flags.distinct().order_by())
    return frozenset().union(*given)
