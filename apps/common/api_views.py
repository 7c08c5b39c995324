"""The base of the API's views: strict input, refusals in the schema, and an audience or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.schemas.inspectors import ViewInspector
from rest_framework.views import APIView

from apps.common.api import PROBLEM


def _is_number_for_text(field: Any, value: Any) -> bool:
    """Whether a number was sent where the schema says text; REST framework would take it for its digits."""
    if isinstance(field, serializers.ListField):
        return isinstance(value, list) and any(
            _is_number_for_text(field.child, one) for one in value
        )
    return isinstance(field, serializers.CharField) and isinstance(value, int | float)


class StrictSerializer(serializers.Serializer[Any]):
    """What a caller may send: the fields that are named here, each of its own type, and no others."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {name[:60]: [_("There is no such field.")] for name in unknown[:10]}
                )
            numbers = [
                name
                for name, field in self.fields.items()
                if _is_number_for_text(field, data.get(name))
            ]
            if numbers:
                said = serializers.CharField.default_error_messages["invalid"]
                raise serializers.ValidationError({name: [said] for name in numbers})
        return super().to_internal_value(data)


class RefusalSerializer(serializers.Serializer[Any]):
    """Every refusal has this one shape: problem details (RFC 9457) and what our own callers read."""

    type = serializers.CharField(help_text="Always about:blank: `code` says which problem it is.")
    title = serializers.CharField(help_text="What the status means.")
    status = serializers.IntegerField(help_text="The status of the answer.")
    detail = serializers.CharField(help_text="The same as `message`.")
    code = serializers.CharField(help_text="For machines: never translated, never changed.")
    message = serializers.CharField(help_text="For people, in the language of the request.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(), help_text="For each field that is wrong, what is wrong."
    )
    check = serializers.CharField(
        required=False, help_text="Which check of the help decision refused."
    )
    expected_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="When a pending licence is expected to be active.",
    )
    server_time = serializers.IntegerField(
        required=False,
        help_text="The site's clock, in seconds since 1970, where a device's clock is wrong.",
    )


class ProductSchema(AutoSchema):
    """Says of every operation what every operation has in common: its refusals, and strict input."""

    # By status: what it says, and an example of it.
    REFUSALS: ClassVar[dict[int, tuple[str, str, str]]] = {
        400: ("What was sent cannot be used.", "invalid", "Please check what you sent."),
        401: ("Nobody is signed in.", "not_signed_in", "Sign in first."),
        403: (
            "Not allowed, or the help decision said no.",
            "not_allowed",
            "You are not allowed to do this.",
        ),
        404: (
            "It does not exist, or not for you.",
            "not_found",
            "There is nothing here, or it is not yours to see.",
        ),
        405: ("There is no such method here.", "method_not_allowed", "Not possible here."),
        409: (
            "Not possible in the present state.",
            "changed_meanwhile",
            "Somebody else has changed this meanwhile.",
        ),
        415: ("What was sent is not JSON.", "unsupported_media_type", "Send JSON."),
        429: ("Too many tries; see Retry-After.", "too_many_tries", "Wait a minute."),
        502: (
            "Another server that is needed for it, of mail or of DNS, gave no answer.",
            "mail_not_sent",
            "The mail could not be sent.",
        ),
    }

    def get_description(self) -> str:  # type: ignore[override]
        return ""  # a view's docstring is for its readers, not for the API's callers

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.strip("/").split("/")[2:] if not part.startswith("{")]
        return parts[:1]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        self.resolve_serializer(RefusalSerializer, "response")
        for status in self.REFUSALS:
            bodies[str(status)] = {"$ref": f"#/components/responses/Refused{status}"}
        return bodies

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema


def describe_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Writes each refusal into the schema once; the operations refer to it. A hook of drf-spectacular."""
    responses = result["components"].setdefault("responses", {})
    for status, (description, code, message) in ProductSchema.REFUSALS.items():
        example = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "code": code,
            "message": message,
            "fields": {"name": "What is wrong with it."} if status == 400 else {},
        }
        content = {"schema": {"$ref": "#/components/schemas/Refusal"}, "example": example}
        responses[f"Refused{status}"] = {
            "description": description,
            "content": {PROBLEM: content},
        }
    responses["Refused429"]["headers"] = {
        "Retry-After": {
            "schema": {"type": "integer"},
            "description": "Seconds until the next try.",
        }
    }
    return result


class ProductView(APIView):
    """The base of every view of the API: JSON in, JSON out, and an `audience` or nobody."""

    audience: ClassVar[str | tuple[str, ...] | None] = None
    schema: ViewInspector | None = ProductSchema()

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Every answer is about the one who asked, and some carry a code: nothing on the way keeps them."""
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)

    def sent(self, request: Request, shape: type[StrictSerializer]) -> dict[str, Any]:
        """The body, checked; refuses what the shape does not know."""
        serializer = shape(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def asked(self, request: Request, shape: type[StrictSerializer]) -> dict[str, Any]:
        """The query, checked in the same way."""
        serializer = shape(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
