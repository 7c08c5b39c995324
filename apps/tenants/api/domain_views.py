"""Verified domains over HTTP, for who may manage the settings."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.tenants import selectors, services
from apps.tenants.api.serializers import (
    ClaimSerializer,
    DomainSerializer,
    DomainsSerializer,
    NewDomainSerializer,
)
from apps.tenants.models import User
from apps.tenants.people_view import PeopleView


class _DomainsView(PeopleView):
    audience: ClassVar[str | tuple[str, ...] | None] = "tenants.manage_settings"

    def shown(self, actor: User, name: str) -> Response:
        found = selectors.domain_named(selectors.tenant_of(actor), name)
        return Response(DomainSerializer(found).data)


class DomainsView(_DomainsView):
    @extend_schema(
        operation_id="list_domains",
        summary="The verified domains, and those that wait for their DNS record",
        responses=DomainsSerializer,
    )
    def get(self, request: Request) -> Response:
        tenant = selectors.tenant_of(self.actor(request))
        shown = {"verified": selectors.domains_of(tenant), "waiting": selectors.claims_of(tenant)}
        return Response(DomainsSerializer(shown).data)

    @extend_schema(
        operation_id="claim_domain",
        summary="Name a domain as yours; the answer says which DNS record proves it",
        request=NewDomainSerializer,
        responses={201: ClaimSerializer},
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, NewDomainSerializer)
        claim = services.claim_domain(
            actor=actor, tenant=selectors.tenant_of(actor), name=sent["name"]
        )
        return Response(ClaimSerializer(claim).data, status=HTTP_201_CREATED)


class ClaimView(_DomainsView):
    @extend_schema(
        operation_id="get_domain_claim",
        summary="A domain that waits for its DNS record",
        responses=ClaimSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(ClaimSerializer(selectors.claim_for(self.actor(request), pk)).data)

    @extend_schema(
        operation_id="withdraw_domain_claim",
        summary="Do not verify this domain",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.withdraw_claim(actor=actor, claim=selectors.claim_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class CheckClaimView(_DomainsView):
    @extend_schema(
        operation_id="check_domain",
        summary="Ask DNS for the record; with it the domain is verified",
        request=None,
        responses=DomainSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        made = services.check_domain(actor=actor, claim=selectors.claim_for(actor, pk))
        return self.shown(actor, made.name)


class DomainView(_DomainsView):
    @extend_schema(
        operation_id="get_domain", summary="A verified domain", responses=DomainSerializer
    )
    def get(self, request: Request, name: str) -> Response:
        return self.shown(self.actor(request), name)

    @extend_schema(
        operation_id="remove_domain",
        summary="Give a verified domain up; not the primary one, nor one that accounts use",
        responses={204: None},
    )
    def delete(self, request: Request, name: str) -> Response:
        actor = self.actor(request)
        found = selectors.domain_named(selectors.tenant_of(actor), name)
        services.remove_domain(actor=actor, domain=found)
        return Response(status=HTTP_204_NO_CONTENT)


class PrimaryDomainView(_DomainsView):
    @extend_schema(
        operation_id="make_domain_primary",
        summary="Make a verified domain the primary one",
        request=None,
        responses=DomainSerializer,
    )
    def post(self, request: Request, name: str) -> Response:
        actor = self.actor(request)
        found = selectors.domain_named(selectors.tenant_of(actor), name)
        services.make_domain_primary(actor=actor, domain=found)
        return self.shown(actor, name)
