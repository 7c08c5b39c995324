"""The shapes of what the administration's API is sent and answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.tenants import domains
from apps.tenants.models import VERSION, Act, AuditEntry, DomainClaim, Origin
from apps.tenants.rights import RIGHT_CHOICES, RIGHTS

Shape = serializers.Serializer[Any]


class PageQuerySerializer(StrictSerializer):
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Words, all of which must occur.",
    )
    cursor = serializers.CharField(
        required=False, max_length=1500, help_text="The `next_cursor` of the page before."
    )


class AuditQuerySerializer(PageQuerySerializer):
    act = serializers.ChoiceField(choices=Act.choices, required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False, help_text="The last day, whole.")


class RightsSerializer(StrictSerializer):
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHT_CHOICES), max_length=len(RIGHTS)
    )
    version = serializers.CharField(
        required=False,
        max_length=64,
        help_text="The `version` that was read. Left out: whatever stands there is overwritten.",
    )


class AdministratorSerializer(Shape):
    id = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.full_name")
    email = serializers.CharField(source="person.email")
    is_active = serializers.BooleanField(source="person.is_active")
    rights = serializers.ListField(child=serializers.ChoiceField(choices=RIGHT_CHOICES))
    version = serializers.CharField(help_text="Changes with the rights.")


class AdministratorPageSerializer(Shape):
    administrators = AdministratorSerializer(many=True)
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    act = serializers.ChoiceField(choices=Act.choices)
    origin = serializers.ChoiceField(choices=Origin.choices)
    actor = serializers.SerializerMethodField(help_text="Empty once the names are gone.")
    target = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField(
        help_text="For each field that changed what it was and what it is; lists say what went and came."
    )
    seal = serializers.CharField(source="digest", help_text="See docs/admin/audit.md.")

    class Meta:
        model = AuditEntry
        fields = [
            "number",
            "at",
            "act",
            "origin",
            "actor",
            "target_kind",
            "target",
            "changes",
            "seal",
        ]

    def get_actor(self, entry: AuditEntry) -> str:
        return str((entry.names or {}).get("actor", ""))

    def get_target(self, entry: AuditEntry) -> str:
        return str({**entry.facts, **(entry.names or {})}.get("target", ""))

    def get_changes(self, entry: AuditEntry) -> dict[str, Any]:
        found: dict[str, Any] = {**entry.facts, **(entry.names or {})}.get("changes", {})
        return found


class AuditPageSerializer(Shape):
    entries = AuditEntrySerializer(many=True)
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class SettingsSerializer(StrictSerializer):
    """What is left out stays as it is."""

    is_remote_help_enabled = serializers.BooleanField(required=False)
    are_unenrolled_devices_allowed = serializers.BooleanField(required=False)
    is_chat_enabled = serializers.BooleanField(required=False)
    is_sign_out_at_end = serializers.BooleanField(required=False)
    code_valid_minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=2, max_value=30, help_text="Null: 10."
    )
    longest_session_minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=15, max_value=1440, help_text="Null: no limit."
    )
    recommended_app_version = serializers.CharField(
        required=False, allow_blank=True, max_length=20, validators=[VERSION]
    )
    mandatory_app_version = serializers.CharField(
        required=False, allow_blank=True, max_length=20, validators=[VERSION]
    )
    is_compliance_required = serializers.BooleanField(required=False)
    compliance_groups = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=500,
        help_text="Ids of groups that conditional access covers; none: everybody.",
    )
    version = serializers.CharField(
        required=False,
        max_length=64,
        help_text="The `version` that was read. Left out: whatever stands there is overwritten.",
    )


class DomainSerializer(Shape):
    name = serializers.CharField()
    is_primary = serializers.BooleanField()
    verified_at = serializers.DateTimeField()
    number_of_people = serializers.IntegerField(help_text="Local accounts with such an address.")


class ClaimSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    record_name = serializers.SerializerMethodField(help_text="Where the TXT record belongs.")
    record_value = serializers.SerializerMethodField(help_text="What the TXT record says.")
    checked_at = serializers.DateTimeField(allow_null=True)

    def get_record_name(self, claim: DomainClaim) -> str:
        return domains.record_name(claim.name)

    def get_record_value(self, claim: DomainClaim) -> str:
        return domains.record_value(claim.token)


class DomainsSerializer(Shape):
    verified = DomainSerializer(many=True)
    waiting = ClaimSerializer(many=True, help_text="For their DNS record.")


class NewDomainSerializer(StrictSerializer):
    name = serializers.CharField(max_length=253)


class NewApiClientSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHT_CHOICES),
        min_length=1,
        max_length=len(RIGHTS),
        help_text="Of the rights that you hold.",
    )
    expires_at = serializers.DateTimeField(help_text="Within a year.")


class NewSecretSerializer(StrictSerializer):
    expires_at = serializers.DateTimeField(
        required=False, help_text="Within a year. Left out: as before."
    )


class ApiClientSerializer(Shape):
    id = serializers.UUIDField()
    client_id = serializers.CharField(source="oauth_id")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=RIGHT_CHOICES))
    acts_for = serializers.UUIDField(
        source="acts_for_id",
        allow_null=True,
        help_text="The administrator without whose rights it has none. Null: gone.",
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class ApiClientPageSerializer(Shape):
    api_clients = ApiClientSerializer(many=True)
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class IssuedSecretSerializer(Shape):
    client = ApiClientSerializer()
    secret = serializers.CharField(help_text="Stands in this answer and nowhere else.")
