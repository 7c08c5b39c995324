"""The list of devices: narrowed, sorted, kept as views, taken along as a file, and what is done to many at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common import exports
from apps.common.confirmation import Question, ask
from apps.common.errors import NotFoundError, RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.lists import Column, listing
from apps.devices import later, selectors, services
from apps.devices.forms import DeviceFilterForm, SavedViewForm
from apps.devices.models import Device, SavedView
from apps.devices.rows import DEFAULT_SORT, SORTS, device_export, device_rows
from apps.devices.services.views import KEPT
from apps.tenants.access import administrator_required, member_required
from apps.tenants.models import User
from apps.tenants.selectors import groups_by, groups_of, may_administer, tenant_of

MANAGE = "tenants.manage_devices"
LIST = "devices:devices"
# Of one page; more is done page by page.
MOST_AT_ONCE = 100

COLUMNS = (
    Column("name", gettext_lazy("Device"), SORTS["name"]),
    Column("owner", gettext_lazy("Owner"), SORTS["owner"]),
    Column("system", gettext_lazy("Operating system")),
    Column("enrolment", gettext_lazy("Enrolment")),
    Column("compliance", gettext_lazy("Compliance")),
    Column("app", gettext_lazy("App"), SORTS["app"]),
    Column("seen", gettext_lazy("Last seen"), SORTS["seen"]),
)
CHOICE = Column("choice", gettext_lazy("Choose"), is_hidden=True)


def _filter_form(person: User, said: Any, *, is_manager: bool) -> DeviceFilterForm:
    if not is_manager:
        return DeviceFilterForm(said)
    groups = groups_of(tenant_of(person)).only("id", "name").order_by("name")
    policies = selectors.policies_for(person).order_by("name")
    return DeviceFilterForm(said, groups=groups, policies=policies)


def _query(said: QueryDict) -> dict[str, str]:
    """What of the address a view keeps."""
    kept = {name: value for name in sorted(KEPT) if (value := said.get(name))}
    if kept.get("sort") == DEFAULT_SORT:
        del kept["sort"]
    return kept


@dataclass(frozen=True, slots=True)
class ShownView:
    view: SavedView
    url: str
    is_current: bool


def _views(request: SignedInRequest) -> list[ShownView]:
    here = _query(request.GET)
    return [
        ShownView(view, f"{reverse(LIST)}?{urlencode(view.query)}", view.query == here)
        for view in selectors.views_for(request.user)
    ]


@require_safe
@never_cache
@member_required
def devices(request: SignedInRequest) -> HttpResponse:
    person = request.user
    is_manager = may_administer(person, MANAGE)
    form = _filter_form(person, request.GET, is_manager=is_manager)

    def rows(said: dict[str, Any]) -> QuerySet[Device]:
        return device_rows(person, form.filters())

    columns = (CHOICE, *COLUMNS) if is_manager else COLUMNS
    shown = listing(request, form=form, columns=columns, rows=rows)
    views, query = _views(request), _query(request.GET)
    context = {
        "listing": shown,
        "sees_devices": selectors.sees_devices(person),
        "manages_devices": is_manager,
        "views": views,
        "is_view": any(view.is_current for view in views),
        "query": urlencode(query),
        "view_form": SavedViewForm(may_share=is_manager, initial={"query": urlencode(query)}),
        "groups": groups_of(tenant_of(person)).order_by("name") if is_manager else [],
    }
    return render(request, "devices/devices.html", context, status=shown.status)


# --- the list as a file ---------------------------------------------------------------------------


def _sort(said: QueryDict) -> str:
    asked = said.get("sort", "")
    return asked if asked.removeprefix("-") in SORTS else DEFAULT_SORT


def _export_header(*, is_manager: bool) -> list[str]:
    header = [
        _("Device"),
        _("Owner"),
        _("Address"),
        _("Operating system"),
        _("System version"),
        _("Enrolment"),
        _("Compliance"),
        _("App version"),
        _("Last seen (UTC)"),
    ]
    return [*header, _("Groups"), _("Note")] if is_manager else header


def _export_rows(found: QuerySet[Device], *, is_manager: bool) -> Iterator[exports.Row]:
    compliant, not_compliant, removed = _("Compliant"), _("Not compliant"), _("Removed")
    for device in found.iterator(chunk_size=2000):
        owner = device.owner
        row: list[exports.Value] = [
            device.name,
            owner.full_name if owner else "",
            owner.email if owner else "",
            device.get_system_display(),
            device.system_version,
            removed if device.revoked_at else device.get_enrolment_display(),
            compliant if vars(device)["is_compliant_now"] else not_compliant,
            device.app_version,
            device.last_seen_at,
        ]
        if is_manager:
            row += [", ".join(sorted(group.name for group in device.groups.all())), device.note]
        yield row


@require_safe
@never_cache
@member_required
def export(request: SignedInRequest, form: str) -> HttpResponse:
    """All that the list would show on its pages, with the same filters, in the same order, to the same person."""
    person = request.user
    if form not in (one.value for one in exports.Form):
        raise Http404
    is_manager = may_administer(person, MANAGE)
    said = _filter_form(person, request.GET, is_manager=is_manager)
    if not said.is_valid():
        return redirect(f"{reverse(LIST)}?{request.GET.urlencode()}")
    found = device_export(person, said.filters(), _sort(request.GET))
    return exports.answer_export(
        request,
        exports.Form(form),
        name="devices",
        title=_("Devices"),
        header=_export_header(is_manager=is_manager),
        rows=_export_rows(found, is_manager=is_manager),
    )


# --- many at once ---------------------------------------------------------------------------------


def _back_to_list(request: HttpRequest) -> str:
    query = urlencode(_query(QueryDict(request.POST.get("query", ""))))
    return f"{reverse(LIST)}?{query}" if query else reverse(LIST)


def _ids(said: list[str]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(one) for one in said[:MOST_AT_ONCE]]
    except ValueError as error:
        raise Http404 from error


@require_POST
@never_cache
@administrator_required(MANAGE)
def bulk(request: SignedInRequest) -> HttpResponse:
    """Put the chosen devices into a group, or remove them after a question. Ids of another tenant choose nothing."""
    back = _back_to_list(request)
    tenant = tenant_of(request.user)
    ids = _ids(request.POST.getlist("device"))
    chosen = list(selectors.devices_of_tenant(tenant.pk).filter(pk__in=ids).order_by("name", "id"))
    if not chosen:
        messages.warning(request, _("Choose devices in the list first."))
        return redirect(back)
    if request.POST.get("act") == "remove":
        return _remove(request, chosen, back)
    if not request.POST.get("group"):
        messages.warning(request, _("Choose the group first."))
        return redirect(back)
    (group,) = groups_by(tenant, _ids([request.POST["group"]]))
    number = services.add_to_group(actor=request.user, devices=chosen, group=group)
    later.finish_evaluations_soon()
    said = ngettext(
        "%(number)s device is now in %(group)s.", "%(number)s devices are now in %(group)s.", number
    )
    messages.success(request, said % {"number": number, "group": group})
    return redirect(back)


def _remove(request: SignedInRequest, chosen: list[Device], back: str) -> HttpResponse:
    number = len(chosen)
    if "confirmed" not in request.POST:
        names = ", ".join(device.name for device in chosen[:10])
        heading = ngettext(
            "Remove %(number)s device from Remote Help?",
            "Remove %(number)s devices from Remote Help?",
            number,
        )
        return ask(
            request,
            Question(
                heading=heading % {"number": number},
                consequences=[
                    names if number <= 10 else f"{names} …",
                    _(
                        "Their sessions end now, and the apps on them stop. They take part in nothing until you let them"
                        " come back and they enrol anew."
                    ),
                ],
                button=_("Remove the devices"),
                keep=_("Keep them"),
                back_url=back,
                back_label=_("All devices"),
                carried=[
                    *(("device", str(device.pk)) for device in chosen),
                    ("act", "remove"),
                    ("query", request.POST.get("query", "")),
                    ("confirmed", "1"),
                ],
            ),
        )
    for device in chosen:
        services.revoke_device(actor=request.user, device=device)
    said = ngettext(
        "%(number)s device is removed from Remote Help.",
        "%(number)s devices are removed from Remote Help.",
        number,
    )
    messages.success(request, said % {"number": number})
    return redirect(back)


# --- saved views ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def views(request: SignedInRequest) -> HttpResponse:
    """The saved views of the person, and, sent with a name, a new one."""
    may_share = may_administer(request.user, MANAGE)
    form = SavedViewForm(request.POST or None, may_share=may_share)
    if checked := answer_check(request, form):
        return checked
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = services.save_view(
                    actor=request.user,
                    name=form.cleaned_data["name"],
                    query=form.wanted(),
                    is_shared=form.cleaned_data.get("is_shared", False),
                )
            except RuleError as error:
                form.refuse(error)
                status = error.status
            else:
                messages.success(request, _("The view %(name)s is saved.") % {"name": made})
                return redirect(f"{reverse(LIST)}?{urlencode(made.query)}")
    context = {
        "views": _views(request),
        "form": form if request.method == "POST" else None,
        "manages_devices": may_share,
    }
    return render(request, "devices/views.html", context, status=status)


def _view_to_change(person: User, pk: uuid.UUID) -> SavedView:
    """One's own, or as an administrator a shared one; to change any other, there is nothing here."""
    found = selectors.view_for(person, pk)
    if found.is_shared and not may_administer(person, MANAGE):
        raise NotFoundError
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def change_view(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = _view_to_change(request.user, pk)
    state = selectors.view_state(found)
    form = SavedViewForm(request.POST or None, state=state, may_share=False)
    if checked := answer_check(request, form):
        return checked
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.change_view(
                    actor=request.user,
                    view=found,
                    name=form.cleaned_data["name"],
                    query=form.wanted(),
                    seen=form.seen,
                )
            except RuleError as error:
                form.refuse(error)
                status = error.status
            else:
                name = form.cleaned_data["name"]
                messages.success(request, _("The view %(name)s is saved.") % {"name": name})
                return redirect("devices:views")
    context = {"form": form, "view": found}
    return render(request, "devices/view_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def delete_view(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = _view_to_change(request.user, pk)
    if request.method == "POST":
        services.delete_view(actor=request.user, view=found)
        messages.success(request, _("The view %(name)s is deleted.") % {"name": found})
        return redirect("devices:views")
    shared = _("It is gone for everybody who sees devices.")
    return ask(
        request,
        Question(
            heading=_("Delete the view %(name)s?") % {"name": found},
            consequences=[
                _("The devices that it shows stay as they are."),
                *([shared] if found.is_shared else []),
            ],
            button=_("Delete the view"),
            keep=_("Keep it"),
            back_url=reverse("devices:views"),
            back_label=_("Saved views"),
        ),
    )
