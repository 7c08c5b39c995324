"""The pages of seats: a licence with who holds them, giving them out, taking them back, and who lacks one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.clock import now
from apps.common.confirmation import Question, ask
from apps.common.errors import InvalidError, NotFoundError, RuleError
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, FilterForm, Listing, listing, matching
from apps.common.preview_words import losses_in_words
from apps.common.previews import preview
from apps.licenses import selectors, services
from apps.licenses.forms import LackingFilters
from apps.licenses.models import ENDED, License, Seat
from apps.licenses.views import MANAGE
from apps.tenants.access import administrator_required
from apps.tenants.models import Group, User
from apps.tenants.selectors import groups_by, people_of, tenant_of

MOST_AT_ONCE = 100
_CHOOSE = Column("choose", gettext_lazy("Choose"), is_hidden=True)
SEAT_COLUMNS = (
    Column("holder", gettext_lazy("Person or group"), Key("holder")),
    Column("people", gettext_lazy("People"), Key("number_of_people", KeyKind.NUMBER)),
    Column("since", gettext_lazy("Since"), Key("assigned_at", KeyKind.TIME)),
    Column("actions", gettext_lazy("Actions"), is_hidden=True),
)
PERSON_COLUMNS = (
    _CHOOSE,
    Column("name", gettext_lazy("Last name"), Key("last_name")),
    Column("first", gettext_lazy("First name"), Key("first_name")),
    Column("address", gettext_lazy("Address"), Key("email")),
)
GROUP_COLUMNS = (
    _CHOOSE,
    Column("name", gettext_lazy("Group"), Key("name")),
    Column("people", gettext_lazy("People"), Key("number_of_people", KeyKind.NUMBER)),
    Column("needed", gettext_lazy("Seats it would take")),
)
LACKING_COLUMNS = (*PERSON_COLUMNS, Column("coming", gettext_lazy("Pending")))
_NAMES = ("last_name", "first_name", "email")


@require_safe
@never_cache
@administrator_required(MANAGE)
def license_page(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.license_for(request.user, pk)
    shown: Listing[Seat] = listing(
        request,
        form=FilterForm(request.GET),
        columns=SEAT_COLUMNS,
        rows=lambda said: selectors.seats_of(found).filter(
            matching(said["q"], *(f"person__{name}" for name in _NAMES), "group__name")
        ),
    )
    context = {
        "license": found,
        "state": found.state,
        "is_ended": found.state in ENDED,
        "free": free_seats(found),
        "listing": shown,
        "taken_from": _taken_from(request, found),
    }
    return render(request, "licenses/license.html", context, status=shown.status)


def free_seats(license_: License) -> int:
    return max(0, license_.quantity - selectors.seats_taken(license_))


def _taken_from(request: SignedInRequest, license_: License) -> dict[str, Any] | None:
    """Whose seat was just taken away, so that it can be given back: as the address says, if it is so."""
    for name, rows in (
        ("people", people_of(tenant_of(request.user))),
        ("groups", Group.objects.filter(tenant=license_.tenant_id)),
    ):
        try:
            found = rows.filter(pk=uuid.UUID(request.GET.get(f"taken_{name}", ""))).first()
        except ValueError:
            continue
        field = "person" if name == "people" else "group"
        if found is not None and not license_.seats.filter(**{field: found.pk}).exists():
            url = reverse(f"licenses:give_{name}", args=[license_.pk])
            return {"name": str(found), "field": name, "value": str(found.pk), "url": url}
    return None


# --- giving ---------------------------------------------------------------------------------------


def _chosen(request: SignedInRequest, name: str) -> list[uuid.UUID]:
    """The ticked boxes of the list."""
    said = request.POST.getlist(name)
    try:
        ids = list(dict.fromkeys(uuid.UUID(one) for one in said))
    except ValueError as error:
        raise NotFoundError from error
    if not ids:
        raise InvalidError(_("Choose at least one line of the list."))
    if len(ids) > MOST_AT_ONCE:
        raise InvalidError(_("These are too many at once."))
    return ids


def _people(request: SignedInRequest) -> list[User]:
    ids = _chosen(request, "people")
    found = list(people_of(tenant_of(request.user)).filter(pk__in=ids))
    if len(found) != len(ids):
        raise NotFoundError
    return found


def _groups(request: SignedInRequest) -> list[Group]:
    return groups_by(tenant_of(request.user), _chosen(request, "groups"))


def _given(request: SignedInRequest, license_: License, made: list[Seat]) -> None:
    free = free_seats(license_)
    said = ngettext("%(number)s seat is free.", "%(number)s seats are free.", free)
    given = _("%(name)s: seats are given.") % {"name": license_} if made else _("Nothing changed.")
    messages.success(request, f"{given} {said % {'number': free}}")


def _give(
    request: SignedInRequest,
    pk: uuid.UUID,
    template: str,
    chosen: Callable[[License], dict[str, Any]],
    show: Callable[[License], Listing[Any]],
) -> HttpResponse:
    found = selectors.license_for(request.user, pk)
    refusal: RuleError | None = None
    if request.method == "POST":
        try:
            made = services.assign_seats(actor=request.user, license_=found, **chosen(found))
        except NotFoundError:
            raise
        except RuleError as error:
            refusal = error
        else:
            _given(request, found, made)
            return redirect("licenses:license", pk)
    elif not found.has_seats:
        raise services.NoSeatsError
    elif found.state in ENDED:
        raise services.LicenseEndedError
    shown = show(found)
    context = {
        "license": found,
        "free": free_seats(found),
        "listing": shown,
        "refusal": refusal,
        "chosen": request.POST.getlist("people") + request.POST.getlist("groups"),
    }
    return render(request, template, context, status=refusal.status if refusal else shown.status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def give_people(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _give(
        request,
        pk,
        "licenses/give_people.html",
        chosen=lambda found: {"people": _people(request)},
        show=lambda found: listing(
            request,
            form=FilterForm(request.GET),
            columns=PERSON_COLUMNS,
            rows=lambda said: selectors.people_to_seat(found).filter(matching(said["q"], *_NAMES)),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def give_groups(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _give(
        request,
        pk,
        "licenses/give_groups.html",
        chosen=lambda found: {"groups": _groups(request)},
        show=lambda found: _groups_to_seat(request, found),
    )


def _groups_to_seat(request: SignedInRequest, found: License) -> Listing[Any]:
    shown: Listing[Any] = listing(
        request,
        form=FilterForm(request.GET),
        columns=GROUP_COLUMNS,
        rows=lambda said: selectors.groups_to_seat(found).filter(matching(said["q"], "name")),
    )
    needed = selectors.seats_needed(found, shown.rows)
    for group in shown.rows:
        group.number_needed = needed[group.pk]
    return shown


def _lacking_rows(person: User, said: dict[str, Any]) -> QuerySet[User]:
    is_coming = {"yes": True, "no": False}.get(said["is_coming"])
    found = selectors.people_without_seat(tenant_of(person).pk, now(), is_seat_coming=is_coming)
    return found.filter(matching(said["q"], *_NAMES))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def lacking(request: SignedInRequest) -> HttpResponse:
    """Who can neither help nor be helped for want of a seat; those who are ticked get one of the licence that is chosen."""
    open_licenses = [
        one
        for one in selectors.licenses_with_seats(tenant_of(request.user).pk)
        if one.state not in ENDED
    ]
    refusal: RuleError | None = None
    if request.method == "POST":
        wanted = request.POST.get("license", "")
        found = next((one for one in open_licenses if str(one.pk) == wanted), None)
        if found is None:
            raise NotFoundError
        try:
            made = services.assign_seats(
                actor=request.user, license_=found, people=_people(request)
            )
        except NotFoundError:
            raise
        except RuleError as error:
            refusal = error
        else:
            _given(request, found, made)
            return redirect("licenses:lacking")
    shown = listing(
        request,
        form=LackingFilters(request.GET),
        columns=LACKING_COLUMNS,
        rows=lambda said: _lacking_rows(request.user, said),
    )
    context = {
        "listing": shown,
        "licenses": [(one, one.quantity - selectors.seats_taken(one)) for one in open_licenses],
        "refusal": refusal,
        "chosen": request.POST.getlist("people"),
    }
    return render(
        request,
        "licenses/lacking.html",
        context,
        status=refusal.status if refusal else shown.status,
    )


# --- taking away ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def take_away(request: SignedInRequest, pk: uuid.UUID, seat: uuid.UUID) -> HttpResponse:
    found = selectors.seat_for(request.user, pk, seat)
    if request.method == "POST":
        services.revoke_seat(actor=request.user, seat=found)
        name = "taken_people" if found.person_id else "taken_groups"
        said = urlencode({name: str(found.person_id or found.group_id)})
        return redirect(f"{reverse('licenses:license', args=[pk])}?{said}")
    return ask(
        request,
        Question(
            heading=_("Take the seat away from %(name)s?") % {"name": found},
            consequences=[*_losses(request, found), _("It can be given back at once.")],
            button=_("Take the seat away"),
            keep=_("Keep it"),
            back_url=reverse("licenses:license", args=[pk]),
            back_label=str(found.license),
        ),
    )


def _losses(request: SignedInRequest, seat: Seat) -> list[str]:
    tenant_id = seat.license.tenant_id
    seats = Seat.objects.filter(pk=seat.pk)
    number = selectors.people_who_would_lose(seats, tenant_id, now())
    if not number:
        return [_("Nobody loses anything by it.")]
    said = ngettext(
        "%(number)s person has no other seat and can then neither help nor be helped. Their sessions end now.",
        "%(number)s people have no other seat and can then neither help nor be helped. Their sessions end now.",
        number,
    )
    shown = preview(tenant_id, lambda: services.revoke_seat(actor=request.user, seat=seat))
    return [said % {"number": number}, *losses_in_words(shown)]
