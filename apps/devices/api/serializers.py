"""The shapes of what the devices API is sent and answers."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.devices.models import Enrolment, System
from apps.devices.tokens import LONGEST
from apps.tenants.models import VERSION

Shape = serializers.Serializer[Any]

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
    enrolment_tokens = EnrolmentTokenSerializer(many=True)


class AppVersionsSerializer(Shape):
    recommended = serializers.CharField(
        source="recommended_app_version", help_text="Older apps ask for an update; empty: none do."
    )
    mandatory = serializers.CharField(
        source="mandatory_app_version", help_text="Older apps cannot go on; empty: all can."
    )
