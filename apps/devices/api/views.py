"""Devices over HTTP: what the device app says of itself, and the tokens with which it enrols."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.common.keyset import page_by_time
from apps.devices import selectors, services
from apps.devices.api.administration import ManageDevicesView
from apps.devices.api.proof import bound_of, proof_parameter, require_device, require_key
from apps.devices.api.serializers import (
    AppVersionsSerializer,
    DeviceSerializer,
    EnrolmentTokenSerializer,
    EnrolmentTokensSerializer,
    EnrolSerializer,
    IssuedEnrolmentTokenSerializer,
    NewEnrolmentTokenSerializer,
    NoFieldsSerializer,
    RegisterSerializer,
    ReportSerializer,
    TokenQuerySerializer,
)
from apps.devices.findings import DeviceFacts
from apps.devices.models import Device, Enrolment
from apps.devices.selectors import FailedPolicy
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import tenant_of

PROVED = [proof_parameter(is_required=True)]


@dataclass(frozen=True, slots=True)
class _Shown:
    device: Device
    is_compliant: bool
    failed_policies: list[FailedPolicy]


class DeviceView(PeopleView):
    """A step of the app on its own device, which the app proves to be that one."""

    def answer(self, device: Device) -> Response:
        is_enrolled = device.enrolment == Enrolment.ENROLLED
        failed = selectors.failed_policies(device) if is_enrolled else []
        shown = _Shown(device, is_enrolled and not failed, failed)
        return Response(DeviceSerializer(shown).data)


class RegisterView(DeviceView):
    @extend_schema(
        operation_id="register_device",
        summary="App: make this device known without enrolling it",
        parameters=PROVED,
        request=RegisterSerializer,
        responses=DeviceSerializer,
    )
    def post(self, request: Request) -> Response:
        bound = bound_of(request)
        claim = services.DeviceClaim(**self.sent(request, RegisterSerializer))
        require_key(request, claim.public_key, bound)
        return self.answer(services.register_device(actor=self.actor(request), claim=claim))


class EnrolView(DeviceView):
    @extend_schema(
        operation_id="enrol_device",
        summary="App: enrol this device with an enrolment token",
        parameters=PROVED,
        request=EnrolSerializer,
        responses=DeviceSerializer,
    )
    def post(self, request: Request) -> Response:
        bound = bound_of(request)
        sent = self.sent(request, EnrolSerializer)
        token = sent.pop("token")
        claim = services.DeviceClaim(**sent)
        require_key(request, claim.public_key, bound)
        device = services.enrol_device(actor=self.actor(request), token=token, claim=claim)
        return self.answer(device)


class ReportView(DeviceView):
    @extend_schema(
        operation_id="report_device",
        summary="App: check in, and say what the policies ask about",
        parameters=PROVED,
        request=ReportSerializer,
        responses=DeviceSerializer,
    )
    def post(self, request: Request) -> Response:
        device = require_device(request, self.actor(request))
        sent = self.sent(request, ReportSerializer)
        facts = DeviceFacts(system_version=sent["system_version"], **sent["facts"])
        device = services.report_device(device=device, app_version=sent["app_version"], facts=facts)
        return self.answer(device)


class AppVersionsView(PeopleView):
    @extend_schema(
        operation_id="app_versions",
        summary="Which versions of the app the organisation recommends and requires",
        responses=AppVersionsSerializer,
    )
    def get(self, request: Request) -> Response:
        return Response(AppVersionsSerializer(tenant_of(self.actor(request))).data)


class EnrolmentTokensView(ManageDevicesView):
    @extend_schema(
        operation_id="list_enrolment_tokens",
        summary="List the organisation's enrolment tokens, newest first",
        parameters=[TokenQuerySerializer],
        responses=EnrolmentTokensSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, TokenQuerySerializer)
        page = page_by_time(
            selectors.enrolment_tokens_of(self.actor(request)),
            field="created_at",
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
        )
        return Response(EnrolmentTokensSerializer(page).data)

    @extend_schema(
        operation_id="issue_enrolment_token",
        summary="Make an enrolment token; its value is shown this once",
        request=NewEnrolmentTokenSerializer,
        responses={201: IssuedEnrolmentTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewEnrolmentTokenSerializer)
        issued = services.issue_enrolment_token(actor=self.actor(request), **sent)
        return Response(IssuedEnrolmentTokenSerializer(issued).data, status=HTTP_201_CREATED)


class RevokeEnrolmentTokenView(ManageDevicesView):
    @extend_schema(
        operation_id="revoke_enrolment_token",
        summary="Revoke an enrolment token; devices that enrolled with it stay",
        request=NoFieldsSerializer,
        responses=EnrolmentTokenSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.sent(request, NoFieldsSerializer)
        actor = self.actor(request)
        token = selectors.enrolment_token_for(actor, pk)
        token = services.revoke_enrolment_token(actor=actor, token=token)
        return Response(EnrolmentTokenSerializer(token).data)
