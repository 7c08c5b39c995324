"""Roles and role assignments over HTTP, for who may manage the tenant's roles; and what one holds oneself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.common.errors import InvalidError, NotFoundError
from apps.common.keyset import page_by_text
from apps.common.preview_api import PreviewSerializer, answer_preview
from apps.common.previews import Touching, preview
from apps.roles import selectors, services
from apps.roles.api.serializers import (
    AssignmentPageSerializer,
    AssignmentSerializer,
    ChangedAssignmentSerializer,
    ChangedRoleSerializer,
    CopySerializer,
    ListQuerySerializer,
    NewAssignmentSerializer,
    NewRoleSerializer,
    PermissionsSerializer,
    RoleActionsSerializer,
    RolePageSerializer,
    RoleSerializer,
)
from apps.roles.models import Action
from apps.tenants.models import User
from apps.tenants.people_view import PeopleView
from apps.tenants.selectors import PERMISSIONS, groups_named, may_administer, person_of, tenant_of


class ManageRolesView(PeopleView):
    """For those who may manage the tenant's roles."""

    audience: ClassVar[str | None] = "tenants.manage_roles"


def _actions(sent: dict[str, Any]) -> list[Action]:
    return [Action(name) for name in sent["actions"]]


# --- roles ----------------------------------------------------------------------------------------


