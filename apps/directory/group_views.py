"""The pages of groups: the list, one group, its members, and making, renaming and deleting them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import NotFoundError, RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, FilterForm, listing
from apps.common.previews import Touching, preview
from apps.devices.services import change_group_devices
from apps.directory import rows, selectors
from apps.directory.forms import MOST_CHOSEN, GroupFilters, GroupForm
from apps.tenants import services
from apps.tenants.access import administrator_required
from apps.tenants.models import Group
from apps.tenants.selectors import group_for, group_state, tenant_of

MANAGE = "tenants.manage_people"
COLUMNS = (
    Column("name", gettext_lazy("Name"), Key("name")),
    Column("description", gettext_lazy("Description")),
    Column("people", gettext_lazy("People"), Key("number_of_people", KeyKind.NUMBER)),
    Column("devices", gettext_lazy("Devices"), Key("number_of_devices", KeyKind.NUMBER)),
)
_CHOOSE = Column("choose", gettext_lazy("Choose"), is_hidden=True)
PERSON_COLUMNS = (
    _CHOOSE,
    Column("name", gettext_lazy("Last name"), Key("last_name")),
    Column("first", gettext_lazy("First name"), Key("first_name")),
    Column("address", gettext_lazy("Address"), Key("email")),
    Column("title", gettext_lazy("Job title"), Key("job_title")),
)
DEVICE_COLUMNS = (
    _CHOOSE,
    Column("name", gettext_lazy("Device"), Key("name")),
    Column("owner", gettext_lazy("Owner")),
    Column("system", gettext_lazy("Operating system"), Key("system")),
    Column("enrolment", gettext_lazy("Enrolment")),
)


@require_safe
@never_cache
@administrator_required(MANAGE)
def groups(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=GroupFilters(request.GET),
        columns=COLUMNS,
        rows=lambda said: rows.group_rows(request.user, **said),
    )
    return render(request, "directory/groups.html", {"listing": shown}, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def group(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = group_for(request.user, pk)
    context = {
        "group": found,
        "uses": selectors.uses_of(found),
        "number_of_people": found.people.count(),
        "number_of_devices": found.devices.count(),
        "tab": "overview",
    }
    return render(request, "directory/group.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def new_group(request: SignedInRequest) -> HttpResponse:
    form = GroupForm(request.POST if request.method == "POST" else None)
    if checked := answer_check(request, form):
        return checked
    if form.is_valid():
        try:
            made = services.create_group(
                actor=request.user, tenant=tenant_of(request.user), **form.said()
            )
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is made.") % {"name": made})
            return redirect("directory:group", made.pk)
    context = {
        "form": form,
        "title": _("New group"),
        "back_url": reverse("directory:groups"),
        "button": _("Create group"),
    }
    return render(request, "directory/form.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = group_for(request.user, pk)
    form = GroupForm(request.POST if request.method == "POST" else None, state=group_state(found))
    if checked := answer_check(request, form):
        return checked
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            services.change_group(actor=request.user, group=found, seen=form.seen, **form.said())
        except RuleError as error:
            form.refuse(error)
            status = error.status
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.said()["name"]})
            return redirect("directory:group", pk)
    context = {
        "form": form,
        "title": _("Change %(name)s") % {"name": found},
        "back_url": reverse("directory:group", args=[pk]),
        "button": _("Save"),
    }
    return render(request, "directory/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def delete(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Says which assignments, licences and policies go by the group, and what closes with it, before it is gone."""
    found = group_for(request.user, pk)

    def do() -> None:
        services.delete_group(actor=request.user, group=found)

    if request.method == "POST":
        do()
        messages.success(request, _("%(name)s is deleted.") % {"name": found})
        return redirect("directory:groups")
    context: dict[str, Any] = {"group": found, "uses": selectors.uses_of(found)}
    try:
        context["preview"] = preview(found.tenant_id, do)
    except RuleError as refusal:
        context["refusal"] = refusal
    return render(request, "directory/delete_group.html", context)


# --- members --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Members:
    """The two kinds of members, which have the same pages."""

    kind: str
    columns: tuple[Column, ...]
    known: Callable[..., QuerySet[Any]]
    within: Callable[..., QuerySet[Any]]
    without: Callable[..., QuerySet[Any]]
    change: Callable[..., None]


