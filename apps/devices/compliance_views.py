"""The pages of compliance policies: the list, one policy with its evaluation, and making, changing and deleting them."""

from __future__ import annotations

import uuid
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

from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key
from apps.common.lists import Column, listing, matching
from apps.devices import later, selectors, services
from apps.devices.forecast import Forecast, Wanted, forecast
from apps.devices.forms import PolicyFilters, PolicyForm
from apps.devices.models import Policy
from apps.tenants.access import administrator_required
from apps.tenants.models import User
from apps.tenants.selectors import groups_named, groups_of, tenant_of

MANAGE = "tenants.manage_devices"
COLUMNS = (
    Column("name", gettext_lazy("Policy"), Key("name")),
    Column("rule", gettext_lazy("Asks")),
    Column("system", gettext_lazy("Operating system"), Key("system")),
    Column("covers", gettext_lazy("Devices")),
    Column("state", gettext_lazy("Evaluation")),
)


def _rows(person: User, said: dict[str, Any]) -> QuerySet[Policy]:
    found = selectors.policies_for(person).filter(matching(said["q"], "name"))
    exact = {name: said[name] for name in ("rule", "system") if said[name]}
    return found.filter(**exact).prefetch_related("groups")


@require_safe
@never_cache
@administrator_required(MANAGE)
def policies(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=PolicyFilters(request.GET),
        columns=COLUMNS,
        rows=lambda said: _rows(request.user, said),
    )
    return render(request, "devices/policies.html", {"listing": shown}, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def policy(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """The page, or for htmx only the part that changes while the policy is being evaluated."""
    found = selectors.policy_for(request.user, pk)
    context = {"policy": found, "count": selectors.count_of(found)}
    is_part = request.headers.get("HX-Request") == "true"
    return render(
        request, "devices/_evaluation.html" if is_part else "devices/policy.html", context
    )


def _wanted(form: PolicyForm, person: User) -> dict[str, Any]:
    said = form.said()
    ids = [uuid.UUID(one) for one in said.pop("groups")]
    return {**said, "groups": groups_named(tenant_of(person), ids, "groups")}


def _forecast(person: User, wanted: dict[str, Any] | None, policy: Policy | None) -> Forecast:
    asked = None
    if wanted is not None:
        asked = Wanted(
            rule=wanted["rule"],
            value=wanted["value"],
            system=wanted["system"],
            covers_all_devices=wanted["covers_all_devices"],
            groups=frozenset(group.pk for group in wanted["groups"]),
        )
    return forecast(tenant_of(person).pk, wanted=asked, policy=policy)


def _form_page(
    request: SignedInRequest,
    form: PolicyForm,
    words: dict[str, Any],
    *,
    status: int = 200,
    shown: Forecast | None = None,
) -> HttpResponse:
    context = {"form": form, **words}
    if shown is not None:
        tenant = tenant_of(request.user)
        context |= {"forecast": shown, "is_compliance_required": tenant.is_compliance_required}
        if tenant.is_compliance_required:
            context["preview"] = shown.effect(tenant.pk)
    return render(request, "devices/policy_form.html", context, status=status)


def _save(
    request: SignedInRequest, form: PolicyForm, words: dict[str, Any], found: Policy | None
) -> HttpResponse:
    """Saves, or with *Preview* shows what saving would do."""
    if not form.is_valid():
        return _form_page(request, form, words, status=400)
    try:
        wanted = _wanted(form, request.user)
        if "preview" in request.POST:
            shown = _forecast(request.user, wanted, found)
            return _form_page(request, form, words, shown=shown)
        if found is None:
            saved = services.create_policy(
                actor=request.user, tenant=tenant_of(request.user), **wanted
            )
        else:
            saved = services.change_policy(
                actor=request.user, policy=found, seen=form.seen, **wanted
            )
    except RuleError as error:
        form.refuse(error)
        return _form_page(request, form, words, status=error.status)
    later.evaluate_soon(saved.pk)
    said = _("%(name)s is made.") if found is None else _("%(name)s is saved.")
    messages.success(request, said % {"name": saved})
    return redirect("devices:policy", saved.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def new_policy(request: SignedInRequest) -> HttpResponse:
    words = {
        "title": _("New compliance policy"),
        "back_url": reverse("devices:policies"),
        "button": _("Create policy"),
    }
    form = PolicyForm(request.POST or None, groups=groups_of(tenant_of(request.user)))
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _form_page(request, form, words)
    return _save(request, form, words, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change_policy(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.policy_for(request.user, pk)
    words = {
        "title": _("Change %(name)s") % {"name": found},
        "back_url": reverse("devices:policy", args=[pk]),
        "button": _("Save"),
    }
    form = PolicyForm(
        request.POST or None,
        state=selectors.policy_state(found),
        groups=groups_of(tenant_of(request.user)),
    )
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _form_page(request, form, words)
    return _save(request, form, words, found)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def delete_policy(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.policy_for(request.user, pk)
    if request.method == "POST":
        services.delete_policy(actor=request.user, policy=found)
        messages.success(request, _("%(name)s is deleted.") % {"name": found})
        return redirect("devices:policies")
    number = len(_forecast(request.user, None, found).gained)
    becoming = ngettext(
        "%(number)s device becomes compliant by it.",
        "%(number)s devices become compliant by it.",
        number,
    ) % {"number": number}
    return ask(
        request,
        Question(
            heading=_("Delete %(name)s?") % {"name": found},
            consequences=[
                _("The policy and all that it found are gone for good."),
                becoming if number else _("No device becomes compliant by it."),
            ],
            button=_("Delete the policy"),
            keep=_("Keep it"),
            back_url=reverse("devices:policy", args=[pk]),
            back_label=str(found),
        ),
    )


@require_POST
@never_cache
@administrator_required(MANAGE)
def ask_policy_again(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.policy_for(request.user, pk)
    services.ask_policy_again(actor=request.user, policy=found)
    later.evaluate_soon(found.pk)
    return redirect("devices:policy", pk)