class RolesView(ManageRolesView):
    @extend_schema(
        operation_id="list_roles",
        summary="List the built-in roles and the organisation's own, by name",
        parameters=[ListQuerySerializer],
        responses=RolePageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, ListQuerySerializer)
        found = selectors.role_rows(tenant_of(self.actor(request)).pk)
        for word in asked.get("search", "").split():
            found = found.filter(name__icontains=word)
        page = page_by_text(
            found, field="name", cursor=asked.get("cursor", ""), size=asked["limit"]
        )
        return Response(RolePageSerializer(page).data)

    @extend_schema(
        operation_id="create_role",
        summary="Make a custom role",
        request=NewRoleSerializer,
        responses={201: RoleSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewRoleSerializer)
        actor = self.actor(request)
        role = services.create_role(
            actor=actor,
            tenant=tenant_of(actor),
            name=sent["name"],
            description=sent["description"],
            actions=_actions(sent),
        )
        return Response(RoleSerializer(role).data, status=HTTP_201_CREATED)


class RoleView(ManageRolesView):
    @extend_schema(operation_id="get_role", summary="One role", responses=RoleSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(RoleSerializer(selectors.role_for(self.actor(request), pk)).data)

    @extend_schema(
        operation_id="change_role",
        summary="Change all of a custom role",
        request=ChangedRoleSerializer,
        responses=RoleSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedRoleSerializer)
        actor = self.actor(request)
        services.change_role(
            actor=actor,
            role=selectors.role_for(actor, pk),
            name=sent["name"],
            description=sent["description"],
            actions=_actions(sent),
            seen=sent.get("version"),
        )
        return Response(RoleSerializer(selectors.role_for(actor, pk)).data)

    @extend_schema(
        operation_id="delete_role",
        summary="Delete a custom role that no assignment uses",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.delete_role(actor=actor, role=selectors.role_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class DuplicateRoleView(ManageRolesView):
    @extend_schema(
        operation_id="duplicate_role",
        summary="Make a custom role that allows what this one does",
        request=CopySerializer,
        responses={201: RoleSerializer},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, CopySerializer)
        actor = self.actor(request)
        copy = services.duplicate_role(
            actor=actor,
            tenant=tenant_of(actor),
            role=selectors.role_for(actor, pk),
            name=sent.get("name", ""),
        )
        return Response(RoleSerializer(copy).data, status=HTTP_201_CREATED)


class PreviewRoleView(ManageRolesView):
    @extend_schema(
        operation_id="preview_role",
        summary="What a change of what the role allows would open and close; nothing is changed",
        request=RoleActionsSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, RoleActionsSerializer)
        actor = self.actor(request)
        role = selectors.role_for(actor, pk)
        return answer_preview(
            preview(
                tenant_of(actor).pk,
                lambda: services.change_role(actor=actor, role=role, actions=_actions(sent)),
                touching=Touching.ASSIGNMENTS,
            )
        )


# --- assignments ----------------------------------------------------------------------------------


def _wanted(actor: User, sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with rows for ids. Ids of another tenant are ids of nothing."""
    tenant = tenant_of(actor)
    try:
        role = selectors.role_for(actor, sent["role"])
    except NotFoundError as error:
        raise InvalidError(fields={"role": str(error)}) from error
    return {
        **{name: sent[name] for name in ("name", "description")},
        **{name: sent[name] for name in ("covers_all_users", "covers_all_devices")},
        "role": role,
        "admin_groups": groups_named(tenant, sent["admin_groups"], "admin_groups"),
        "scope_groups": groups_named(tenant, sent.get("scope_groups", []), "scope_groups"),
    }


class AssignmentsView(ManageRolesView):
    @extend_schema(
        operation_id="list_role_assignments",
        summary="List the organisation's role assignments, by name",
        parameters=[ListQuerySerializer],
        responses=AssignmentPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, ListQuerySerializer)
        found = selectors.assignment_rows(tenant_of(self.actor(request)).pk)
        for word in asked.get("search", "").split():
            found = found.filter(name__icontains=word)
        page = page_by_text(
            found, field="name", cursor=asked.get("cursor", ""), size=asked["limit"]
        )
        return Response(AssignmentPageSerializer(page).data)

    @extend_schema(
        operation_id="create_role_assignment",
        summary="Give a role to admin groups, over a scope",
        request=NewAssignmentSerializer,
        responses={201: AssignmentSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = self.sent(request, NewAssignmentSerializer)
        actor = self.actor(request)
        made = services.assign_role(actor=actor, tenant=tenant_of(actor), **_wanted(actor, sent))
        return Response(AssignmentSerializer(made).data, status=HTTP_201_CREATED)


class PreviewNewAssignmentView(ManageRolesView):
    @extend_schema(
        operation_id="preview_new_role_assignment",
        summary="What a new role assignment would open; nothing is made",
        request=NewAssignmentSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        tenant = tenant_of(actor)
        wanted = _wanted(actor, self.sent(request, NewAssignmentSerializer))
        return answer_preview(
            preview(
                tenant.pk,
                lambda: services.assign_role(actor=actor, tenant=tenant, **wanted),
                touching=Touching.ASSIGNMENTS,
            )
        )


class AssignmentView(ManageRolesView):
    @extend_schema(
        operation_id="get_role_assignment",
        summary="One role assignment",
        responses=AssignmentSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        found = selectors.assignment_for(self.actor(request), pk)
        return Response(AssignmentSerializer(found).data)

    @extend_schema(
        operation_id="change_role_assignment",
        summary="Change all of a role assignment",
        request=ChangedAssignmentSerializer,
        responses=AssignmentSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        sent = self.sent(request, ChangedAssignmentSerializer)
        actor = self.actor(request)
        services.change_assignment(
            actor=actor,
            assignment=selectors.assignment_for(actor, pk),
            seen=sent.get("version"),
            **_wanted(actor, sent),
        )
        return Response(AssignmentSerializer(selectors.assignment_for(actor, pk)).data)

    @extend_schema(
        operation_id="delete_role_assignment",
        summary="Delete a role assignment; sessions that stand on it end",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.remove_assignment(actor=actor, assignment=selectors.assignment_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class PreviewAssignmentView(ManageRolesView):
    @extend_schema(
        operation_id="preview_role_assignment",
        summary="What a change of the role assignment would open and close; nothing is changed",
        request=NewAssignmentSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        found = selectors.assignment_for(actor, pk)
        wanted = _wanted(actor, self.sent(request, NewAssignmentSerializer))
        return answer_preview(
            preview(
                found.tenant_id,
                lambda: services.change_assignment(actor=actor, assignment=found, **wanted),
                touching=Touching.ASSIGNMENTS,
            )
        )


class PreviewRemovalView(ManageRolesView):
    @extend_schema(
        operation_id="preview_role_assignment_removal",
        summary="What deleting the role assignment would close; nothing is changed",
        responses=PreviewSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        found = selectors.assignment_for(actor, pk)
        return answer_preview(
            preview(
                found.tenant_id,
                lambda: services.remove_assignment(actor=actor, assignment=found),
                touching=Touching.ASSIGNMENTS,
            )
        )


# --- who holds what -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Permissions:
    held: list[selectors.HeldRole]
    administers: list[str]


def _permissions_of(person: User) -> Response:
    shown = _Permissions(
        held=selectors.held_roles(person),
        administers=[name for name in PERMISSIONS if may_administer(person, name)],
    )
    return Response(PermissionsSerializer(shown).data)


class OwnPermissionsView(PeopleView):
    @extend_schema(
        operation_id="own_permissions",
        summary="What your roles allow, and over whom",
        responses=PermissionsSerializer,
    )
    def get(self, request: Request) -> Response:
        return _permissions_of(self.actor(request))


class PermissionsView(ManageRolesView):
    @extend_schema(
        operation_id="permissions_of",
        summary="What a person's roles allow, and over whom",
        responses=PermissionsSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return _permissions_of(person_of(tenant_of(self.actor(request)), pk))
