"""The pages of licences: the list, ordering and trying, changing and cancelling."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.clock import now
from apps.common.confirmation import Question, ask
from apps.common.conflicts import ChangedMeanwhileError
from apps.common.errors import RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, listing
from apps.common.preview_words import losses_in_words
from apps.common.previews import preview
from apps.licenses import selectors, services
from apps.licenses.forms import ChangeForm, LicenseFilters, OrderForm
from apps.licenses.models import IN_FORCE, License, LicenseState, Product, Terms
from apps.tenants.access import administrator_required
from apps.tenants.models import User
from apps.tenants.selectors import last_change_of, tenant_of

MANAGE = "tenants.manage_licenses"
COLUMNS = (
    Column("product", gettext_lazy("Product"), Key("product")),
    Column("terms", gettext_lazy("Terms"), Key("terms")),
    Column("state", gettext_lazy("State")),
    Column("seats", gettext_lazy("Seats"), Key("quantity", KeyKind.NUMBER)),
    Column("from", gettext_lazy("Active from"), Key("activates_at", KeyKind.TIME)),
    Column("until", gettext_lazy("Last day")),
)


def _rows(person: User, said: dict[str, Any]) -> QuerySet[License]:
    exact = {name: said[name] for name in ("product", "terms") if said[name]}
    return selectors.licenses_of(tenant_of(person).pk, said["state"]).filter(**exact)


@require_safe
@never_cache
@administrator_required(MANAGE)
def licenses(request: SignedInRequest) -> HttpResponse:
    tenant, at = tenant_of(request.user), now()
    shown = listing(
        request,
        form=LicenseFilters(request.GET),
        columns=COLUMNS,
        rows=lambda said: _rows(request.user, said),
        default_sort="-from",
    )
    standings = selectors.standings(tenant.pk, at)
    context = {
        "listing": shown,
        "addon": standings[Product.REMOTE_HELP],
        "base": standings[Product.DEVICE_MANAGEMENT],
        "expiring": selectors.licenses_of(tenant.pk, LicenseState.EXPIRING).order_by("ends_at")[:5],
        "number_lacking": selectors.people_without_seat(tenant.pk, at).count(),
    }
    return render(request, "licenses/licenses.html", context, status=shown.status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def order(request: SignedInRequest) -> HttpResponse:
    """Buys, or begins a trial; the address can fill in some of it."""
    tenant = tenant_of(request.user)
    with_seats = selectors.licenses_with_seats(tenant.pk)
    given = {
        name: request.GET[name] for name in ("product", "terms", "seats_of") if name in request.GET
    }
    form = OrderForm(request.POST or None, licenses=with_seats, initial=given)
    if checked := answer_check(request, form):
        return checked
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            chosen = form.cleaned_data.get("seats_of")
            try:
                made = services.order_license(
                    actor=request.user,
                    tenant=tenant,
                    product=Product(form.cleaned_data["product"]),
                    terms=Terms(form.cleaned_data["terms"]),
                    quantity=form.cleaned_data["quantity"],
                    starts_at=form.starts_at(),
                    ends_at=form.ends_at(),
                    seats_of=next((one for one in with_seats if str(one.pk) == chosen), None),
                )
            except RuleError as error:
                form.refuse(error)
                status = error.status
            else:
                messages.success(request, _("%(name)s is ordered.") % {"name": made})
                return redirect("licenses:license", made.pk)
    context = {
        "form": form,
        "title": _("Order licences"),
        "back_url": reverse("licenses:licenses"),
        "back_label": _("Licences"),
        "button": _("Order"),
    }
    return render(request, "licenses/form.html", context, status=status)


def _losses(request: SignedInRequest, license_: License) -> list[str]:
    """What is closed once the licence is no more: how many people lose their seat, and what helpers lose."""
    if license_.state not in IN_FORCE:
        return [_("Nobody loses anything by it: the licence is not in force.")]
    tenant_id = license_.tenant_id
    said = []
    if license_.has_seats:
        number = selectors.people_who_would_lose(license_.seats.all(), tenant_id, now())
        if number:
            said.append(
                ngettext(
                    "%(number)s person has no other seat and can then neither help nor be helped.",
                    "%(number)s people have no other seat and can then neither help nor be helped.",
                    number,
                )
                % {"number": number}
            )
    shown = preview(
        tenant_id, lambda: services.cancel_license(actor=request.user, license_=license_)
    )
    said += losses_in_words(shown)
    return said or [_("Nobody loses anything by it.")]


_STAYS = gettext_lazy("Sessions that are running go on; no new one can be started on it.")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Another number of seats or another end. An earlier end is asked about, with what it will close."""
    found = selectors.license_for(request.user, pk)
    if found.cancelled_at is not None:
        raise services.LicenseCancelledError
    form = ChangeForm(
        request.POST or None,
        license_=found,
        state=selectors.license_state(found),
        initial={"last_day": found.last_day},
    )
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _change_page(request, found, form)
    if not form.is_valid():
        return _change_page(request, found, form, status=400)
    wanted: dict[str, Any] = {"quantity": form.cleaned_data["quantity"], "ends_at": form.ends_at()}

    def save() -> None:
        services.change_license(actor=request.user, license_=found, seen=form.seen, **wanted)

    try:
        if _ends_earlier(found, wanted["ends_at"]) and "confirmed" not in request.POST:
            preview(found.tenant_id, save)  # what is refused is said before anything is asked
            return _ask_about_end(request, found, form)
        save()
    except RuleError as error:
        return _refuse_change(request, found, form, error)
    messages.success(request, _("%(name)s is saved.") % {"name": found.get_product_display()})
    return redirect("licenses:license", pk)


