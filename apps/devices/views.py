"""The tokens with which devices enrol, what is kept of one, and letting one come back. A device's own page, and the one
that removes it, are among the sessions' (`apps/sessions/device_views.py`): it starts some, and ends some.
"""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, listing
from apps.devices import selectors, services
from apps.devices.forms import DeviceForm, EnrolmentTokenForm, TokenFilters
from apps.devices.models import Device
from apps.tenants.access import administrator_required, member_required
from apps.tenants.selectors import groups_named, groups_of, tenant_of
from apps.tenants.services import require_permission

MANAGE = "tenants.manage_devices"
TOKEN_COLUMNS = (
    Column("name", gettext_lazy("Name"), Key("name")),
    Column("state", gettext_lazy("State")),
    Column("left", gettext_lazy("Devices left")),
    Column("enrolled", gettext_lazy("Devices enrolled"), Key("number_of_devices", KeyKind.NUMBER)),
    Column("until", gettext_lazy("Valid until"), Key("expires_at", KeyKind.TIME)),
    Column("made", gettext_lazy("Made"), Key("created_at", KeyKind.TIME)),
    Column("by", gettext_lazy("Made by")),
    Column("actions", gettext_lazy("Actions"), is_hidden=True),
)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def enrolment(request: SignedInRequest) -> HttpResponse:
    """The tokens, and a form for another. The value of a new one is in the answer to the form and nowhere else."""
    require_permission(request.user, MANAGE)
    if request.method != "POST":
        return _enrolment_page(request, EnrolmentTokenForm())
    form = EnrolmentTokenForm(request.POST)
    if not form.is_valid():
        return _enrolment_page(request, form, status=400)
    issued = services.issue_enrolment_token(
        actor=request.user,
        name=form.cleaned_data["name"],
        expires_at=form.expires_at(),
        uses_left=form.cleaned_data["uses"],
    )
    return _enrolment_page(request, EnrolmentTokenForm(), issued=issued)


def _enrolment_page(
    request: SignedInRequest,
    form: EnrolmentTokenForm,
    *,
    issued: services.IssuedToken | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = listing(
        request,
        form=TokenFilters(request.GET),
        columns=TOKEN_COLUMNS,
        rows=lambda said: selectors.token_rows(request.user, **said),
        default_sort="-made",
    )
    context = {
        "form": form,
        "issued": issued,
        "listing": shown,
        "site_address": request.build_absolute_uri("/").rstrip("/"),
    }
    status = shown.status if status == 200 else status
    return render(request, "devices/enrolment.html", context, status=status)


@require_POST
@never_cache
@member_required
def revoke_token(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    require_permission(request.user, MANAGE)
    token = selectors.enrolment_token_for(request.user, pk)
    services.revoke_enrolment_token(actor=request.user, token=token)
    messages.success(
        request, _("Nobody enrols with the token %(name)s any more.") % {"name": token}
    )
    return redirect("devices:enrolment")


@require_POST
@never_cache
@member_required
def restore(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    require_permission(request.user, MANAGE)
    device = selectors.device_for(request.user, pk)
    services.restore_device(actor=request.user, device=device)
    messages.success(request, _("%(name)s may enrol again.") % {"name": device})
    return redirect("help_sessions:device", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What administrators keep of a device: a note, and its groups."""
    found = selectors.device_for(request.user, pk)
    tenant = tenant_of(request.user)
    form = DeviceForm(
        request.POST or None,
        state=selectors.device_state(found),
        groups=groups_of(tenant).order_by("name"),
    )
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _change_page(request, found, form)
    if not form.is_valid():
        return _change_page(request, found, form, status=400)
    ids = [uuid.UUID(one) for one in form.cleaned_data["groups"]]

    def save() -> None:
        services.change_device(
            actor=request.user,
            device=found,
            note=form.cleaned_data["note"],
            groups=groups_named(tenant, ids, "groups"),
            seen=form.seen,
        )

    if not form.save(tenant.pk, save):
        return _change_page(request, found, form, status=form.status)
    messages.success(request, _("%(name)s is saved.") % {"name": found})
    return redirect("help_sessions:device", pk)


def _change_page(
    request: SignedInRequest, found: Device, form: DeviceForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "device": found,
        "back_url": reverse("help_sessions:device", args=[found.pk]),
    }
    return render(request, "devices/change.html", context, status=status)
