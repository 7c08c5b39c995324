"""Every write to roles and role assignments, by subject."""

from apps.roles.services.assignments import (
    AssignmentGoneError,
    NoAdminGroupError,
    assign_role,
    change_assignment,
    remove_assignment,
)
from apps.roles.services.roles import (
    HELP_DESK_OPERATOR,
    BuiltInRoleError,
    NoPermissionError,
    RoleInUseError,
    change_role,
    create_role,
    delete_role,
    duplicate_role,
    ensure_built_in_roles,
    help_desk_operator,
)

__all__ = [
    "HELP_DESK_OPERATOR",
    "AssignmentGoneError",
    "BuiltInRoleError",
    "NoAdminGroupError",
    "NoPermissionError",
    "RoleInUseError",
    "assign_role",
    "change_assignment",
    "change_role",
    "create_role",
    "delete_role",
    "duplicate_role",
    "ensure_built_in_roles",
    "help_desk_operator",
    "remove_assignment",
]
