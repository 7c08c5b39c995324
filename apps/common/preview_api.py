"""The shape in which the API answers what a change would open and close."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from apps.common.previews import Preview


class NamedHelperSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    number_of_people = serializers.IntegerField()
    number_of_devices = serializers.IntegerField()


class DifferenceSerializer(serializers.Serializer[Any]):
    action = serializers.CharField(help_text="view_screen, full_control or elevation.")
    is_gain = serializers.BooleanField(help_text="Whether helpers gain it, or lose it.")
    number_of_helpers = serializers.IntegerField()
    number_of_people = serializers.IntegerField()
    number_of_devices = serializers.IntegerField()
    helpers = NamedHelperSerializer(many=True, help_text="The first ones by name; at most 10.")
    people = serializers.ListField(child=serializers.CharField(), help_text="Names, at most 10.")
    devices = serializers.ListField(child=serializers.CharField(), help_text="Names, at most 10.")


class PreviewSerializer(serializers.Serializer[Any]):
    differences = DifferenceSerializer(many=True, help_text="Empty: nothing would be different.")
    is_in_effect = serializers.BooleanField(
        help_text="Whether anybody could help at all after it: remote help is on and licensed."
    )


def answer_preview(preview: Preview) -> Response:
    return Response(PreviewSerializer(preview).data)
