"""Pages of *Tenant administration* that are about the tenant itself: its administrators and its audit log."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key, KeyKind
from apps.common.lists import Column, FilterForm, listing
from apps.tenants import rows, selectors, services
from apps.tenants.access import administrator_required
from apps.tenants.administration_forms import AuditFilterForm, RightsForm
from apps.tenants.models import User
from apps.tenants.rights import MAKES_ADMINISTRATORS, RIGHTS, SETS, find_set
from apps.tenants.words import shown_entry

PERSON_COLUMNS = (
    Column("name", gettext_lazy("Last name"), Key("last_name")),
    Column("first", gettext_lazy("First name"), Key("first_name")),
    Column("address", gettext_lazy("Address"), Key("email")),
)
ADMINISTRATOR_COLUMNS = (
    *PERSON_COLUMNS,
    Column("rights", gettext_lazy("Administers"), Key("number_of_rights", KeyKind.NUMBER)),
    Column("actions", gettext_lazy("Actions"), is_hidden=True),
)
CANDIDATE_COLUMNS = (*PERSON_COLUMNS, Column("actions", gettext_lazy("Actions"), is_hidden=True))
AUDIT_COLUMNS = (
    Column("when", gettext_lazy("When"), Key("at", KeyKind.TIME)),
    Column("who", gettext_lazy("Who")),
    Column("what", gettext_lazy("What")),
    Column("target", gettext_lazy("On what")),
    Column("changes", gettext_lazy("Old and new")),
)


@require_safe
@never_cache
@administrator_required()
def administrators(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=FilterForm(request.GET),
        columns=ADMINISTRATOR_COLUMNS,
        rows=lambda said: rows.administrator_rows(request.user, **said),
    )
    rights = selectors.rights_of(shown.rows)
    for person in shown.rows:
        held = rights.get(person.pk, frozenset())
        found = find_set(held)
        words = [found.label] if found else [RIGHTS[name] for name in RIGHTS if name in held]
        person.rights_words = words  # type: ignore[attr-defined]
    context = {
        "listing": shown,
        "may_change": selectors.may_administer(request.user, MAKES_ADMINISTRATORS),
    }
    return render(request, "administration/administrators.html", context, status=shown.status)


@require_safe
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
def add_administrator(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=FilterForm(request.GET),
        columns=CANDIDATE_COLUMNS,
        rows=lambda said: rows.candidate_rows(request.user, **said),
    )
    return render(
        request, "administration/add_administrator.html", {"listing": shown}, status=shown.status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MAKES_ADMINISTRATORS)
def administrator(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    person = selectors.person_for(request.user, pk)
    if request.method != "POST":
        return _rights_page(request, person, _rights_form(request, person))
    form = RightsForm(request.POST)
    if checked := answer_check(request, form):
        return checked
    if not form.is_valid():
        return _rights_page(request, person, form, status=400)
    wanted = form.cleaned_data["rights"]
    lost = selectors.permissions_held(request.user) - set(wanted)
    if person == request.user and lost and "confirmed" not in request.POST:
        return _ask_about_own_rights(request, form, sorted(lost))
    try:
        services.change_administration(
            actor=request.user, person=person, rights=wanted, seen=form.seen
        )
    except RuleError as error:
        form.refuse(error)
        return _rights_page(request, person, form, status=error.status)
    messages.success(request, _("The rights of %(name)s are changed.") % {"name": person})
    still = selectors.permissions_held(request.user)
    return redirect("administration:administrators" if still else "home")


def _rights_form(request: SignedInRequest, person: User) -> RightsForm:
    """As it stands, or with the set that the address names ticked."""
    chosen = next((one for one in SETS if one.slug == request.GET.get("set")), None)
    initial = {"rights": sorted(chosen.rights)} if chosen is not None else {}
    return RightsForm(state=selectors.administration_state(person), initial=initial)


def _rights_page(
    request: SignedInRequest, person: User, form: RightsForm, status: int = 200
) -> HttpResponse:
    context = {
        "person": person,
        "form": form,
        "sets": SETS,
        "is_oneself": person == request.user,
        "own": [
            RIGHTS[name] for name in RIGHTS if name in selectors.permissions_held(request.user)
        ],
    }
    return render(request, "administration/administrator.html", context, status=status)


def _ask_about_own_rights(
    request: SignedInRequest, form: RightsForm, lost: list[str]
) -> HttpResponse:
    carried = [("rights", name) for name in form.cleaned_data["rights"]]
    question = Question(
        heading=_("Take rights away from yourself?"),
        warning=_("You cannot give them back to yourself: another administrator has to."),
        consequences=[
            _("You will lose: %(rights)s.")
            % {"rights": ", ".join(str(RIGHTS[name]) for name in RIGHTS if name in lost)}
        ],
        button=_("Take my rights away"),
        keep=_("Keep them"),
        back_url=reverse("administration:administrators"),
        back_label=_("Administrators"),
        carried=[*carried, ("version", form.cleaned_data["version"]), ("confirmed", "1")],
    )
    return ask(request, question)


@require_safe
@never_cache
@administrator_required(*rows.READS_AUDIT)
def audit_log(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=AuditFilterForm(request.GET),
        columns=AUDIT_COLUMNS,
        rows=lambda said: rows.audit_rows(request.user, **said),
        default_sort="-when",
    )
    for entry in shown.rows:
        entry.shown = shown_entry(entry)  # type: ignore[attr-defined]
    return render(request, "administration/audit.html", {"listing": shown}, status=shown.status)
