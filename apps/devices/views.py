"""The list of devices, the tokens with which they enrol, and shutting one out. A device's own page is among the
sessions' (`apps/sessions/views.py`), because it starts one.
"""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.http import SignedInRequest
from apps.devices import selectors, services
from apps.devices.forms import DeviceFilterForm, EnrolmentTokenForm
from apps.devices.rows import device_page
from apps.tenants.access import member_required
from apps.tenants.selectors import may_administer
from apps.tenants.services import require_permission

MANAGE = "tenants.manage_devices"


def _address(request: SignedInRequest, cursor: str) -> str:
    """The same list from another place on, without what does not narrow it."""
    said = {name: value for name in request.GET if (value := request.GET.get(name))}
    said.pop("after", None)
    if cursor:
        said["after"] = cursor
    return f"{request.path}?{urlencode(said)}" if said else request.path


@require_safe
@never_cache
@member_required
def devices(request: SignedInRequest) -> HttpResponse:
    form = DeviceFilterForm(request.GET)
    cursor = request.GET.get("after", "")
    context = {
        "form": form,
        "sees_devices": selectors.sees_devices(request.user),
        "manages_devices": may_administer(request.user, MANAGE),
        "is_first_page": not cursor,
        "first_url": _address(request, ""),
    }
    if not form.is_valid():
        return render(request, "devices/devices.html", context, status=400)
    filters = form.filters()
    page = device_page(request.user, filters, cursor=cursor)
    context |= {
        "rows": page.rows,
        "is_narrowed": filters.are_narrowing,
        "next_url": _address(request, page.next_cursor) if page.next_cursor else "",
    }
    return render(request, "devices/devices.html", context)


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
    context = {
        "form": form,
        "issued": issued,
        "tokens": selectors.shown_tokens_of(request.user),
        "site_address": request.build_absolute_uri("/").rstrip("/"),
    }
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


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member_required
def revoke(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks first: the device's sessions end, and its key never enrols again by itself."""
    require_permission(request.user, MANAGE)
    device = selectors.device_for(request.user, pk)
    if request.method != "POST":
        return render(request, "devices/revoke.html", {"device": device})
    services.revoke_device(actor=request.user, device=device)
    messages.success(request, _("%(name)s is removed from Remote Help.") % {"name": device})
    return redirect("help_sessions:device", pk)


@require_POST
@never_cache
@member_required
def restore(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    require_permission(request.user, MANAGE)
    device = selectors.device_for(request.user, pk)
    services.restore_device(actor=request.user, device=device)
    messages.success(request, _("%(name)s may enrol again.") % {"name": device})
    return redirect("help_sessions:device", pk)