PEOPLE = Members(
    "people",
    PERSON_COLUMNS,
    rows.people_rows,
    rows.member_rows,
    rows.newcomer_rows,
    services.change_group_people,
)
DEVICES = Members(
    "devices",
    DEVICE_COLUMNS,
    rows.all_device_rows,
    rows.device_rows,
    rows.new_device_rows,
    change_group_devices,
)


def _list(request: SignedInRequest, pk: uuid.UUID, members: Members, act: str) -> HttpResponse:
    found = group_for(request.user, pk)
    narrowed = members.within if act == "remove" else members.without
    shown = listing(
        request,
        form=FilterForm(request.GET),
        columns=members.columns,
        rows=lambda said: narrowed(request.user, found, **said),
    )
    context = {
        "listing": shown,
        "group": found,
        "kind": members.kind,
        "act": act,
        "tab": members.kind,
        "row_template": f"directory/_{members.kind}_choice.html",
        "add_url": reverse(f"directory:group_add_{members.kind}", args=[pk]),
        "change_url": reverse(f"directory:group_change_{members.kind}", args=[pk]),
    }
    return render(request, "directory/members.html", context, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def people(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _list(request, pk, PEOPLE, "remove")


@require_safe
@never_cache
@administrator_required(MANAGE)
def add_people(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _list(request, pk, PEOPLE, "add")


@require_safe
@never_cache
@administrator_required(MANAGE)
def devices(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _list(request, pk, DEVICES, "remove")


@require_safe
@never_cache
@administrator_required(MANAGE)
def add_devices(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _list(request, pk, DEVICES, "add")


def _heading(members: Members, act: str, number: int, group: Group) -> str:
    if members is PEOPLE and act == "add":
        words = ngettext(
            "Add %(number)s person to %(group)s?", "Add %(number)s people to %(group)s?", number
        )
    elif members is PEOPLE:
        words = ngettext(
            "Remove %(number)s person from %(group)s?",
            "Remove %(number)s people from %(group)s?",
            number,
        )
    elif act == "add":
        words = ngettext(
            "Add %(number)s device to %(group)s?", "Add %(number)s devices to %(group)s?", number
        )
    else:
        words = ngettext(
            "Remove %(number)s device from %(group)s?",
            "Remove %(number)s devices from %(group)s?",
            number,
        )
    return words % {"number": number, "group": group}


def _ids(request: SignedInRequest) -> list[uuid.UUID]:
    """The ids that were chosen. What is no id is a thing that does not exist."""
    try:
        return [uuid.UUID(one) for one in request.POST.getlist("ids")[: MOST_CHOSEN + 1]]
    except ValueError as error:
        raise NotFoundError from error


def _change(request: SignedInRequest, pk: uuid.UUID, members: Members) -> HttpResponse:
    """Shows first what the change would open and close; with `confirmed` it is made."""
    found = group_for(request.user, pk)
    act = "remove" if request.POST.get("act") == "remove" else "add"
    back = reverse(
        f"directory:group_{members.kind}"
        if act == "remove"
        else f"directory:group_add_{members.kind}",
        args=[pk],
    )
    ids = _ids(request)
    if not ids or len(ids) > MOST_CHOSEN:
        messages.error(request, _("Choose at least one, and at most 200."))
        return redirect(back)
    chosen = list(members.known(request.user).filter(pk__in=ids))
    if len(chosen) != len(set(ids)):
        raise NotFoundError

    def do() -> None:
        members.change(actor=request.user, group=found, **{act: chosen})

    context: dict[str, Any] = {
        "group": found,
        "chosen": chosen,
        "heading": _heading(members, act, len(chosen), found),
        "back_url": back,
        "act": act,
    }
    try:
        if "confirmed" in request.POST:
            do()
            messages.success(request, _("The members of %(name)s are changed.") % {"name": found})
            return redirect(f"directory:group_{members.kind}", pk)
        context["preview"] = preview(found.tenant_id, do, touching=_touching(members))
    except RuleError as refusal:
        context["refusal"] = refusal
        return render(request, "directory/change_members.html", context, status=refusal.status)
    return render(request, "directory/change_members.html", context)


def _touching(members: Members) -> Touching:
    # A device's new groups bring other policies.
    return Touching.MEMBERS if members is PEOPLE else Touching.ANYTHING


@require_POST
@never_cache
@administrator_required(MANAGE)
def change_people(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, PEOPLE)


@require_POST
@never_cache
@administrator_required(MANAGE)
def change_devices(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, DEVICES)
