"""The shapes of what the roles API is sent and answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.common.conflicts import fingerprint
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.selectors import HeldRole, assignment_state, role_state
from apps.tenants.selectors import PERMISSIONS

Shape = serializers.Serializer[Any]
MOST_GROUPS = 500

# --- sent -----------------------------------------------------------------------------------------


class ListQuerySerializer(StrictSerializer):
    search = serializers.CharField(required=False, max_length=100, help_text="Words of a name.")
    cursor = serializers.CharField(
        required=False, max_length=1500, help_text="The `next_cursor` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


def _actions(**kwargs: Any) -> Any:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=Action.choices), max_length=len(Action), **kwargs
    )


class NewRoleSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, allow_blank=True, default="")
    actions = _actions(help_text="What it allows; at least one.")


VERSION_HELP = "The `version` that you saw; with it a change over somebody else's is refused (409)."


class ChangedRoleSerializer(NewRoleSerializer):
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class CopySerializer(StrictSerializer):
    name = serializers.CharField(
        required=False, max_length=120, help_text="Left out, it is called a copy."
    )


class RoleActionsSerializer(StrictSerializer):
    actions = _actions(help_text="What it would allow.")


def _groups(**kwargs: Any) -> Any:
    return serializers.ListField(child=serializers.UUIDField(), max_length=MOST_GROUPS, **kwargs)


class NewAssignmentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, allow_blank=True, default="")
    role = serializers.UUIDField()
    admin_groups = _groups(help_text="Groups whose members become helpers; at least one.")
    scope_groups = _groups(required=False, help_text="Groups of people or devices to be helped.")
    covers_all_users = serializers.BooleanField(default=False)
    covers_all_devices = serializers.BooleanField(
        default=False, help_text="All enrolled devices; never one that is not enrolled."
    )


class ChangedAssignmentSerializer(NewAssignmentSerializer):
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


# --- answered -------------------------------------------------------------------------------------


class RoleSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    description = serializers.CharField()
    is_built_in = serializers.BooleanField(help_text="It can be duplicated, and not be changed.")
    actions = serializers.SerializerMethodField()
    number_of_assignments = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField(help_text="Changes with the role.")

    @extend_schema_field(_actions())
    def get_actions(self, role: Role) -> list[str]:
        return [action.value for action in Action if action in role.actions]

    def get_number_of_assignments(self, role: Role) -> int:
        return int(getattr(role, "number_of_assignments", 0))

    def get_version(self, role: Role) -> str:
        return fingerprint(role_state(role))


class RolePageSerializer(Shape):
    roles = RoleSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class NamedSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class AssignmentRowSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    description = serializers.CharField()
    role = NamedSerializer()
    admin_groups = serializers.SerializerMethodField()
    scope_groups = serializers.SerializerMethodField()
    covers_all_users = serializers.BooleanField()
    covers_all_devices = serializers.BooleanField()
    reaches_nobody = serializers.SerializerMethodField(help_text="Whether its scope is empty.")

    @extend_schema_field(NamedSerializer(many=True))
    def get_admin_groups(self, assignment: RoleAssignment) -> Any:
        return NamedSerializer(assignment.admin_groups.all(), many=True).data

    @extend_schema_field(NamedSerializer(many=True))
    def get_scope_groups(self, assignment: RoleAssignment) -> Any:
        return NamedSerializer(assignment.scope_groups.all(), many=True).data

    def get_reaches_nobody(self, assignment: RoleAssignment) -> bool:
        return not (
            assignment.covers_all_users
            or assignment.covers_all_devices
            or assignment.scope_groups.all()
        )


class AssignmentSerializer(AssignmentRowSerializer):
    version = serializers.SerializerMethodField(help_text="Changes with the assignment.")

    def get_version(self, assignment: RoleAssignment) -> str:
        return fingerprint(assignment_state(assignment))


class AssignmentPageSerializer(Shape):
    role_assignments = AssignmentRowSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class HeldSerializer(Shape):
    assignment = NamedSerializer()
    role = NamedSerializer(source="assignment.role")
    actions = _actions()
    admin_groups = NamedSerializer(many=True, source="through", help_text="Through which groups.")
    scope_groups = NamedSerializer(many=True, source="scope")
    covers_all_users = serializers.BooleanField(source="assignment.covers_all_users")
    covers_all_devices = serializers.BooleanField(source="assignment.covers_all_devices")
    reaches_nobody = serializers.BooleanField()


class PermissionsSerializer(Shape):
    actions = serializers.SerializerMethodField(help_text="What at least one assignment allows.")
    role_assignments = HeldSerializer(many=True, source="held")
    administers = serializers.ListField(
        child=serializers.ChoiceField(choices=[(name, name) for name in PERMISSIONS]),
        help_text="The administrative permissions on the tenant.",
    )

    @extend_schema_field(_actions())
    def get_actions(self, shown: Any) -> list[str]:
        held: list[HeldRole] = shown.held
        given = {action for one in held for action in one.actions}
        return [action.value for action in Action if action in given]
