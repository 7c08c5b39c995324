"""The shapes of what the devices API is sent and answers."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.common.conflicts import fingerprint
from apps.common.preview_api import PreviewSerializer
from apps.devices.models import Device, Enrolment, Policy, SavedView, System
from apps.devices.rows import DEFAULT_SORT, SEEN, SORTS
from apps.devices.rules import Rule
from apps.devices.selectors import (
    count_of,
    device_state,
    find_report,
    policy_standings,
    policy_state,
    view_state,
)
from apps.devices.tokens import LONGEST
from apps.tenants.models import VERSION

Shape = serializers.Serializer[Any]
VERSION_HELP = "The `version` that you saw; with it a change over somebody else's is refused (409)."

PUBLIC_KEY = RegexValidator(r"\A[A-Za-z0-9_-]{43}\Z", _("Enter an Ed25519 key in base64url."))

# --- sent -----------------------------------------------------------------------------------------


class RegisterSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, help_text="The device's own name.")
    system = serializers.ChoiceField(choices=System.choices)
    system_version = serializers.CharField(max_length=60)
    app_version = serializers.CharField(max_length=20, validators=[VERSION])
    public_key = serializers.CharField(
        max_length=43,
        validators=[PUBLIC_KEY],
        help_text="The device's Ed25519 public key, 32 bytes in base64url without padding.",
    )


class EnrolSerializer(RegisterSerializer):
    token = serializers.CharField(
        max_length=LONGEST, help_text="An enrolment token of the organisation."
    )


class FactsSerializer(StrictSerializer):
    """Null, or left out: the app could not find out."""

    disk_encrypted = serializers.BooleanField(allow_null=True, default=None)
    screen_lock = serializers.BooleanField(allow_null=True, default=None)
    firewall = serializers.BooleanField(allow_null=True, default=None)
    update_age_days = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=100_000
    )
    updates_pending = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=100_000
    )


class ReportSerializer(StrictSerializer):
    app_version = serializers.CharField(max_length=20, validators=[VERSION])
    system_version = serializers.CharField(max_length=60)
    facts = FactsSerializer()


class NewEnrolmentTokenSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, help_text="What people know it by.")
    expires_at = serializers.DateTimeField(help_text="In the future, within a year.")
    uses_left = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=1_000_000,
        help_text="How many devices may enrol with it; null or left out: any number.",
    )


class ListQuerySerializer(StrictSerializer):
    search = serializers.CharField(required=False, max_length=100, help_text="Words of a name.")
    cursor = serializers.CharField(
        required=False, max_length=1500, help_text="The `next_cursor` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


class PolicyQuerySerializer(ListQuerySerializer):
    rule = serializers.ChoiceField(choices=Rule.choices, required=False)
    system = serializers.ChoiceField(choices=System.choices, required=False)


class DeviceQuerySerializer(ListQuerySerializer):
    search = serializers.CharField(
        required=False, max_length=100, help_text="Words of the device's or its owner's name."
    )
    enrolment = serializers.ChoiceField(choices=Enrolment.choices, required=False)
    is_compliant = serializers.BooleanField(required=False)
    system = serializers.ChoiceField(choices=System.choices, required=False)
    owner = serializers.CharField(
        required=False, max_length=100, help_text="Words of the owner's name or address."
    )
    group = serializers.UUIDField(required=False)
    seen = serializers.ChoiceField(
        choices=[(name, name) for name in SEEN],
        required=False,
        help_text="Last seen within so many days, not for so many days, or never.",
    )
    app_below = serializers.CharField(
        required=False, max_length=20, validators=[VERSION], help_text="The app is older than this."
    )
    fails = serializers.UUIDField(
        required=False, help_text="A compliance policy that they have to meet and do not."
    )
    sort = serializers.ChoiceField(
        choices=[(word, word) for name in SORTS for word in (name, f"-{name}")],
        default=DEFAULT_SORT,
        help_text="With a minus the other way round.",
    )


class ChangedDeviceSerializer(StrictSerializer):
    note = serializers.CharField(max_length=500, allow_blank=True)
    groups = serializers.ListField(child=serializers.UUIDField(), max_length=500)
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class AddToGroupSerializer(StrictSerializer):
    devices = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=500, help_text="At most 500."
    )
    group = serializers.UUIDField()


class TokenQuerySerializer(StrictSerializer):
    cursor = serializers.CharField(
        required=False, max_length=200, help_text="The `next_cursor` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=100)


class NewViewSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    query = serializers.DictField(
        child=serializers.CharField(max_length=100),
        help_text="Filters and `sort`, as the address of the page has them.",
    )
    is_shared = serializers.BooleanField(
        default=False, help_text="With everybody of the organisation who sees devices."
    )


class ChangedViewSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    query = serializers.DictField(child=serializers.CharField(max_length=100))
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class NewPolicySerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    rule = serializers.ChoiceField(choices=Rule.choices)
    value = serializers.CharField(
        max_length=60,
        allow_blank=True,
        default="",
        help_text="A version, or a number of days or updates; empty for the other rules.",
    )
    system = serializers.ChoiceField(
        choices=System.choices,
        allow_blank=True,
        default="",
        help_text="Only for devices with this system; empty: whatever it is.",
    )
    covers_all_devices = serializers.BooleanField(default=False)
    groups = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=500,
        required=False,
        help_text="Groups of devices; at least one, unless it covers all devices.",
    )


class ChangedPolicySerializer(NewPolicySerializer):
    version = serializers.CharField(required=False, max_length=64, help_text=VERSION_HELP)


class NoFieldsSerializer(StrictSerializer):
    """No fields: an empty object, or no body at all."""


# --- answered -------------------------------------------------------------------------------------


class FailedPolicySerializer(Shape):
    name = serializers.CharField(help_text="The policy that the device fails.")
    rule = serializers.CharField()
    found = serializers.CharField(help_text="What was found; empty if it was never evaluated.")


class DeviceSerializer(Shape):
    id = serializers.UUIDField(source="device.pk")
    name = serializers.CharField(source="device.name")
    system = serializers.ChoiceField(choices=System.choices, source="device.system")
    system_version = serializers.CharField(source="device.system_version")
    app_version = serializers.CharField(source="device.app_version")
    enrolment = serializers.ChoiceField(choices=Enrolment.choices, source="device.enrolment")
    is_compliant = serializers.BooleanField(help_text="Never, while it is not enrolled.")
    failed_policies = FailedPolicySerializer(many=True)


class EnrolmentTokenSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    expires_at = serializers.DateTimeField()
    uses_left = serializers.IntegerField(allow_null=True, help_text="Null: any number.")
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class IssuedEnrolmentTokenSerializer(Shape):
    token = EnrolmentTokenSerializer()
    value = serializers.CharField(help_text="What is entered in the app. It is shown this once.")


class EnrolmentTokensSerializer(Shape):
    enrolment_tokens = EnrolmentTokenSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class AppVersionsSerializer(Shape):
    recommended = serializers.CharField(
        source="recommended_app_version", help_text="Older apps ask for an update; empty: none do."
    )
    mandatory = serializers.CharField(
        source="mandatory_app_version", help_text="Older apps cannot go on; empty: all can."
    )


class GroupOfDevicesSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class OwnerSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="full_name")
    email = serializers.EmailField()


class DeviceRowSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    owner = OwnerSerializer(allow_null=True)
    system = serializers.ChoiceField(choices=System.choices)
    system_version = serializers.CharField()
    app_version = serializers.CharField(help_text="Empty: not known.")
    enrolment = serializers.ChoiceField(choices=Enrolment.choices)
    enrolled_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True, help_text="When it was removed.")
    last_seen_at = serializers.DateTimeField(allow_null=True)
    is_compliant = serializers.BooleanField(
        source="is_compliant_now", help_text="Never, while it is not enrolled."
    )
    is_connected = serializers.BooleanField(
        source="is_connected_now", help_text="Whether its app holds its socket right now."
    )
    note = serializers.CharField()


class DevicePageSerializer(Shape):
    devices = DeviceRowSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class DeviceReportSerializer(Shape):
    """What the device last said of itself; null for what it could not find out."""

    disk_encrypted = serializers.BooleanField(allow_null=True)
    screen_lock = serializers.BooleanField(allow_null=True)
    firewall = serializers.BooleanField(allow_null=True)
    update_age_days = serializers.IntegerField(allow_null=True)
    updates_pending = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class PolicyStandingSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    asks = serializers.CharField(help_text="In words.")
    is_met = serializers.BooleanField(allow_null=True, help_text="Null: not asked yet.")
    is_being_asked = serializers.BooleanField(help_text="An answer is being found just now.")
    found = serializers.CharField(help_text="In words.")


class DeviceDetailSerializer(DeviceRowSerializer):
    groups = serializers.SerializerMethodField()
    policies = serializers.SerializerMethodField(help_text="Each that is assigned to it.")
    report = serializers.SerializerMethodField(help_text="Null: it never checked in.")
    version = serializers.SerializerMethodField(help_text="Changes with note and groups.")

    @extend_schema_field(GroupOfDevicesSerializer(many=True))
    def get_groups(self, device: Device) -> Any:
        return GroupOfDevicesSerializer(device.groups.order_by("name"), many=True).data

    @extend_schema_field(PolicyStandingSerializer(many=True))
    def get_policies(self, device: Device) -> Any:
        return PolicyStandingSerializer(policy_standings(device), many=True).data

    @extend_schema_field(DeviceReportSerializer(allow_null=True))
    def get_report(self, device: Device) -> Any:
        report = find_report(device)
        return None if report is None else DeviceReportSerializer(report).data

    def get_version(self, device: Device) -> str:
        return fingerprint(device_state(device))


class AddedSerializer(Shape):
    number = serializers.IntegerField(help_text="How many were not in the group before.")


class SavedViewSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    query = serializers.DictField(child=serializers.CharField())
    is_shared = serializers.BooleanField()
    version = serializers.SerializerMethodField(help_text="Changes with the view.")

    def get_version(self, view: SavedView) -> str:
        return fingerprint(view_state(view))


class SavedViewsSerializer(Shape):
    views = SavedViewSerializer(many=True)


class EvaluationSerializer(Shape):
    """How far the policy has been asked of its devices."""

    wanted_at = serializers.DateTimeField()
    total = serializers.IntegerField(allow_null=True, help_text="Null: it has not begun.")
    done = serializers.IntegerField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null: it goes on.")


class PolicyRowSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    rule = serializers.ChoiceField(choices=Rule.choices)
    value = serializers.CharField()
    system = serializers.CharField(help_text="Empty: whatever it is.")
    covers_all_devices = serializers.BooleanField()
    groups = serializers.SerializerMethodField()
    evaluation = serializers.SerializerMethodField()

    @extend_schema_field(GroupOfDevicesSerializer(many=True))
    def get_groups(self, policy: Policy) -> Any:
        return GroupOfDevicesSerializer(policy.groups.all(), many=True).data

    @extend_schema_field(EvaluationSerializer(allow_null=True))
    def get_evaluation(self, policy: Policy) -> Any:
        if not hasattr(policy, "evaluation"):
            return None
        return EvaluationSerializer(policy.evaluation).data


class PolicyCountSerializer(Shape):
    covered = serializers.IntegerField()
    met = serializers.IntegerField()
    unmet = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Never said anything of themselves.")


class PolicySerializer(PolicyRowSerializer):
    devices = serializers.SerializerMethodField(help_text="How the devices that it covers stand.")
    version = serializers.SerializerMethodField(help_text="Changes with the policy.")

    @extend_schema_field(PolicyCountSerializer)
    def get_devices(self, policy: Policy) -> Any:
        return PolicyCountSerializer(count_of(policy)).data

    def get_version(self, policy: Policy) -> str:
        return fingerprint(policy_state(policy))


class PolicyPageSerializer(Shape):
    policies = PolicyRowSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class ForecastSerializer(Shape):
    """What saving would do to the devices, and whom that closes off or lets in."""

    number_gained = serializers.IntegerField(help_text="Devices that become compliant.")
    number_lost = serializers.IntegerField(help_text="Devices that no longer are.")
    gained = serializers.ListField(child=serializers.CharField(), help_text="Names, at most 10.")
    lost = serializers.ListField(child=serializers.CharField(), help_text="Names, at most 10.")
    covered = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Never said anything of themselves.")
    compliant_before = serializers.IntegerField()
    compliant_after = serializers.IntegerField()
    is_compliance_required = serializers.BooleanField(
        help_text="Whether conditional access asks for compliance; if not, nobody is closed off."
    )
    effect = PreviewSerializer()
