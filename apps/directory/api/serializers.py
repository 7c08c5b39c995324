"""The shapes of what the directory's API is sent and answers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.common.conflicts import fingerprint
from apps.directory.forms import MOST_CHOSEN
from apps.directory.models import Import, ImportState
from apps.directory.selectors import faults_of
from apps.tenants.api.serializers import PageQuerySerializer
from apps.tenants.models import Group, User
from apps.tenants.selectors import group_state, profile_state

Shape = serializers.Serializer[Any]
VERSION_HELP = "The `version` that you saw; with it a change over somebody else's is refused (409)."
YES_NO = [("yes", "yes"), ("no", "no")]

# --- people ---------------------------------------------------------------------------------------


class PeopleQuerySerializer(PageQuerySerializer):
    state = serializers.ChoiceField(
        choices=[("active", "active"), ("disabled", "disabled")], required=False
    )
    group = serializers.UUIDField(required=False, help_text="Members of this group.")
    seat = serializers.ChoiceField(
        choices=YES_NO, required=False, help_text="Whether they hold a seat of an active licence."
    )
    administrator = serializers.ChoiceField(choices=YES_NO, required=False)


class NewPersonSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)
    first_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    job_title = serializers.CharField(max_length=120, allow_blank=True, default="")
    language = serializers.ChoiceField(
        choices=[("", ""), *((code, code) for code, _name in settings.LANGUAGES)],
        default="",
        help_text="Empty: as their browser says.",
    )


class ChangedPersonSerializer(NewPersonSerializer):
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class PersonSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    email = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    job_title = serializers.CharField()
    language = serializers.CharField()
    is_active = serializers.BooleanField()
    is_of_directory = serializers.SerializerMethodField(
        help_text="Whether the organisation's directory keeps name, address and job title."
    )
    has_picture = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="date_joined")
    version = serializers.SerializerMethodField(help_text="Changes with the profile.")

    def get_is_of_directory(self, person: User) -> bool:
        return bool(person.directory_oid)

    def get_has_picture(self, person: User) -> bool:
        return bool(person.picture)

    def get_version(self, person: User) -> str:
        return fingerprint(profile_state(person))


class PeoplePageSerializer(Shape):
    people = PersonSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


# --- groups ---------------------------------------------------------------------------------------


class GroupsQuerySerializer(PageQuerySerializer):
    holds = serializers.ChoiceField(
        choices=[("people", "people"), ("devices", "devices"), ("nothing", "nothing")],
        required=False,
    )


class NewGroupSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, allow_blank=True, default="")


class ChangedGroupSerializer(NewGroupSerializer):
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class GroupSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    description = serializers.CharField()
    number_of_people = serializers.IntegerField()
    number_of_devices = serializers.IntegerField()
    version = serializers.SerializerMethodField(help_text="Changes with name and description.")

    def get_version(self, group: Group) -> str:
        return fingerprint(group_state(group))


class GroupPageSerializer(Shape):
    groups = GroupSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class UseSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class UsesSerializer(Shape):
    admin_group_of = UseSerializer(many=True, source="as_admin", help_text="Role assignments.")
    scope_of = UseSerializer(many=True, source="as_scope", help_text="Role assignments.")
    seats_of = serializers.SerializerMethodField(help_text="Ids of licences.")
    policies = UseSerializer(many=True, help_text="Compliance policies.")
    is_in_conditional_access = serializers.BooleanField()

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_seats_of(self, uses: Any) -> list[str]:
        return [str(seat.license_id) for seat in uses.seats]


class MembersSerializer(StrictSerializer):
    """Who is in it already, or is not, is no error: the same again changes nothing."""

    add = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_CHOSEN
    )
    remove = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_CHOSEN
    )


class GroupDeviceSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    owner = serializers.SerializerMethodField(help_text="Empty: nobody.")

    def get_owner(self, device: Any) -> str:
        return str(device.owner_id or "")


class GroupDevicesPageSerializer(Shape):
    devices = GroupDeviceSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


# --- imports --------------------------------------------------------------------------------------


class NewImportSerializer(StrictSerializer):
    csv = serializers.CharField(trim_whitespace=False, help_text="The file as text; see docs.")
    makes_groups = serializers.BooleanField(default=False)


class ApplySerializer(StrictSerializer):
    valid_rows_only = serializers.BooleanField(
        default=False, help_text="False: with a faulty row nothing is applied."
    )


class FaultSerializer(Shape):
    number = serializers.IntegerField(help_text="The line in the file; the heading is 1.")
    column = serializers.CharField(help_text="Empty: the row as a whole.")
    value = serializers.CharField()
    words = serializers.CharField(help_text="For people, in the language of the request.")


class ImportSerializer(serializers.ModelSerializer[Import]):
    state = serializers.ChoiceField(choices=ImportState.choices)
    # Said here, as what REST framework reads off the model differs between databases.
    number_of_rows = serializers.IntegerField(min_value=0)
    people_created = serializers.SerializerMethodField()
    people_changed = serializers.SerializerMethodField()
    memberships = serializers.SerializerMethodField()
    groups_made = serializers.SerializerMethodField()
    rows_faulty = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField(help_text="What refuses the whole, or empty.")
    faults = serializers.SerializerMethodField(help_text="The first ones only.")

    class Meta:
        model = Import
        fields = [
            "id",
            "state",
            "created_at",
            "finished_at",
            "makes_groups",
            "valid_rows_only",
            "number_of_rows",
            "people_created",
            "people_changed",
            "memberships",
            "groups_made",
            "rows_faulty",
            "refusal",
            "faults",
        ]

    def get_people_created(self, row: Import) -> int:
        return int(row.report.get("created", 0))

    def get_people_changed(self, row: Import) -> int:
        return int(row.report.get("changed", 0))

    def get_memberships(self, row: Import) -> int:
        return int(row.report.get("joined", 0))

    def get_groups_made(self, row: Import) -> int:
        return int(row.report.get("groups", 0))

    def get_rows_faulty(self, row: Import) -> int:
        return int(row.report.get("faulty", 0))

    def get_refusal(self, row: Import) -> str:
        return str(row.report.get("refusal", ""))

    @extend_schema_field(FaultSerializer(many=True))
    def get_faults(self, row: Import) -> Any:
        return FaultSerializer(faults_of(row), many=True).data
