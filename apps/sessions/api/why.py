"""Why somebody may help somebody, over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_views import StrictSerializer
from apps.roles.models import Action
from apps.sessions.api.serializers import NamedPersonSerializer, Shape, WarningSerializer
from apps.sessions.eligibility import CheckName
from apps.sessions.why import ASK, Explanation, OwnAnswer, explain, own_answer
from apps.tenants.people_view import PeopleView

# --- sent -----------------------------------------------------------------------------------------


class OwnWhyQuerySerializer(StrictSerializer):
    sharer = serializers.UUIDField(help_text="Who would be helped.")
    device = serializers.UUIDField(
        required=False, help_text="On which device; left out, in a plain browser."
    )
    action = serializers.ChoiceField(choices=Action.choices, default=Action.VIEW_SCREEN)


class WhyQuerySerializer(OwnWhyQuerySerializer):
    helper = serializers.UUIDField(help_text="Who would help.")


# --- answered -------------------------------------------------------------------------------------


class CheckSerializer(Shape):
    name = serializers.ChoiceField(choices=CheckName.choices)
    is_passed = serializers.BooleanField()
    code = serializers.CharField(help_text="Why it did not pass; empty if it did.")
    message = serializers.CharField(help_text="The same for people.")
    remedy = serializers.CharField(help_text="What would change it.")
    expected_at = serializers.DateTimeField(
        allow_null=True, help_text="When a pending licence is expected to be active."
    )


class LineSerializer(CheckSerializer):
    name = serializers.ChoiceField(choices=CheckName.choices, source="check.name")
    is_passed = serializers.BooleanField(source="check.is_passed")
    code = serializers.CharField(
        source="check.code", help_text="Why it did not pass; empty if it did."
    )
    message = serializers.CharField(source="check.message", help_text="The same for people.")
    remedy = serializers.CharField(source="check.remedy", help_text="What would change it.")
    expected_at = serializers.DateTimeField(
        source="check.expected_at",
        allow_null=True,
        help_text="When a pending licence is expected to be active.",
    )
    takes = serializers.CharField(
        source="place.value",
        help_text="The administrative permission that changing it takes; empty if nobody here can.",
    )


class ReachSerializer(Shape):
    id = serializers.UUIDField(source="assignment.pk")
    name = serializers.CharField(source="assignment.name")
    role = serializers.CharField(source="assignment.role.name")
    actions = serializers.SerializerMethodField(help_text="What its role allows.")
    is_reaching = serializers.BooleanField(
        help_text="Whether its scope covers the sharer or the device."
    )
    by_groups = serializers.SerializerMethodField(
        help_text="The scope groups that the sharer or the device is in."
    )
    by_all_users = serializers.BooleanField(source="is_by_all_users")
    by_all_devices = serializers.BooleanField(source="is_by_all_devices")

    def get_actions(self, reach: Any) -> list[str]:
        return [action.value for action in reach.permissions]

    def get_by_groups(self, reach: Any) -> list[str]:
        return [group.name for group in reach.groups]


class NamedDeviceSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class ExplanationSerializer(Shape):
    helper = NamedPersonSerializer()
    sharer = NamedPersonSerializer()
    device = NamedDeviceSerializer(allow_null=True)
    action = serializers.ChoiceField(choices=Action.choices, source="decision.action")
    is_allowed = serializers.BooleanField(source="decision.is_allowed")
    checks = LineSerializer(many=True, source="lines", help_text="All, in the order of asking.")
    assignments = ReachSerializer(
        many=True, help_text="The helper's role assignments, those that reach first; at most 50."
    )
    compliance_warnings = WarningSerializer(
        many=True, source="decision.warnings", help_text="Policies that the device fails."
    )


class OwnAnswerSerializer(Shape):
    sharer = NamedPersonSerializer()
    device = NamedDeviceSerializer(allow_null=True)
    action = serializers.ChoiceField(choices=Action.choices)
    is_allowed = serializers.BooleanField()
    refusal = CheckSerializer(
        allow_null=True, help_text="The one reason that concerns you; null if you may."
    )


class WhyView(PeopleView):
    """For those who may manage the tenant's roles."""

    audience: ClassVar[str | None] = ASK

    @extend_schema(
        operation_id="why",
        summary="Why may this helper help this person, or not? Every check, with what would change it",
        parameters=[WhyQuerySerializer],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, WhyQuerySerializer)
        answer: Explanation = explain(
            self.actor(request),
            helper_id=asked["helper"],
            sharer_id=asked["sharer"],
            device_id=asked.get("device"),
            action=Action(asked["action"]),
        )
        return Response(ExplanationSerializer(answer).data)


class OwnWhyView(PeopleView):
    @extend_schema(
        operation_id="own_why",
        summary="May you help this person, and if not, the reason that concerns you",
        parameters=[OwnWhyQuerySerializer],
        responses=OwnAnswerSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, OwnWhyQuerySerializer)
        answer: OwnAnswer = own_answer(
            self.actor(request),
            sharer_id=asked["sharer"],
            device_id=asked.get("device"),
            action=Action(asked["action"]),
        )
        return Response(OwnAnswerSerializer(answer).data)
