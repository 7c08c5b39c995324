"""The administration of a tenant over HTTP: its settings, administrators, API clients and audit log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.common.conflicts import fingerprint
from apps.common.keyset import Key, KeyKind, page_by
from apps.common.lists import ROWS_PER_PAGE
from apps.common.preview_api import PreviewSerializer, answer_preview
from apps.common.previews import Touching, preview
from apps.tenants import rows, selectors, services
from apps.tenants.api.serializers import (
    AdministratorPageSerializer,
    AdministratorSerializer,
    ApiClientPageSerializer,
    ApiClientSerializer,
    AuditPageSerializer,
    AuditQuerySerializer,
    IssuedSecretSerializer,
    NewApiClientSerializer,
    NewSecretSerializer,
    PageQuerySerializer,
    RightsSerializer,
    SettingsSerializer,
)
from apps.tenants.models import Tenant, User
from apps.tenants.people_view import PeopleView
from apps.tenants.reauthentication import require_confirmed_lately
from apps.tenants.rights import MAKES_ADMINISTRATORS


@dataclass(frozen=True, slots=True)
class _Shown:
    person: User
    rights: list[str]
    version: str


def _shown(people: Iterable[User]) -> list[_Shown]:
    people = list(people)
    rights = selectors.rights_of(people)
    made = []
    for person in people:
        held = sorted(rights.get(person.pk, ()))
        made.append(_Shown(person, held, fingerprint({"rights": held})))
    return made


class AdministratorsView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="list_administrators",
        summary="Who can administer the organisation, and what",
        parameters=[PageQuerySerializer],
        responses=AdministratorPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, PageQuerySerializer)
        page = page_by(
            rows.administrator_rows(self.actor(request), q=asked.get("q", "")),
            Key("last_name"),
            cursor=asked.get("cursor", ""),
            size=ROWS_PER_PAGE,
        )
        answer = {"administrators": _shown(page.rows), "next_cursor": page.next_cursor}
        return Response(AdministratorPageSerializer(answer).data)


class AdministratorView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="read_administrator",
        summary="What one person may administer; nothing, if the list is empty",
        responses=AdministratorSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        (shown,) = _shown([selectors.person_for(self.actor(request), pk)])
        return Response(AdministratorSerializer(shown).data)

    @extend_schema(
        operation_id="change_administrator",
        summary="Let one person administer exactly this; an empty list takes all away",
        request=RightsSerializer,
        responses=AdministratorSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, RightsSerializer)
        person = selectors.person_for(actor, pk)
        services.change_administration(
            actor=actor, person=person, rights=sent["rights"], seen=sent.get("version")
        )
        (shown,) = _shown([person])
        return Response(AdministratorSerializer(shown).data)


def _settings_change(actor: User, sent: dict[str, Any]) -> Callable[[], Tenant]:
    """The change that was sent, not made yet. Groups of another tenant are none."""
    seen = sent.pop("version", None)
    tenant = selectors.tenant_of(actor)
    if "compliance_groups" in sent:
        sent["compliance_groups"] = selectors.groups_by(tenant, sent["compliance_groups"])
    return partial(services.change_settings, actor=actor, tenant=tenant, seen=seen, **sent)


class SettingsView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = "tenants.manage_settings"

    def answer(self, request: Request) -> Response:
        state = selectors.settings_state(selectors.tenant_of(self.actor(request)))
        return Response(SettingsSerializer({**state, "version": fingerprint(state)}).data)

    @extend_schema(
        operation_id="read_settings",
        summary="The organisation's settings of remote help",
        responses=SettingsSerializer,
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    @extend_schema(
        operation_id="change_settings",
        summary="Change settings; running sessions that they no longer allow end",
        request=SettingsSerializer,
        responses=SettingsSerializer,
    )
    def put(self, request: Request) -> Response:
        _settings_change(self.actor(request), self.sent(request, SettingsSerializer))()
        return self.answer(request)


class PreviewSettingsView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = "tenants.manage_settings"

    @extend_schema(
        operation_id="preview_settings",
        summary="What a change of settings would open and close; nothing is changed",
        request=SettingsSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        change = _settings_change(actor, self.sent(request, SettingsSerializer))
        tenant_id = selectors.tenant_of(actor).pk
        return answer_preview(preview(tenant_id, change, touching=Touching.SWITCHES))


class ApiClientsView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="list_api_clients",
        summary="The organisation's API clients, revoked ones too, by name",
        parameters=[PageQuerySerializer],
        responses=ApiClientPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, PageQuerySerializer)
        page = page_by(
            rows.api_client_rows(self.actor(request), q=asked.get("q", "")),
            Key("name"),
            cursor=asked.get("cursor", ""),
            size=ROWS_PER_PAGE,
        )
        answer = {"api_clients": page.rows, "next_cursor": page.next_cursor}
        return Response(ApiClientPageSerializer(answer).data)

    @extend_schema(
        operation_id="create_api_client",
        summary="Make an API client that acts for you; the answer has its secret",
        request=NewApiClientSerializer,
        responses={201: IssuedSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        services.require_in_person(actor)
        require_confirmed_lately(request)
        sent = self.sent(request, NewApiClientSerializer)
        issued = services.create_api_client(actor=actor, **sent)
        return Response(IssuedSecretSerializer(issued).data, status=HTTP_201_CREATED)


class ApiClientView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="read_api_client", summary="One API client", responses=ApiClientSerializer
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        client = selectors.api_client_for(self.actor(request), pk)
        return Response(ApiClientSerializer(client).data)


class RotateApiClientView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="rotate_api_client",
        summary="A new secret for an API client that acts for you; the old one ends at once",
        request=NewSecretSerializer,
        responses=IssuedSecretSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.require_in_person(actor)
        require_confirmed_lately(request)
        sent = self.sent(request, NewSecretSerializer)
        client = selectors.api_client_for(actor, pk)
        issued = services.rotate_api_client(actor=actor, client=client, **sent)
        return Response(IssuedSecretSerializer(issued).data)


class RevokeApiClientView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = MAKES_ADMINISTRATORS

    @extend_schema(
        operation_id="revoke_api_client",
        summary="End an API client at once; doing it twice changes nothing",
        request=None,
        responses=ApiClientSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        client = services.revoke_api_client(actor=actor, client=selectors.api_client_for(actor, pk))
        return Response(ApiClientSerializer(client).data)


class AuditView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = rows.READS_AUDIT

    @extend_schema(
        operation_id="list_audit_entries",
        summary="The audit log of administrative changes, newest first",
        parameters=[AuditQuerySerializer],
        responses=AuditPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, AuditQuerySerializer)
        cursor = asked.pop("cursor", "")
        page = page_by(
            rows.audit_rows(self.actor(request), **asked),
            Key("at", KeyKind.TIME),
            cursor=cursor,
            size=ROWS_PER_PAGE,
            is_descending=True,
        )
        answer = {"entries": page.rows, "next_cursor": page.next_cursor}
        return Response(AuditPageSerializer(answer).data)
