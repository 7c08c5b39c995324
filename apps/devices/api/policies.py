"""Compliance policies over HTTP, for who may manage the tenant's devices."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from apps.common.keyset import page_by_text
from apps.common.lists import matching
from apps.devices import later, selectors, services
from apps.devices.api.serializers import (
    ChangedPolicySerializer,
    ForecastSerializer,
    NewPolicySerializer,
    NoFieldsSerializer,
    PolicyPageSerializer,
    PolicyQuerySerializer,
    PolicySerializer,
)
from apps.devices.forecast import Wanted, forecast
from apps.devices.models import Policy
from apps.tenants.models import User
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import groups_named, tenant_of


class ManagePoliciesView(PeopleView):
    """For those who may manage the tenant's devices, at a browser."""

    audience: ClassVar[str | tuple[str, ...] | None] = "tenants.manage_devices"

    def answer(self, actor: User, pk: uuid.UUID, status: int = 200) -> Response:
        return Response(PolicySerializer(selectors.policy_for(actor, pk)).data, status=status)


def _wanted(actor: User, sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with rows for ids. Ids of another tenant are ids of nothing."""
    names = ("name", "rule", "value", "system", "covers_all_devices")
    groups = groups_named(tenant_of(actor), sent.get("groups", []), "groups")
    return {**{name: sent[name] for name in names}, "groups": groups}


class PoliciesView(ManagePoliciesView):
    @extend_schema(
        operation_id="list_compliance_policies",
        summary="List the organisation's compliance policies, by name",
        parameters=[PolicyQuerySerializer],
        responses=PolicyPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, PolicyQuerySerializer)
        found = selectors.policies_for(self.actor(request)).prefetch_related("groups")
        found = found.filter(matching(asked.get("search", ""), "name"))
        found = found.filter(**{name: asked[name] for name in ("rule", "system") if name in asked})
        page = page_by_text(
            found, field="name", cursor=asked.get("cursor", ""), size=asked["limit"]
        )
        return Response(PolicyPageSerializer(page).data)

    @extend_schema(
        operation_id="create_compliance_policy",
        summary="Make a compliance policy; it is asked of its devices at once",
        request=NewPolicySerializer,
        responses={201: PolicySerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewPolicySerializer)
        actor = self.actor(request)
        made = services.create_policy(actor=actor, tenant=tenant_of(actor), **_wanted(actor, sent))
        later.evaluate_soon(made.pk)
        return self.answer(actor, made.pk, HTTP_201_CREATED)


class PolicyView(ManagePoliciesView):
    @extend_schema(
        operation_id="get_compliance_policy",
        summary="One compliance policy, and how its devices stand",
        responses=PolicySerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.answer(self.actor(request), pk)

    @extend_schema(
        operation_id="change_compliance_policy",
        summary="Change all of a compliance policy; it is asked of its devices anew",
        request=ChangedPolicySerializer,
        responses=PolicySerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedPolicySerializer)
        actor = self.actor(request)
        services.change_policy(
            actor=actor,
            policy=selectors.policy_for(actor, pk),
            seen=sent.get("version"),
            **_wanted(actor, sent),
        )
        later.evaluate_soon(pk)
        return self.answer(actor, pk)

    @extend_schema(
        operation_id="delete_compliance_policy",
        summary="Delete a compliance policy with all that it found",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.delete_policy(actor=actor, policy=selectors.policy_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class EvaluatePolicyView(ManagePoliciesView):
    @extend_schema(
        operation_id="evaluate_compliance_policy",
        summary="Ask the policy of its devices once more, by what they last said",
        request=NoFieldsSerializer,
        responses={202: PolicySerializer},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.sent(request, NoFieldsSerializer)
        actor = self.actor(request)
        services.ask_policy_again(actor=actor, policy=selectors.policy_for(actor, pk))
        later.evaluate_soon(pk)
        return self.answer(actor, pk, HTTP_202_ACCEPTED)


def _answer_forecast(actor: User, wanted: dict[str, Any] | None, policy: Policy | None) -> Response:
    tenant = tenant_of(actor)
    asked = None
    if wanted is not None:
        groups = frozenset(group.pk for group in wanted["groups"])
        names = ("rule", "value", "system", "covers_all_devices")
        asked = Wanted(groups=groups, **{name: wanted[name] for name in names})
    found = forecast(tenant.pk, wanted=asked, policy=policy)
    shown = {
        "number_gained": len(found.gained),
        "number_lost": len(found.lost),
        "gained": found.gained_names,
        "lost": found.lost_names,
        "covered": found.covered,
        "silent": found.silent,
        "compliant_before": found.compliant_before,
        "compliant_after": found.compliant_after,
        "is_compliance_required": tenant.is_compliance_required,
        "effect": found.effect(tenant.pk),
    }
    return Response(ForecastSerializer(shown).data)


class PreviewNewPolicyView(ManagePoliciesView):
    @extend_schema(
        operation_id="preview_new_compliance_policy",
        summary="Which devices a new policy would make non-compliant; nothing is made",
        request=NewPolicySerializer,
        responses=ForecastSerializer,
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        wanted = _wanted(actor, self.sent(request, NewPolicySerializer))
        return _answer_forecast(actor, wanted, None)


class PreviewPolicyView(ManagePoliciesView):
    @extend_schema(
        operation_id="preview_compliance_policy",
        summary="Which devices a change of the policy would move; nothing is changed",
        request=NewPolicySerializer,
        responses=ForecastSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        found = selectors.policy_for(actor, pk)
        wanted = _wanted(actor, self.sent(request, NewPolicySerializer))
        return _answer_forecast(actor, wanted, found)


class PreviewPolicyRemovalView(ManagePoliciesView):
    @extend_schema(
        operation_id="preview_compliance_policy_removal",
        summary="Which devices become compliant without the policy; nothing is changed",
        responses=ForecastSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        return _answer_forecast(actor, None, selectors.policy_for(actor, pk))
