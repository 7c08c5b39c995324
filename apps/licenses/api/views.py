"""Licences and seats over HTTP, for who may manage the tenant's licences."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.common.clock import now
from apps.common.errors import InvalidError, NotFoundError
from apps.common.keyset import Key, page_by, page_by_time
from apps.common.lists import matching
from apps.common.preview_api import PreviewSerializer, answer_preview
from apps.common.previews import preview
from apps.licenses import selectors, services
from apps.licenses.api.serializers import (
    ChangedLicenseSerializer,
    LackingPageSerializer,
    LackingQuerySerializer,
    LicensePageSerializer,
    LicenseSerializer,
    LicensesQuerySerializer,
    NewLicenseSerializer,
    NewSeatsAnswerSerializer,
    NewSeatsSerializer,
    SearchQuerySerializer,
    SeatPageSerializer,
    SeatSerializer,
)
from apps.licenses.models import License, Product, Seat, Terms
from apps.tenants.models import Group, User
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import groups_by, groups_named, people_of, person_of, tenant_of

_NAMES = ("last_name", "first_name", "email")


class ManageLicensesView(PeopleView):
    """For those who may manage the tenant's licences."""

    audience: ClassVar[str | None] = "tenants.manage_licenses"

    def license(self, request: Request, pk: uuid.UUID) -> License:
        return selectors.license_for(self.actor(request), pk)

    def answer(self, request: Request, pk: uuid.UUID, status: int = 200) -> Response:
        return Response(LicenseSerializer(self.license(request, pk)).data, status=status)


