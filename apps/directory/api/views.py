"""People, groups and imports over HTTP, for who may manage the directory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.common.api import StrictJSONParser
from apps.common.errors import NotFoundError
from apps.common.keyset import Key, page_by
from apps.common.lists import ROWS_PER_PAGE
from apps.common.preview_api import PreviewSerializer, answer_preview
from apps.common.previews import Touching, preview
from apps.devices.models import Device
from apps.devices.services import change_group_devices
from apps.directory import csv_files, queueing, rows, selectors, services
from apps.directory.api.serializers import (
    ApplySerializer,
    ChangedGroupSerializer,
    ChangedPersonSerializer,
    GroupDevicesPageSerializer,
    GroupPageSerializer,
    GroupSerializer,
    GroupsQuerySerializer,
    ImportSerializer,
    MembersSerializer,
    NewGroupSerializer,
    NewImportSerializer,
    NewPersonSerializer,
    PeoplePageSerializer,
    PeopleQuerySerializer,
    PersonSerializer,
    UsesSerializer,
)
from apps.tenants import services as tenant_services
from apps.tenants.api.serializers import PageQuerySerializer
from apps.tenants.models import Group, User
from apps.tenants.people_view import PeopleView as BaseView
from apps.tenants.selectors import group_for, people_by, person_for, tenant_of


class DirectoryView(BaseView):
    audience: ClassVar[str | tuple[str, ...] | None] = rows.MANAGE


# --- people ---------------------------------------------------------------------------------------


class PeopleView(DirectoryView):
    @extend_schema(
        operation_id="list_people",
        summary="The people of the organisation, by last name",
        parameters=[PeopleQuerySerializer],
        responses=PeoplePageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, PeopleQuerySerializer)
        cursor = asked.pop("cursor", "")
        found = rows.people_rows(self.actor(request), **asked)
        page = page_by(found, Key("last_name"), cursor=cursor, size=ROWS_PER_PAGE)
        return Response(PeoplePageSerializer(page).data)

    @extend_schema(
        operation_id="create_person",
        summary="Make a local account; nobody can sign in with it until its link set a password",
        request=NewPersonSerializer,
        responses={201: PersonSerializer},
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, NewPersonSerializer)
        made = tenant_services.create_person(actor=actor, tenant=tenant_of(actor), **sent)
        return Response(PersonSerializer(made).data, status=HTTP_201_CREATED)


class PersonView(DirectoryView):
    @extend_schema(operation_id="get_person", summary="One person", responses=PersonSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(PersonSerializer(person_for(self.actor(request), pk)).data)

    @extend_schema(
        operation_id="change_person",
        summary="Change all of a profile",
        request=ChangedPersonSerializer,
        responses=PersonSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, ChangedPersonSerializer)
        seen = sent.pop("version", None)
        changed = tenant_services.change_person(
            actor=actor, person=person_for(actor, pk), seen=seen, **sent
        )
        return Response(PersonSerializer(changed).data)


class DisableView(DirectoryView):
    @extend_schema(
        operation_id="disable_person",
        summary="Disable a person: their sessions end and they are signed out everywhere",
        request=None,
        responses=PersonSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        tenant_services.disable_person(actor=actor, person=person_for(actor, pk))
        return Response(PersonSerializer(person_for(actor, pk)).data)


class EnableView(DirectoryView):
    @extend_schema(
        operation_id="enable_person",
        summary="Let a disabled person sign in again",
        request=None,
        responses=PersonSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        tenant_services.enable_person(actor=actor, person=person_for(actor, pk))
        return Response(PersonSerializer(person_for(actor, pk)).data)


class MailLinkView(DirectoryView):
    """Only mailed, never answered: a program does not get to be somebody."""

    @extend_schema(
        operation_id="mail_sign_in_link",
        summary="Mail the person the link with which they set their password",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        tenant_services.mail_sign_in_link(actor=actor, person=person_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


# --- groups ---------------------------------------------------------------------------------------


def _counted(actor: User, pk: uuid.UUID) -> Response:
    found = rows.group_rows(actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return Response(GroupSerializer(found).data)


class GroupsView(DirectoryView):
    @extend_schema(
        operation_id="list_groups",
        summary="The groups of the organisation, by name",
        parameters=[GroupsQuerySerializer],
        responses=GroupPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request, GroupsQuerySerializer)
        cursor = asked.pop("cursor", "")
        found = rows.group_rows(self.actor(request), **asked)
        page = page_by(found, Key("name"), cursor=cursor, size=ROWS_PER_PAGE)
        return Response(GroupPageSerializer(page).data)

    @extend_schema(
        operation_id="create_group",
        summary="Make an empty group",
        request=NewGroupSerializer,
        responses={201: GroupSerializer},
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, NewGroupSerializer)
        made = tenant_services.create_group(actor=actor, tenant=tenant_of(actor), **sent)
        answer = _counted(actor, made.pk)
        answer.status_code = HTTP_201_CREATED
        return answer


class GroupView(DirectoryView):
    @extend_schema(operation_id="get_group", summary="One group", responses=GroupSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return _counted(self.actor(request), pk)

    @extend_schema(
        operation_id="change_group",
        summary="Rename a group",
        request=ChangedGroupSerializer,
        responses=GroupSerializer,
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, ChangedGroupSerializer)
        seen = sent.pop("version", None)
        tenant_services.change_group(actor=actor, group=group_for(actor, pk), seen=seen, **sent)
        return _counted(actor, pk)

    @extend_schema(
        operation_id="delete_group",
        summary="Delete a group, and with it what goes by it; see its uses first",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        tenant_services.delete_group(actor=actor, group=group_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class GroupUsesView(DirectoryView):
    @extend_schema(
        operation_id="group_uses",
        summary="What goes by a group, the first 50 of each kind",
        responses=UsesSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        found = group_for(self.actor(request), pk)
        return Response(UsesSerializer(selectors.uses_of(found)).data)


class PreviewGroupRemovalView(DirectoryView):
    @extend_schema(
        operation_id="preview_group_removal",
        summary="What deleting the group would close; nothing is changed",
        responses=PreviewSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        found = group_for(actor, pk)
        return answer_preview(
            preview(
                found.tenant_id,
                lambda: tenant_services.delete_group(actor=actor, group=found),
            )
        )


class _MembersView(DirectoryView):
    """What the two kinds of members have in common."""

    def change(self, request: Request, pk: uuid.UUID) -> tuple[Group, Callable[[], None]]:
        actor = self.actor(request)
        sent = self.sent(request, MembersSerializer)
        group = group_for(actor, pk)
        add, remove = (self.chosen(actor, sent.get(name, [])) for name in ("add", "remove"))
        return group, lambda: self.write(actor, group, add, remove)

    def chosen(self, actor: User, ids: list[uuid.UUID]) -> list[Any]:
        raise NotImplementedError

    def write(self, actor: User, group: Group, add: list[Any], remove: list[Any]) -> None:
        raise NotImplementedError


class _PeopleOfGroupView(_MembersView):
    def chosen(self, actor: User, ids: list[uuid.UUID]) -> list[User]:
        return people_by(tenant_of(actor), ids)

    def write(self, actor: User, group: Group, add: list[User], remove: list[User]) -> None:
        tenant_services.change_group_people(actor=actor, group=group, add=add, remove=remove)


class _DevicesOfGroupView(_MembersView):
    def chosen(self, actor: User, ids: list[uuid.UUID]) -> list[Device]:
        found = list(rows.all_device_rows(actor).filter(pk__in=ids))
        if len(found) != len(set(ids)):
            raise NotFoundError
        return found

    def write(self, actor: User, group: Group, add: list[Device], remove: list[Device]) -> None:
        change_group_devices(actor=actor, group=group, add=add, remove=remove)


class GroupPeopleView(_PeopleOfGroupView):
    @extend_schema(
        operation_id="list_group_people",
        summary="The people in a group, by last name",
        parameters=[PageQuerySerializer],
        responses=PeoplePageSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        asked = self.asked(request, PageQuerySerializer)
        actor = self.actor(request)
        page = page_by(
            rows.member_rows(actor, group_for(actor, pk), q=asked.get("q", "")),
            Key("last_name"),
            cursor=asked.get("cursor", ""),
            size=ROWS_PER_PAGE,
        )
        return Response(PeoplePageSerializer(page).data)

    @extend_schema(
        operation_id="change_group_people",
        summary="Put people into a group and take others out",
        request=MembersSerializer,
        responses=GroupSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        _group, change = self.change(request, pk)
        change()
        return _counted(self.actor(request), pk)


class PreviewGroupPeopleView(_PeopleOfGroupView):
    @extend_schema(
        operation_id="preview_group_people",
        summary="What such a change would open and close; nothing is changed",
        request=MembersSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        group, change = self.change(request, pk)
        return answer_preview(preview(group.tenant_id, change, touching=Touching.MEMBERS))


class GroupDevicesView(_DevicesOfGroupView):
    @extend_schema(
        operation_id="list_group_devices",
        summary="The devices in a group, by name",
        parameters=[PageQuerySerializer],
        responses=GroupDevicesPageSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        asked = self.asked(request, PageQuerySerializer)
        actor = self.actor(request)
        page = page_by(
            rows.device_rows(actor, group_for(actor, pk), q=asked.get("q", "")),
            Key("name"),
            cursor=asked.get("cursor", ""),
            size=ROWS_PER_PAGE,
        )
        return Response(GroupDevicesPageSerializer(page).data)

    @extend_schema(
        operation_id="change_group_devices",
        summary="Put devices into a group and take others out",
        request=MembersSerializer,
        responses=GroupSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        _group, change = self.change(request, pk)
        change()
        return _counted(self.actor(request), pk)


class PreviewGroupDevicesView(_DevicesOfGroupView):
    @extend_schema(
        operation_id="preview_group_devices",
        summary="What such a change would open and close; nothing is changed",
        request=MembersSerializer,
        responses=PreviewSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        group, change = self.change(request, pk)
        return answer_preview(preview(group.tenant_id, change))


# --- imports --------------------------------------------------------------------------------------


class FileParser(StrictJSONParser):
    """A file in a text of JSON, whose escapes make it longer."""

    LIMIT = 2 * csv_files.MOST_BYTES


class ImportsView(DirectoryView):
    parser_classes = [FileParser]

    @extend_schema(
        operation_id="begin_import",
        summary="Send people and memberships as CSV; they are checked, and applied when you say so",
        request=NewImportSerializer,
        responses={201: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, NewImportSerializer)
        made = services.begin_import(
            actor=actor,
            tenant=tenant_of(actor),
            data=sent["csv"].encode(),
            makes_groups=sent["makes_groups"],
        )
        queueing.check(made)
        made.refresh_from_db()
        return Response(ImportSerializer(made).data, status=HTTP_201_CREATED)


class ImportView(DirectoryView):
    @extend_schema(
        operation_id="get_import",
        summary="What an import would do, or has done",
        responses=ImportSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(ImportSerializer(selectors.import_for(self.actor(request), pk)).data)

    @extend_schema(
        operation_id="drop_import",
        summary="Forget a file that is not being applied",
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        services.drop_import(actor=actor, row=selectors.import_for(actor, pk))
        return Response(status=HTTP_204_NO_CONTENT)


class ApplyImportView(DirectoryView):
    @extend_schema(
        operation_id="apply_import",
        summary="Apply a checked import, all of it or nothing, or its valid rows only",
        request=ApplySerializer,
        responses=ImportSerializer,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        actor = self.actor(request)
        sent = self.sent(request, ApplySerializer)
        found = selectors.import_for(actor, pk)
        services.begin_applying(actor=actor, row=found, valid_rows_only=sent["valid_rows_only"])
        queueing.apply(found)
        return Response(ImportSerializer(selectors.import_for(actor, pk)).data)
