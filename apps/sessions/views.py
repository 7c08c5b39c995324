"""The helper's and the sharer's pages. Every step is a form that works without script; script only saves reloads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.common.errors import InvalidError, RuleError
from apps.common.http import SignedInRequest, client_address
from apps.roles.selectors import actions_anywhere
from apps.sessions import codes, selectors, services
from apps.sessions.forms import CodeForm, KindForm
from apps.sessions.models import HelpSession, Side
from apps.sessions.pages import code_as_qr, session_page
from apps.sessions.states import EndReason, Kind
from apps.tenants.access import member_required


@require_GET
@never_cache
@member_required
def give(request: SignedInRequest) -> HttpResponse:
    return render(
        request,
        "help_sessions/give.html",
        {
            "may_help": bool(actions_anywhere(request.user)),
            "unfinished": [
                s
                for s in selectors.unfinished_sessions_of(request.user)
                if s.helper == request.user
            ],
        },
    )


@require_GET
@never_cache
@member_required
def device_log(request: SignedInRequest) -> HttpResponse:
    """The page alone: what it lists is in the browser, and no server is ever told."""
    context = {"sides": Side.choices, "kinds": Kind.choices, "ends": EndReason.choices}
    return render(request, "help_sessions/device_log.html", context)


def show_code(request: SignedInRequest, opened: services.OpenedSession) -> HttpResponse:
    """The page with the code: the only place where it is ever shown."""
    link = request.build_absolute_uri(reverse("help_sessions:get")) + f"#{codes.shown(opened.code)}"
    code = {
        "first": opened.code[:4],
        "second": opened.code[4:],
        "shown": codes.shown(opened.code),
        "spelled": " ".join(opened.code),
        "link": link,
        "qr": code_as_qr(link),
    }
    return _render(request, opened.session, Side.HELPER, code=code)


@require_POST
@never_cache
@member_required
def open_session(request: SignedInRequest) -> HttpResponse:
    return show_code(request, services.open_session(actor=request.user))


@require_GET
@never_cache
@member_required
def get(request: SignedInRequest) -> HttpResponse:
    return _code_page(request, CodeForm())


def _code_page(
    request: SignedInRequest, form: CodeForm, refusal: RuleError | None = None
) -> HttpResponse:
    unfinished = [
        s for s in selectors.unfinished_sessions_of(request.user) if s.sharer == request.user
    ]
    status = refusal.status if refusal is not None else 400 if form.errors else 200
    return render(
        request,
        "help_sessions/get.html",
        {"form": form, "refusal": refusal, "unfinished": unfinished},
        status=status,
    )


@require_POST
@never_cache
@member_required
def redeem(request: SignedInRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, form)
    try:
        session = services.redeem_code(
            actor=request.user,
            typed=form.cleaned_data["code"],
            address=client_address(request.META),
        )
    except RuleError as refusal:
        return _code_page(request, form, refusal)
    return redirect("help_sessions:session", session.pk)


def _render(
    request: HttpRequest,
    session: HelpSession,
    side: Side,
    *,
    refusal: RuleError | None = None,
    code: dict[str, Any] | None = None,
) -> HttpResponse:
    """The whole page, or for htmx only the panel that changes with the session's state."""
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "help_sessions/_panel.html" if is_fragment else "help_sessions/session.html"
    context = session_page(session, side, refusal=refusal, code=code)
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_GET
@never_cache
@member_required
def session(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found, side = selectors.session_for(request.user, pk)
    return _render(request, services.settle(found), side)


@require_GET
@never_cache
@member_required
def panel(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found, side = selectors.session_for(request.user, pk)
    context = session_page(services.settle(found), side)
    return render(request, "help_sessions/_panel.html", context)


def _step(
    request: SignedInRequest, pk: uuid.UUID, act: Callable[[HelpSession], HelpSession]
) -> HttpResponse:
    """Take a step and show the session as it stands then, with the refusal if there was one."""
    found, side = selectors.session_for(request.user, pk)
    found = services.settle(found)
    try:
        found = act(found)
    except RuleError as refusal:
        found.refresh_from_db()
        return _render(request, found, side, refusal=refusal)
    if request.headers.get("HX-Request") == "true":
        return _render(request, found, side)
    return redirect("help_sessions:session", pk)


@require_POST
@never_cache
@member_required
def new_code(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found, side = selectors.session_for(request.user, pk)
    try:
        opened = services.issue_new_code(actor=request.user, session=services.settle(found))
    except RuleError as refusal:
        found.refresh_from_db()
        return _render(request, found, side, refusal=refusal)
    return show_code(request, opened)


def _kind(request: HttpRequest) -> Kind:
    form = KindForm(request.POST)
    if not form.is_valid():
        raise InvalidError
    return Kind(form.cleaned_data["kind"])


@require_POST
@never_cache
@member_required
def request_kind(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(
        request,
        pk,
        lambda s: services.request_kind(actor=request.user, session=s, kind=_kind(request)),
    )


@require_POST
@never_cache
@member_required
def allow(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(
        request, pk, lambda s: services.allow(actor=request.user, session=s, kind=_kind(request))
    )


@require_POST
@never_cache
@member_required
def decline(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(request, pk, lambda s: services.decline(actor=request.user, session=s))


@require_POST
@never_cache
@member_required
def leave(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(request, pk, lambda s: services.leave_session(actor=request.user, session=s))


@require_POST
@never_cache
@member_required
def ask_elevation(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(request, pk, lambda s: services.ask_elevation(actor=request.user, session=s))
