"""Devices over HTTP for who may manage them: the list, one of them, many at once, and saved views."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.common.errors import InvalidError, NotFoundError
from apps.devices import later, selectors, services
from apps.devices.api.serializers import (
    AddedSerializer,
    AddToGroupSerializer,
    ChangedDeviceSerializer,
    ChangedViewSerializer,
    DeviceDetailSerializer,
    DevicePageSerializer,
    DeviceQuerySerializer,
    NewViewSerializer,
    NoFieldsSerializer,
    SavedViewSerializer,
    SavedViewsSerializer,
)
from apps.devices.models import Enrolment, System
from apps.devices.rows import SEEN, DeviceFilters, device_page, device_rows
from apps.tenants.models import User
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import groups_named, tenant_of


class ManageDevicesView(PeopleView):
    """For those who may manage the tenant's devices, at a browser."""

    audience: ClassVar[str | tuple[str, ...] | None] = "tenants.manage_devices"

    def answer(self, actor: User, pk: uuid.UUID) -> Response:
        found = device_rows(actor, DeviceFilters()).filter(pk=pk).first()
        if found is None:
            raise NotFoundError
        return Response(DeviceDetailSerializer(found).data)


class DevicesView(ManageDevicesView):
    @extend_schema(
        operation_id="list_devices",
        summary="List the organisation's devices",
        parameters=[DeviceQuerySerializer],
        responses=DevicePageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, DeviceQuerySerializer)
        filters = DeviceFilters(
            search=asked.get("search", ""),
            enrolment=Enrolment(asked["enrolment"]) if "enrolment" in asked else None,
            system=System(asked["system"]) if "system" in asked else None,
            is_compliant=asked.get("is_compliant"),
            owner=asked.get("owner", ""),
            group=asked.get("group"),
            seen=SEEN.get(asked.get("seen", "")),
            app_below=asked.get("app_below", ""),
            fails=asked.get("fails"),
        )
        page = device_page(
            self.actor(request),
            filters,
            sort=asked["sort"],
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
        )
        return Response(DevicePageSerializer(page).data)


class OneDeviceView(ManageDevicesView):
    @extend_schema(
        operation_id="get_device",
        summary="One device: what it said of itself, and what its policies say of that",
        responses=DeviceDetailSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.answer(self.actor(request), pk)

    @extend_schema(
        operation_id="change_device",
        summary="Set the note and the groups of a device",
        request=ChangedDeviceSerializer,
        responses=DeviceDetailSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedDeviceSerializer)
        actor = self.actor(request)
        services.change_device(
            actor=actor,
            device=selectors.device_for(actor, pk),
            note=sent["note"],
            groups=groups_named(tenant_of(actor), sent["groups"], "groups"),
            seen=sent.get("version"),
        )
        return self.answer(actor, pk)


class RemoveDeviceView(ManageDevicesView):
    @extend_schema(
        operation_id="remove_device",
        summary="Remove a device from Remote Help: its sessions end, and its key never enrols again",
        request=NoFieldsSerializer,
        responses=DeviceDetailSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.sent(request, NoFieldsSerializer)
        actor = self.actor(request)
        services.revoke_device(actor=actor, device=selectors.device_for(actor, pk))
        return self.answer(actor, pk)


class RestoreDeviceView(ManageDevicesView):
    @extend_schema(
        operation_id="restore_device",
        summary="Let a removed device come back; it enrols anew",
        request=NoFieldsSerializer,
        responses=DeviceDetailSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.sent(request, NoFieldsSerializer)
        actor = self.actor(request)
        services.restore_device(actor=actor, device=selectors.device_for(actor, pk))
        return self.answer(actor, pk)


class AddToGroupView(ManageDevicesView):
    @extend_schema(
        operation_id="add_devices_to_group",
        summary="Put devices into a group; those that are in it stay",
        request=AddToGroupSerializer,
        responses=AddedSerializer,
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, AddToGroupSerializer)
        actor = self.actor(request)
        tenant = tenant_of(actor)
        (group,) = groups_named(tenant, [sent["group"]], "group")
        wanted = set(sent["devices"])
        devices = list(selectors.devices_of_tenant(tenant.pk).filter(pk__in=wanted))
        if len(devices) != len(wanted):
            raise InvalidError(fields={"devices": str(NotFoundError.message)})
        number = services.add_to_group(actor=actor, devices=devices, group=group)
        later.finish_evaluations_soon()
        return Response(AddedSerializer({"number": number}).data)


class SavedViewsView(ManageDevicesView):
    @extend_schema(
        operation_id="list_device_views",
        summary="List your saved views of devices, and the shared ones; at most 100",
        responses=SavedViewsSerializer,
    )
    def get(self, request: Request) -> Response:
        views = selectors.views_for(self.actor(request))
        return Response(SavedViewsSerializer({"views": views}).data)

    @extend_schema(
        operation_id="save_device_view",
        summary="Keep filters and order of the list of devices under a name",
        request=NewViewSerializer,
        responses={201: SavedViewSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewViewSerializer)
        made = services.save_view(actor=self.actor(request), **sent)
        return Response(SavedViewSerializer(made).data, status=HTTP_201_CREATED)


class SavedViewView(ManageDevicesView):
    @extend_schema(
        operation_id="get_device_view",
        summary="One saved view of devices",
        responses=SavedViewSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        found = selectors.view_for(self.actor(request), pk)
        return Response(SavedViewSerializer(found).data)

    @extend_schema(
        operation_id="change_device_view",
        summary="Give a saved view another name, or other filters",
        request=ChangedViewSerializer,
        responses=SavedViewSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedViewSerializer)
        actor = self.actor(request)
        found = services.change_view(
            actor=actor,
            view=selectors.view_for(actor, pk),
            name=sent["name"],
            query=sent["query"],
            seen=sent.get("version"),
        )
        return Response(SavedViewSerializer(found).data)

    @extend_schema(
        operation_id="delete_device_view",
        summary="Delete a saved view of devices",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.delete_view(actor=actor, view=selectors.view_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)
