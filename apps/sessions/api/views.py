"""Sessions over HTTP for programs: the same services as behind the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.common.errors import NotFoundError
from apps.common.http import client_address
from apps.devices.api.proof import find_device, proof_parameter, require_device
from apps.devices.models import Device
from apps.devices.services import NotProvedError
from apps.roles.models import Action
from apps.roles.selectors import actions_anywhere
from apps.sessions import codes, services
from apps.sessions.api.serializers import (
    InvitationsSerializer,
    JoinSerializer,
    KindSerializer,
    MeSerializer,
    NothingSerializer,
    OpenedSerializer,
    OpenSerializer,
    RedeemSerializer,
    SessionListQuerySerializer,
    SessionPageSerializer,
    SessionSerializer,
)
from apps.sessions.api.shown import shown_session
from apps.sessions.invitations import open_invitations
from apps.sessions.models import HelpSession, Side
from apps.sessions.rows import SessionFilters, session_page
from apps.sessions.selectors import session_for
from apps.sessions.services import OpenedSession
from apps.sessions.states import EndReason, Kind, State
from apps.tenants.models import User
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import PERMISSIONS, may_administer, verified_domain_of

PROVED = [proof_parameter(is_required=True)]


@dataclass(frozen=True, slots=True)
class _Me:
    person: User
    verified_domain: str
    actions: list[Action]
    administers: list[str]

    @property
    def may_give_help(self) -> bool:
        return bool(self.actions)


@dataclass(frozen=True, slots=True)
class _Opened:
    session: HelpSession
    code: str
    code_shown: str
    expires_at: Any
    url: str
    link: str


def _opened(request: Request, opened: OpenedSession) -> Response:
    """The one answer that carries the code."""
    code_shown = codes.shown(opened.code)
    link = request.build_absolute_uri(reverse("help_sessions:get"))
    shown = _Opened(
        session=opened.session,
        code=opened.code,
        code_shown=code_shown,
        expires_at=opened.expires_at,
        url=request.build_absolute_uri(reverse("help_sessions:session", args=[opened.session.pk])),
        # Behind the hash, so that the code reaches no server's log.
        link=f"{link}#{code_shown}",
    )
    return Response(OpenedSerializer(shown).data, status=HTTP_201_CREATED)


class MeView(PeopleView):
    @extend_schema(
        operation_id="me", summary="Who am I, and what may I do?", responses=MeSerializer
    )
    def get(self, request: Request) -> Response:
        actor = self.actor(request)
        allowed = actions_anywhere(actor)
        me = _Me(
            person=actor,
            verified_domain=verified_domain_of(actor),
            actions=[action for action in Action if action in allowed],
            administers=[name for name in PERMISSIONS if may_administer(actor, name)],
        )
        return Response(MeSerializer(me).data)


class SessionsView(PeopleView):
    @extend_schema(
        operation_id="list_sessions",
        summary="List the sessions that you took part in, newest first",
        parameters=[SessionListQuerySerializer],
        responses=SessionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, SessionListQuerySerializer)
        actor = self.actor(request)
        page = session_page(
            actor,
            SessionFilters(
                search=asked.get("search", ""),
                state=State(asked["state"]) if "state" in asked else None,
                kind=Kind(asked["kind"]) if "kind" in asked else None,
                side=Side(asked["side"]) if "side" in asked else None,
                end_reason=EndReason(asked["end_reason"]) if "end_reason" in asked else None,
                opened_from=asked.get("opened_from"),
                opened_to=asked.get("opened_to"),
            ),
            cursor=asked.get("cursor", ""),
            size=asked["limit"],
            are_own_only=True,
        )
        return Response(SessionPageSerializer(page, context={"actor": actor}).data)

    @extend_schema(
        operation_id="open_session",
        summary="Get a security code: open a session as its helper, for anybody or for one device",
        request=OpenSerializer,
        responses={201: OpenedSerializer},
    )
    def post(self, request: Request) -> Response:
        device_id = self.sent(request, OpenSerializer).get("device")
        actor = self.actor(request)
        if device_id is None:
            return _opened(request, services.open_session(actor=actor))
        return _opened(request, services.open_session_on(actor=actor, device_id=device_id))


def _require_proved(device: Device | None, sent: dict[str, Any]) -> None:
    """A device is not believed by its name: it proved itself, or there is none and nothing of an app."""
    named = sent.get("device", device.pk if device else None)
    if named != (device.pk if device else None) or (device is None and "app_version" in sent):
        raise NotProvedError


class RedeemView(PeopleView):
    @extend_schema(
        operation_id="redeem_code",
        summary="Enter a security code: join a session as its sharer",
        parameters=[proof_parameter(is_required=False)],
        request=RedeemSerializer,
        responses=SessionSerializer,
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        device = find_device(request, actor)
        sent = self.sent(request, RedeemSerializer)
        _require_proved(device, sent)
        session = services.redeem_code(
            actor=actor,
            typed=sent["code"],
            address=client_address(request.META),
            device=device,
            app_version=sent.get("app_version") or (device.app_version if device else ""),
            is_app=request.auth is not None,
        )
        return Response(SessionSerializer(shown_session(session, Side.SHARER)).data)


class InvitationsView(PeopleView):
    @extend_schema(
        operation_id="list_invitations",
        summary="App: who wants to help on this device, and until when",
        parameters=PROVED,
        responses=InvitationsSerializer,
    )
    def get(self, request: Request) -> Response:
        actor = self.actor(request)
        return _invitations(actor, require_device(request, actor))


def _invitations(actor: User, device: Device) -> Response:
    found = open_invitations(actor, device.pk)
    return Response(InvitationsSerializer({"invitations": found}).data)


class JoinView(PeopleView):
    @extend_schema(
        operation_id="join_session",
        summary="App: open an invitation: join a session that is aimed at this device",
        parameters=PROVED,
        request=JoinSerializer,
        responses=SessionSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        device = require_device(request, actor)
        sent = self.sent(request, JoinSerializer)
        session = services.join_invited(
            actor=actor, session_id=pk, device=device, app_version=sent["app_version"]
        )
        return Response(SessionSerializer(shown_session(session, Side.SHARER)).data)


class DeclineInvitationView(PeopleView):
    @extend_schema(
        operation_id="decline_invitation",
        summary="App: decline an invitation, which ends the session; gives those that are left",
        parameters=PROVED,
        request=NothingSerializer,
        responses=InvitationsSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        device = require_device(request, actor)
        self.sent(request, NothingSerializer)
        services.decline_invitation(actor=actor, session_id=pk, device=device)
        return _invitations(actor, device)


class OneSessionView(PeopleView):
    """A view on one session: its own two people get it as it stands now, all others find nothing."""

    def settled(self, request: Request, pk: uuid.UUID) -> tuple[HelpSession, Side]:
        session, side = session_for(self.actor(request), pk)
        return services.settle(session), side

    def answer(self, session: HelpSession, side: Side) -> Response:
        return Response(SessionSerializer(shown_session(session, side)).data)


class SessionView(OneSessionView):
    @extend_schema(
        operation_id="read_session", summary="Read a session", responses=SessionSerializer
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.answer(*self.settled(request, pk))


class NewCodeView(OneSessionView):
    @extend_schema(
        operation_id="new_code",
        summary="Get another code for a session that still waits; the old one is void",
        request=NothingSerializer,
        responses={201: OpenedSerializer},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.sent(request, NothingSerializer)
        session, _side = self.settled(request, pk)
        opened = services.issue_new_code(actor=self.actor(request), session=session)
        return _opened(request, opened)


class RequestView(OneSessionView):
    @extend_schema(
        operation_id="request_kind",
        summary="Helper: ask for a kind of session",
        request=KindSerializer,
        responses=SessionSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        kind = Kind(self.sent(request, KindSerializer)["kind"])
        session, side = self.settled(request, pk)
        actor = self.actor(request)
        return self.answer(services.request_kind(actor=actor, session=session, kind=kind), side)


class AllowView(OneSessionView):
    @extend_schema(
        operation_id="allow",
        summary="Sharer: allow the kind that was asked for",
        request=KindSerializer,
        responses=SessionSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        kind = Kind(self.sent(request, KindSerializer)["kind"])
        session, side = self.settled(request, pk)
        return self.answer(
            services.allow(actor=self.actor(request), session=session, kind=kind), side
        )


Method = TypeVar("Method", bound=Callable[..., Response])


def _step(operation_id: str, summary: str) -> Callable[[Method], Method]:
    """Documents a step that needs nothing but who takes it."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        request=NothingSerializer,
        responses=SessionSerializer,
    )


