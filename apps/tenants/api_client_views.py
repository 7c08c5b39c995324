"""Pages of *Tenant administration > API clients*: the list, one client, and the secret that is shown once."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.clock import now
from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, FilterForm, listing
from apps.tenants import rows, selectors, services
from apps.tenants.access import administrator_required
from apps.tenants.administration_forms import ApiClientForm, NewSecretForm
from apps.tenants.models import ApiClient
from apps.tenants.reauthentication import confirmed_lately
from apps.tenants.rights import MAKES_ADMINISTRATORS
from apps.tenants.words import shown_client

COLUMNS = (
    Column("name", gettext_lazy("Name"), Key("name")),
    Column("state", gettext_lazy("State")),
    Column("rights", gettext_lazy("Rights")),
    Column("acts_for", gettext_lazy("Acts for")),
    Column("expires", gettext_lazy("Valid until"), Key("expires_at", KeyKind.TIME)),
    Column("used", gettext_lazy("Last used")),
)


@require_safe
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
def api_clients(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=FilterForm(request.GET),
        columns=COLUMNS,
        rows=lambda said: rows.api_client_rows(request.user, **said),
    )
    for row in shown.rows:
        row.shown = shown_client(row)  # type: ignore[attr-defined]
    return render(
        request, "administration/api_clients.html", {"listing": shown}, status=shown.status
    )


@require_safe
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
def api_client(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    client = selectors.api_client_for(request.user, pk)
    context = {
        "client": client,
        "shown": shown_client(client),
        "is_own": client.acts_for_id == request.user.pk,
    }
    return render(request, "administration/api_client.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
@confirmed_lately
def new_api_client(request: SignedInRequest) -> HttpResponse:
    form = ApiClientForm(request.POST or None, held=selectors.permissions_held(request.user))
    if checked := answer_check(request, form):
        return checked
    if request.method == "POST" and form.is_valid():
        said = form.said()
        try:
            issued = services.create_api_client(
                actor=request.user,
                name=said["name"],
                scopes=said["scopes"],
                expires_at=now() + timedelta(days=said["days"]),
            )
        except RuleError as error:
            form.refuse(error)
        else:
            return _secret_page(request, issued)
    context = {
        "form": form,
        "title": _("New API client"),
        "button": _("Make the API client"),
        "back_url": reverse("administration:api_clients"),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "administration/api_client_form.html", context, status=status)


def _secret_page(request: SignedInRequest, issued: services.IssuedSecret) -> HttpResponse:
    context = {
        "client": issued.client,
        "client_id": issued.client_id,
        "secret": issued.secret,
        "token_address": request.build_absolute_uri(reverse("idp:oidc:token")),
    }
    return render(request, "administration/api_client_secret.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
@confirmed_lately
def rotate_api_client(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    client = selectors.api_client_for(request.user, pk)
    form = NewSecretForm(request.POST or None)
    if checked := answer_check(request, form):
        return checked
    if request.method == "POST" and form.is_valid():
        try:
            issued = services.rotate_api_client(
                actor=request.user,
                client=client,
                expires_at=now() + timedelta(days=form.cleaned_data["days"]),
            )
        except RuleError as error:
            form.refuse(error)
        else:
            return _secret_page(request, issued)
    context = {
        "form": form,
        "title": _("New secret for %(name)s") % {"name": client},
        "warning": _("The present secret, and all that was signed in with it, ends at once."),
        "button": _("Make a new secret"),
        "back_url": reverse("administration:api_client", args=[pk]),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "administration/api_client_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
def revoke_api_client(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    client: ApiClient = selectors.api_client_for(request.user, pk)
    if request.method == "POST":
        services.revoke_api_client(actor=request.user, client=client)
        messages.success(request, _("%(name)s is revoked.") % {"name": client})
        return redirect("administration:api_clients")
    return ask(
        request,
        Question(
            heading=_("Revoke %(name)s?") % {"name": client},
            consequences=[
                _("It can do nothing any more, from now on. That cannot be undone: make a new one.")
            ],
            button=_("Revoke the API client"),
            keep=_("Keep it"),
            back_url=reverse("administration:api_client", args=[pk]),
            back_label=str(client),
        ),
    )
