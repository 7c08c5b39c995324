"""A device's page, where a session is started at it (D4), and the one that removes it, which ends those on it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.http import SignedInRequest
from apps.devices.models import Device
from apps.devices.selectors import device_for
from apps.devices.services import revoke_device
from apps.sessions import selectors, services
from apps.sessions.pages import device_page
from apps.sessions.views import show_code
from apps.tenants.access import administrator_required, member_required


@require_GET
@never_cache
@member_required
def device(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _device_page(request, device_for(request.user, pk))


def _device_page(
    request: SignedInRequest, found: Device, refusal: RuleError | None = None
) -> HttpResponse:
    context = device_page(request.user, found, refusal=refusal)
    status = refusal.status if refusal is not None else 200
    return render(request, "devices/device.html", context, status=status)


@require_POST
@never_cache
@member_required
def open_on_device(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = device_for(request.user, pk)
    try:
        return show_code(request, services.open_session_on(actor=request.user, device_id=found.pk))
    except services.AlreadyWaitingError as waiting:
        return redirect("help_sessions:session", waiting.session.pk)
    except RuleError as refusal:
        return _device_page(request, found, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required("tenants.manage_devices")
def remove(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks first, with what it ends: the device's sessions, and its key never enrols again by itself."""
    found = device_for(request.user, pk)
    where = reverse("help_sessions:device", args=[pk])
    if request.method == "POST":
        revoke_device(actor=request.user, device=found)
        messages.success(request, _("%(name)s is removed from Remote Help.") % {"name": found})
        return redirect(where)
    ends = selectors.unfinished_on_device(found)
    sessions = ngettext(
        "%(number)s session on it ends now: %(people)s.",
        "%(number)s sessions on it end now: %(people)s.",
        len(ends),
    ) % {"number": len(ends), "people": ", ".join(one.helper.full_name for one in ends)}
    return ask(
        request,
        Question(
            heading=_("Remove %(name)s from Remote Help?") % {"name": found},
            consequences=[
                sessions if ends else _("No session is on it right now."),
                _(
                    "The app on it stops. It takes part in nothing until you let it come back and it enrols anew."
                ),
            ],
            button=_("Remove the device"),
            keep=_("Keep it"),
            back_url=where,
            back_label=found.name,
        ),
    )
