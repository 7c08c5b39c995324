"""The shapes of what the API of licences is sent and answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api_views import StrictSerializer
from apps.common.conflicts import fingerprint
from apps.licenses.models import MOST_SEATS, License, LicenseState, Product, Terms
from apps.licenses.selectors import license_state, seats_taken

Shape = serializers.Serializer[Any]
MOST_AT_ONCE = 100

# --- sent -----------------------------------------------------------------------------------------


class PageQuerySerializer(StrictSerializer):
    cursor = serializers.CharField(
        required=False, max_length=1500, help_text="The `next_cursor` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


class LicensesQuerySerializer(PageQuerySerializer):
    product = serializers.ChoiceField(required=False, choices=Product.choices)
    terms = serializers.ChoiceField(required=False, choices=Terms.choices)
    state = serializers.ChoiceField(required=False, choices=LicenseState.choices)


class SearchQuerySerializer(PageQuerySerializer):
    search = serializers.CharField(
        required=False, max_length=100, help_text="Words of a name or an address."
    )


class LackingQuerySerializer(SearchQuerySerializer):
    is_seat_coming = serializers.BooleanField(
        required=False,
        default=None,
        allow_null=True,
        help_text="Only who holds, or does not hold, a seat of a licence that is pending.",
    )


def _quantity() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST_SEATS, help_text="Seats.")


class NewLicenseSerializer(StrictSerializer):
    product = serializers.ChoiceField(choices=Product.choices)
    terms = serializers.ChoiceField(choices=Terms.choices, default=Terms.BOUGHT)
    quantity = _quantity()
    starts_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Left out: at once. It is pending for the site's delay in any case.",
    )
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Left out: without an end; of a trial, 30 days."
    )
    seats_of = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="A licence: who has a seat of it gets one of the new licence too.",
    )


class ChangedLicenseSerializer(StrictSerializer):
    quantity = _quantity()
    ends_at = serializers.DateTimeField(allow_null=True)
    version = serializers.CharField(
        required=False,
        max_length=64,
        help_text="The `version` that you saw; with it a change over somebody else's is refused (409).",
    )


def _ids(**kwargs: Any) -> Any:
    return serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_AT_ONCE, default=list, **kwargs
    )


class NewSeatsSerializer(StrictSerializer):
    people = _ids(help_text="People who get a seat each.")
    groups = _ids(help_text="Groups of which every member gets a seat.")


# --- answered -------------------------------------------------------------------------------------


class LicenseSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    product = serializers.ChoiceField(choices=Product.choices)
    terms = serializers.ChoiceField(choices=Terms.choices)
    state = serializers.ChoiceField(
        choices=LicenseState.choices,
        help_text="By the clock. `expiring` is in force like `active`.",
    )
    quantity = serializers.IntegerField()
    seats_taken = serializers.SerializerMethodField(help_text="By different people.")
    seats_free = serializers.SerializerMethodField()
    ordered_at = serializers.DateTimeField()
    activates_at = serializers.DateTimeField(
        help_text="Of a pending licence: when it is expected to be active."
    )
    ends_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    version = serializers.SerializerMethodField(help_text="Changes with the licence.")

    def get_seats_taken(self, license_: License) -> int:
        taken = getattr(license_, "taken", None)
        return seats_taken(license_) if taken is None else int(taken)

    def get_seats_free(self, license_: License) -> int:
        return max(0, license_.quantity - self.get_seats_taken(license_))

    def get_version(self, license_: License) -> str:
        return fingerprint(license_state(license_))


class LicensePageSerializer(Shape):
    licenses = LicenseSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class SeatHolderSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.SerializerMethodField()

    def get_name(self, row: Any) -> str:
        return str(row)


class SeatSerializer(Shape):
    """Either of a person or of a group."""

    id = serializers.UUIDField(source="pk")
    person = SeatHolderSerializer(allow_null=True)
    group = SeatHolderSerializer(allow_null=True)
    assigned_at = serializers.DateTimeField()


class SeatPageSerializer(Shape):
    seats = SeatSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")


class NewSeatsAnswerSerializer(Shape):
    seats = serializers.SerializerMethodField(help_text="Those that are new.")
    license = LicenseSerializer()

    @extend_schema_field(SeatSerializer(many=True))
    def get_seats(self, answer: Any) -> Any:
        return SeatSerializer(answer["seats"], many=True).data


class LackingSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="full_name")
    email = serializers.CharField()
    is_seat_coming = serializers.BooleanField(
        help_text="Whether they hold a seat of a licence that is pending."
    )


class LackingPageSerializer(Shape):
    people = LackingSerializer(many=True, source="rows")
    next_cursor = serializers.CharField(help_text="Empty on the last page.")
