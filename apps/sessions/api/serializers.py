"""The shapes of what the sessions API is sent and answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.roles.models import Action
from apps.sessions.models import HelpSession, Side
from apps.sessions.states import Elevation, EndReason, Kind, State
from apps.tenants.models import VERSION
from apps.tenants.rights import RIGHT_CHOICES

Shape = serializers.Serializer[Any]

# What people mean by a day; beyond these, databases disagree.
_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class OrNoneField(serializers.ChoiceField):
    """A choice that is stored as an empty string while there is none, and shown as null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return value or None

    def get_attribute(self, instance: Any) -> Any:
        return super().get_attribute(instance) or None


# --- sent -----------------------------------------------------------------------------------------


class NothingSerializer(StrictSerializer):
    """No fields: an empty object, or no body at all."""


class OpenSerializer(StrictSerializer):
    device = serializers.UUIDField(
        required=False,
        help_text="A device that you may see: whoever is signed in on it gets a notice, and the code works there only.",
    )


class JoinSerializer(StrictSerializer):
    app_version = serializers.CharField(
        max_length=20, validators=[VERSION], help_text="The version of the device app."
    )


class RedeemSerializer(StrictSerializer):
    code = serializers.CharField(
        max_length=40, help_text="The security code, in any case, with or without the dash."
    )
    device = serializers.UUIDField(
        required=False, help_text="The device that the sharer is on: the one that sends its proof."
    )
    app_version = serializers.CharField(
        required=False,
        max_length=20,
        validators=[VERSION],
        help_text="The version of the device app; only with a proof, so never from a plain browser.",
    )


class KindSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=Kind.choices)


class SessionListQuerySerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=State.choices, required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    side = serializers.ChoiceField(
        choices=Side.choices, required=False, help_text="The side that you were on."
    )
    end_reason = serializers.ChoiceField(choices=EndReason.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=100, help_text="Words of a name, an address or a device's name."
    )
    opened_from = serializers.DateField(required=False, validators=_DAYS)
    opened_to = serializers.DateField(required=False, validators=_DAYS)
    cursor = serializers.CharField(
        required=False, max_length=200, help_text="The `next_cursor` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


# --- answered -------------------------------------------------------------------------------------


class OpenedSerializer(Shape):
    id = serializers.UUIDField(source="session.pk")
    code = serializers.CharField(help_text="The security code. It is shown this once.")
    code_shown = serializers.CharField(help_text="The same in two groups, as people read it.")
    expires_at = serializers.DateTimeField()
    url = serializers.CharField(help_text="The address of the session's page.")
    link = serializers.CharField(
        help_text="What the sharer can open instead of typing the code. Give it to nobody else."
    )


class TrustCardSerializer(Shape):
    id = serializers.UUIDField(source="card.person_id")
    full_name = serializers.CharField(source="card.full_name")
    initials = serializers.CharField(source="card.initials")
    job_title = serializers.CharField(source="card.job_title")
    company = serializers.CharField(source="card.company")
    verified_domain = serializers.CharField(source="card.verified_domain")
    picture = serializers.CharField(
        allow_null=True, help_text="The address of the profile picture."
    )


class OfferSerializer(Shape):
    kind = serializers.ChoiceField(choices=Kind.choices)
    is_open = serializers.BooleanField()
    code = serializers.CharField(help_text="Why it is not open; empty if it is.")
    message = serializers.CharField(help_text="The same for people.")


class WarningSerializer(Shape):
    name = serializers.CharField(help_text="The policy that the device fails.")
    rule = serializers.CharField()
    found = serializers.CharField(help_text="What was found; empty if it was never evaluated.")


class InvitationSerializer(Shape):
    session = serializers.UUIDField(source="session_id", help_text="The session that is joined.")
    helper = TrustCardSerializer()
    expires_at = serializers.DateTimeField(help_text="When it runs out by itself.")


class InvitationsSerializer(Shape):
    invitations = InvitationSerializer(many=True, help_text="The oldest first; at most 20.")


class AimedAtSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    is_connected = serializers.BooleanField(
        help_text="Whether its app is connected now, so that the notice was sent."
    )


class SessionSerializer(Shape):
    id = serializers.UUIDField(source="session.pk")
    state = serializers.ChoiceField(choices=State.choices, source="session.state")
    kind = OrNoneField(choices=Kind.choices, source="session.kind")
    side = serializers.ChoiceField(choices=Side.choices, help_text="The side that you are on.")
    helper = TrustCardSerializer()
    sharer = TrustCardSerializer(allow_null=True)
    device_name = serializers.CharField(
        source="session.device_name", help_text="Empty for a plain browser."
    )
    aimed_at = AimedAtSerializer(
        allow_null=True,
        help_text="For the helper: the device that a waiting session was started for.",
    )
    app_version = serializers.CharField(
        source="session.app_version", help_text="Empty for a plain browser."
    )
    consented_kind = OrNoneField(
        choices=Kind.choices,
        help_text="What the sharer allowed, and all that the app may let happen; null before that.",
    )
    is_chat_allowed = serializers.BooleanField(source="session.tenant.is_chat_enabled")
    sign_out_at_end = serializers.BooleanField(
        source="session.tenant.is_sign_out_at_end",
        help_text="Whether the app signs the sharer out of the device whoever ends the session. Without it:"
        " only out of an elevated session that the sharer ends.",
    )
    elevation = serializers.ChoiceField(choices=Elevation.choices, source="session.elevation")
    was_elevated = serializers.BooleanField(source="session.was_elevated")
    offers = OfferSerializer(
        many=True, help_text="For the helper, while they may ask: each kind, open or why not."
    )
    compliance_warnings = WarningSerializer(
        many=True, source="warnings", help_text="For the helper, while they may ask."
    )
    opened_at = serializers.DateTimeField(source="session.opened_at")
    active_at = serializers.DateTimeField(source="session.active_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="session.ended_at", allow_null=True)
    expires_at = serializers.DateTimeField(
        source="session.expires_at",
        allow_null=True,
        help_text="When the present state runs out by itself.",
    )
    end_reason = OrNoneField(choices=EndReason.choices, source="session.end_reason")
    end_detail = serializers.CharField(
        source="session.end_detail", help_text="The code of the right that was withdrawn, if any."
    )
    ended_by = serializers.ChoiceField(
        choices=Side.choices, allow_null=True, help_text="The side that ended it, if one did."
    )


class NamedPersonSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    full_name = serializers.CharField()


class SessionRowSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    state = serializers.ChoiceField(choices=State.choices)
    kind = OrNoneField(choices=Kind.choices)
    side = serializers.SerializerMethodField(help_text="The side that you were on.")
    helper = NamedPersonSerializer()
    sharer = NamedPersonSerializer(allow_null=True)
    device_name = serializers.CharField()
    was_elevated = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    active_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = OrNoneField(choices=EndReason.choices)

    @extend_schema_field(serializers.ChoiceField(choices=Side.choices))
    def get_side(self, session: HelpSession) -> Side | None:
        return session.side_of(self.context["actor"])


class SessionPageSerializer(Shape):
    sessions = SessionRowSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class TenantSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()


class MeSerializer(Shape):
    id = serializers.UUIDField(source="person.pk")
    full_name = serializers.CharField(source="person.full_name")
    email = serializers.CharField(source="person.email")
    job_title = serializers.CharField(source="person.job_title")
    language = serializers.CharField(source="person.language")
    verified_domain = serializers.CharField()
    tenant = TenantSerializer(source="person.tenant")
    may_give_help = serializers.BooleanField(help_text="Whether you may open a security code.")
    actions = serializers.ListField(
        child=serializers.ChoiceField(choices=Action.choices),
        help_text="What your roles allow on at least somebody.",
    )
    administers = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHT_CHOICES),
        help_text="Your administrative permissions on the tenant.",
    )