def _refuse_change(
    request: SignedInRequest, found: License, form: ChangeForm, error: RuleError
) -> HttpResponse:
    if isinstance(error, ChangedMeanwhileError):
        by, at = last_change_of(found)
        form.show_conflict(error, by=by, at=at)
    else:
        form.refuse(error)
    return _change_page(request, found, form, status=error.status)


def _ends_earlier(license_: License, ends_at: Any) -> bool:
    return ends_at is not None and (license_.ends_at is None or ends_at < license_.ends_at)


def _ask_about_end(request: SignedInRequest, found: License, form: ChangeForm) -> HttpResponse:
    names = ("quantity", "last_day", "version")
    return ask(
        request,
        Question(
            heading=_("End %(name)s earlier?") % {"name": found},
            consequences=[
                _("After %(day)s it is no longer in force, unless it is renewed before.")
                % {"day": _day(form.cleaned_data["last_day"])},
                *_losses(request, found),
                _STAYS,
            ],
            button=_("End it earlier"),
            keep=_("Keep it as it is"),
            back_url=reverse("licenses:change", args=[found.pk]),
            back_label=str(found),
            carried=[
                *((name, request.POST.get(name, "")) for name in names),
                ("confirmed", "1"),
            ],
        ),
    )


def _day(day: Any) -> str:
    return formats.date_format(day, "DATE_FORMAT")


def _change_page(
    request: SignedInRequest, found: License, form: ChangeForm, status: int = 200
) -> HttpResponse:
    is_expired = found.state is LicenseState.EXPIRED
    context = {
        "form": form,
        "license": found,
        "title": (_("Renew %(name)s") if is_expired else _("Change %(name)s")) % {"name": found},
        "back_url": reverse("licenses:license", args=[found.pk]),
        "back_label": str(found),
        "button": _("Renew") if is_expired else _("Save"),
    }
    return render(request, "licenses/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def cancel(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.license_for(request.user, pk)
    if request.method == "POST":
        services.cancel_license(actor=request.user, license_=found)
        messages.success(request, _("%(name)s is cancelled.") % {"name": found})
        return redirect("licenses:license", pk)
    if found.cancelled_at is not None:
        raise services.LicenseCancelledError
    return ask(
        request,
        Question(
            heading=_("Cancel %(name)s?") % {"name": found},
            consequences=[
                _(
                    "The licence ends now, and cannot be brought back: another one has to be ordered."
                ),
                *_losses(request, found),
                _STAYS,
            ],
            button=_("Cancel the licence"),
            keep=_("Keep it"),
            back_url=reverse("licenses:license", args=[pk]),
            back_label=str(found),
        ),
    )
