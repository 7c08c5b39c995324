"""The pages that say why somebody may help somebody, or not: an administrator's, and a helper's own (R7)."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.errors import NotFoundError
from apps.common.http import SignedInRequest
from apps.roles.models import Action
from apps.sessions.forms import OwnWhyForm, WhyForm
from apps.sessions.ways import asking, headline, shown_lines
from apps.sessions.why import ASK, PLACES, explain, own_answer
from apps.tenants.access import administrator_required, member_required
from apps.tenants.selectors import permissions_held, tenant_of


@require_safe
@never_cache
@administrator_required(ASK)
def why(request: SignedInRequest) -> HttpResponse:
    """The question, and under it the answer. Without *what for* it is asked in part, as other pages link here."""
    tenant = tenant_of(request.user)
    if "action" not in request.GET:
        return _why_page(request, WhyForm(tenant=tenant, initial=_asked_in_part(request)))
    form = WhyForm(request.GET, tenant=tenant)
    if not form.is_valid():
        return _why_page(request, form, status=400)
    if request.GET.dict() != form.address():
        return redirect(f"{reverse('help_sessions:why')}?{urlencode(form.address())}")
    said = form.cleaned_data
    answer = explain(
        request.user,
        helper_id=said["helper"].pk,
        sharer_id=said["sharer"].pk,
        device_id=said["device"].pk if said["device"] else None,
        action=Action(said["action"]),
    )
    return _why_page(
        request,
        form,
        answer=answer,
        headline=headline(answer),
        lines=shown_lines(request.user, answer),
        needs_app=answer.device is None and answer.decision.action is not Action.VIEW_SCREEN,
        link=request.build_absolute_uri(),
    )


def _asked_in_part(request: SignedInRequest) -> dict[str, uuid.UUID]:
    found: dict[str, uuid.UUID] = {}
    for name in ("helper", "sharer", "device"):
        try:
            found[name] = uuid.UUID(request.GET.get(name, ""))
        except ValueError:
            continue
    return found


def _why_page(
    request: SignedInRequest, form: WhyForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    return render(request, "help_sessions/why.html", {"form": form, **context}, status=status)


@require_safe
@never_cache
@member_required
def own_why(request: SignedInRequest) -> HttpResponse:
    """Reached from a refusal; an address that asks nothing is no page."""
    form = OwnWhyForm(request.GET)
    if not form.is_valid():
        raise NotFoundError
    said = form.cleaned_data
    answer = own_answer(
        request.user,
        sharer_id=said["sharer"],
        device_id=said["device"],
        action=said["action"],
    )
    refusal = answer.refusal
    context = {
        "answer": answer,
        "asking": asking(tenant_of(request.user).pk, PLACES[refusal.code]) if refusal else None,
        "needs_app": answer.device is None and answer.action is not Action.VIEW_SCREEN,
        "may_ask_all": ASK in permissions_held(request.user),
    }
    return render(request, "help_sessions/own_why.html", context)