class LicensesView(ManageLicensesView):
    @extend_schema(
        operation_id="list_licenses",
        summary="List the organisation's licences, the newest first",
        parameters=[LicensesQuerySerializer],
        responses=LicensePageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, LicensesQuerySerializer)
        exact = {name: asked[name] for name in ("product", "terms") if name in asked}
        tenant = tenant_of(self.actor(request))
        page = page_by_time(
            selectors.licenses_of(tenant.pk, asked.get("state", "")).filter(**exact),
            field="ordered_at",
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
        )
        return Response(LicensePageSerializer(page).data)

    @extend_schema(
        operation_id="order_license",
        summary="Order a licence, or begin a trial; it is pending at first",
        request=NewLicenseSerializer,
        responses={201: LicenseSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewLicenseSerializer)
        actor = self.actor(request)
        made = services.order_license(
            actor=actor,
            tenant=tenant_of(actor),
            product=Product(sent["product"]),
            terms=Terms(sent["terms"]),
            quantity=sent["quantity"],
            starts_at=sent.get("starts_at"),
            ends_at=sent.get("ends_at"),
            seats_of=self._seats_of(request, sent.get("seats_of")),
        )
        return self.answer(request, made.pk, HTTP_201_CREATED)

    def _seats_of(self, request: Request, pk: uuid.UUID | None) -> License | None:
        if pk is None:
            return None
        try:
            return self.license(request, pk)
        except NotFoundError as error:
            raise InvalidError(fields={"seats_of": str(error)}) from error


class LicenseView(ManageLicensesView):
    @extend_schema(operation_id="get_license", summary="One licence", responses=LicenseSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.answer(request, pk)

    @extend_schema(
        operation_id="change_license",
        summary="Change number and end of a licence; one that has expired is so renewed",
        request=ChangedLicenseSerializer,
        responses=LicenseSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedLicenseSerializer)
        services.change_license(
            actor=self.actor(request),
            license_=self.license(request, pk),
            quantity=sent["quantity"],
            ends_at=sent["ends_at"],
            seen=sent.get("version"),
        )
        return self.answer(request, pk)


class CancelView(ManageLicensesView):
    @extend_schema(
        operation_id="cancel_license",
        summary="Cancel a licence for good; running sessions go on. Twice is once",
        request=None,
        responses=LicenseSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        services.cancel_license(actor=self.actor(request), license_=self.license(request, pk))
        return self.answer(request, pk)


class CancellationPreviewView(ManageLicensesView):
    @extend_schema(
        operation_id="preview_license_cancellation",
        summary="What cancelling the licence would close; nothing is changed",
        responses=PreviewSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        actor, found = self.actor(request), self.license(request, pk)
        return answer_preview(
            preview(found.tenant_id, lambda: services.cancel_license(actor=actor, license_=found))
        )


# --- seats ----------------------------------------------------------------------------------------


class SeatsView(ManageLicensesView):
    @extend_schema(
        operation_id="list_seats",
        summary="List who has a seat of the licence: people and groups, by name",
        parameters=[SearchQuerySerializer],
        responses=SeatPageSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        asked = self.asked(request, SearchQuerySerializer)
        names = (*(f"person__{name}" for name in _NAMES), "group__name")
        page = page_by(
            selectors.seats_of(self.license(request, pk)).filter(
                matching(asked.get("search", ""), *names)
            ),
            Key("holder"),
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
        )
        return Response(SeatPageSerializer(page).data)

    @extend_schema(
        operation_id="give_seats",
        summary="Give seats to people and groups: to all of them, or to none when there are too few",
        request=NewSeatsSerializer,
        responses=NewSeatsAnswerSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, NewSeatsSerializer)
        tenant = tenant_of(self.actor(request))
        made = services.assign_seats(
            actor=self.actor(request),
            license_=self.license(request, pk),
            people=_people_named(list(people_of(tenant).filter(pk__in=sent["people"])), sent),
            groups=groups_named(tenant, sent["groups"], "groups"),
        )
        answer = {"seats": made, "license": self.license(request, pk)}
        return Response(NewSeatsAnswerSerializer(answer).data)


def _people_named(found: list[User], sent: dict[str, Any]) -> list[User]:
    """Ids of another tenant are ids of nobody (T3)."""
    if len(found) != len(set(sent["people"])):
        raise InvalidError(fields={"people": str(NotFoundError.message)})
    return found


class _OneSeatView(ManageLicensesView):
    """The seat of one person or one group: giving it twice, or taking away what is not there, changes nothing."""

    def give(self, request: Request, pk: uuid.UUID, **whom: Any) -> Response:
        license_ = self.license(request, pk)
        services.assign_seats(
            actor=self.actor(request),
            license_=license_,
            **{"people" if name == "person" else "groups": [one] for name, one in whom.items()},
        )
        seat = selectors.seats_of(license_).get(**whom)
        return Response(SeatSerializer(seat).data)

    def take(self, request: Request, pk: uuid.UUID, **whom: Any) -> Response:
        seat = Seat.objects.filter(license=self.license(request, pk), **whom).first()
        if seat is not None:
            services.revoke_seat(actor=self.actor(request), seat=seat)
        return Response(status=HTTP_204_NO_CONTENT)


class PersonSeatView(_OneSeatView):
    @extend_schema(
        operation_id="give_seat_to_person",
        summary="Give a person a seat; twice is once",
        request=None,
        responses=SeatSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID, person: uuid.UUID) -> Response:
        return self.give(request, pk, person=self._person(request, person))

    @extend_schema(
        operation_id="take_seat_from_person",
        summary="Take a person's own seat away; one that they have through a group stays",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID, person: uuid.UUID) -> Response:
        return self.take(request, pk, person=self._person(request, person))

    def _person(self, request: Request, pk: uuid.UUID) -> User:
        return person_of(tenant_of(self.actor(request)), pk)


class GroupSeatView(_OneSeatView):
    @extend_schema(
        operation_id="give_seats_to_group",
        summary="Give every member of a group a seat, now and later; twice is once",
        request=None,
        responses=SeatSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID, group: uuid.UUID) -> Response:
        return self.give(request, pk, group=self._group(request, group))

    @extend_schema(
        operation_id="take_seats_from_group",
        summary="Take a group's seats away; those of its members' own stay",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID, group: uuid.UUID) -> Response:
        return self.take(request, pk, group=self._group(request, group))

    def _group(self, request: Request, pk: uuid.UUID) -> Group:
        (found,) = groups_by(tenant_of(self.actor(request)), [pk])
        return found


class SeatPreviewView(ManageLicensesView):
    @extend_schema(
        operation_id="preview_seat_removal",
        summary="What taking the seat away would close; nothing is changed",
        responses=PreviewSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID, seat: uuid.UUID) -> Response:
        actor = self.actor(request)
        found = selectors.seat_for(actor, pk, seat)
        return answer_preview(
            preview(found.license.tenant_id, lambda: services.revoke_seat(actor=actor, seat=found))
        )


class LackingView(ManageLicensesView):
    @extend_schema(
        operation_id="list_people_without_license",
        summary="List who has no seat of a licence in force, by name: they can neither help nor be helped",
        parameters=[LackingQuerySerializer],
        responses=LackingPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, LackingQuerySerializer)
        found = selectors.people_without_seat(
            tenant_of(self.actor(request)).pk, now(), is_seat_coming=asked["is_seat_coming"]
        )
        page = page_by(
            found.filter(matching(asked.get("search", ""), *_NAMES)),
            Key("last_name"),
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
        )
        return Response(LackingPageSerializer(page).data)