class StepView(OneSessionView):
    """A step that needs nothing but who takes it."""

    def begin(self, request: Request, pk: uuid.UUID) -> tuple[User, HelpSession, Side]:
        self.sent(request, NothingSerializer)
        return self.actor(request), *self.settled(request, pk)


class DeclineView(StepView):
    @_step("decline", "Sharer: decline the request")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.decline(actor=actor, session=session)
        return self.answer(session, side)


class LeaveView(StepView):
    @_step("leave", "Either side: leave, which ends the session")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.leave_session(actor=actor, session=session)
        return self.answer(session, side)


class AskElevationView(StepView):
    @_step("ask_elevation", "Helper: ask for elevation")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.ask_elevation(actor=actor, session=session)
        return self.answer(session, side)


class GrantElevationView(StepView):
    @_step("grant_elevation", "Sharer: grant elevation")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.answer_elevation(actor=actor, session=session, is_granted=True)
        return self.answer(session, side)


class RefuseElevationView(StepView):
    @_step("refuse_elevation", "Sharer: refuse elevation")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.answer_elevation(actor=actor, session=session, is_granted=False)
        return self.answer(session, side)


class RevokeElevationView(StepView):
    @_step("revoke_elevation", "Sharer: take elevation back")
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor, session, side = self.begin(request, pk)
        session = services.revoke_elevation(actor=actor, session=session)
        return self.answer(session, side)


class NothingHereView(PeopleView):
    """Any other address under the API: the same answer as for a thing that does not exist, in JSON."""

    schema = None

    def _refuse(self, request: Request, rest: str) -> Response:
        raise NotFoundError

    get = post = put = patch = delete = _refuse
