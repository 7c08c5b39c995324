"""*Tenant administration > Remote help > Verified domains*: claimed, proved by DNS, made primary, given up."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.tenants import domains as names
from apps.tenants import selectors, services
from apps.tenants.access import administrator_required
from apps.tenants.administration_forms import DomainForm
from apps.tenants.models import DomainClaim

MANAGE = "tenants.manage_settings"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def domains(request: SignedInRequest) -> HttpResponse:
    form = DomainForm(request.POST if request.method == "POST" else None)
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _list(request, form)
    if form.is_valid():
        try:
            claim = services.claim_domain(
                actor=request.user,
                tenant=selectors.tenant_of(request.user),
                name=form.cleaned_data["name"],
            )
        except RuleError as error:
            form.refuse(error)
        else:
            return redirect("administration:domain_claim", claim.pk)
    return _list(request, form, status=400)


def _list(request: SignedInRequest, form: DomainForm, status: int = 200) -> HttpResponse:
    tenant = selectors.tenant_of(request.user)
    context = {
        "form": form,
        "tab": "domains",
        "verified": list(selectors.domains_of(tenant)),
        "claims": list(selectors.claims_of(tenant)),
    }
    return render(request, "administration/domains.html", context, status=status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def claim(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _claim(request, selectors.claim_for(request.user, pk))


def _claim(
    request: SignedInRequest, found: DomainClaim, refusal: RuleError | None = None
) -> HttpResponse:
    context = {
        "claim": found,
        "record_name": names.record_name(found.name),
        "record_value": names.record_value(found.token),
        "refusal": refusal,
        "tab": "domains",
    }
    status = refusal.status if refusal is not None else 200
    return render(request, "administration/domain_claim.html", context, status=status)


@require_POST
@never_cache
@administrator_required(MANAGE)
def check(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.claim_for(request.user, pk)
    try:
        services.check_domain(actor=request.user, claim=found)
    except RuleError as refusal:
        return _claim(request, selectors.claim_for(request.user, pk), refusal)
    messages.success(request, _("%(name)s is verified.") % {"name": found})
    return redirect("administration:domains")


@require_POST
@never_cache
@administrator_required(MANAGE)
def withdraw(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.claim_for(request.user, pk)
    services.withdraw_claim(actor=request.user, claim=found)
    messages.success(request, _("%(name)s is not waiting any more.") % {"name": found})
    return redirect("administration:domains")


@require_POST
@never_cache
@administrator_required(MANAGE)
def make_primary(request: SignedInRequest, name: str) -> HttpResponse:
    found = selectors.domain_named(selectors.tenant_of(request.user), name)
    services.make_domain_primary(actor=request.user, domain=found)
    messages.success(request, _("%(name)s is the primary domain now.") % {"name": found})
    return redirect("administration:domains")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def remove(request: SignedInRequest, name: str) -> HttpResponse:
    found = selectors.domain_named(selectors.tenant_of(request.user), name)
    if request.method == "POST":
        services.remove_domain(actor=request.user, domain=found)
        messages.success(request, _("%(name)s is removed.") % {"name": found})
        return redirect("administration:domains")
    question = Question(
        heading=_("Remove %(name)s?") % {"name": found},
        consequences=[
            _("Nobody gets a new account with an address of this domain."),
            _("Work addresses of this domain no longer lead to your organisation's sign-in."),
            _("Another organisation on this site can verify it. To get it back, prove it again."),
        ],
        button=_("Remove the domain"),
        keep=_("Keep it"),
        back_url=reverse("administration:domains"),
        back_label=_("Verified domains"),
    )
    return ask(request, question)
