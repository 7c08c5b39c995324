"""The pages of people: the list, one person, and making, changing, disabling and enabling them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.confirmation import Question, ask
from apps.common.errors import RuleError
from apps.common.form_kit import KitForm, answer_check
from apps.common.http import SignedInRequest
from apps.common.keyset import Key
from apps.common.lists import Column, listing
from apps.directory import rows, selectors
from apps.directory.forms import DirectoryPersonForm, PeopleFilters, PersonForm
from apps.tenants import services
from apps.tenants.access import administrator_required
from apps.tenants.forms import PictureForm
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS
from apps.tenants.selectors import (
    groups_of,
    permissions_held,
    person_for,
    profile_state,
    rights_of,
    tenant_of,
)

MANAGE = "tenants.manage_people"
COLUMNS = (
    Column("name", gettext_lazy("Last name"), Key("last_name")),
    Column("first", gettext_lazy("First name"), Key("first_name")),
    Column("address", gettext_lazy("Address"), Key("email")),
    Column("title", gettext_lazy("Job title"), Key("job_title")),
    Column("state", gettext_lazy("State")),
)


@require_safe
@never_cache
@administrator_required(MANAGE)
def people(request: SignedInRequest) -> HttpResponse:
    groups = groups_of(tenant_of(request.user)).order_by("name")
    shown = listing(
        request,
        form=PeopleFilters(request.GET, groups=groups),
        columns=COLUMNS,
        rows=lambda said: rows.people_rows(request.user, **said),
    )
    rights = rights_of(shown.rows)
    for one in shown.rows:
        one.is_administrator = one.pk in rights  # type: ignore[attr-defined]
    return render(request, "directory/people.html", {"listing": shown}, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def person(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _person_page(request, person_for(request.user, pk))


def _person_page(
    request: SignedInRequest,
    found: User,
    *,
    picture_form: PictureForm | None = None,
    link: str = "",
    refusal: RuleError | None = None,
    status: int = 200,
) -> HttpResponse:
    rights = rights_of([found]).get(found.pk, frozenset())
    own = permissions_held(request.user)
    context = {
        "person": found,
        "around": selectors.around(found),
        "rights": [words for name, words in RIGHTS.items() if name in rights],
        "picture_form": picture_form or PictureForm(),
        "link": link,
        "refusal": refusal,
        "is_oneself": found == request.user,
        # Whoever holds more than one does is looked at and not touched.
        "may_change": found == request.user or not rights - own,
        "manages_roles": "tenants.manage_roles" in own,
        "manages_devices": "tenants.manage_devices" in own,
        "reads_reports": "tenants.view_reports" in own,
        "language_name": dict(settings.LANGUAGES).get(found.language, ""),
    }
    return render(request, "directory/person.html", context, status=status)


def _form_page(
    request: SignedInRequest, form: KitForm, *, title: str, back_url: str, button: str, status: int
) -> HttpResponse:
    context = {"form": form, "title": title, "back_url": back_url, "button": button}
    return render(request, "directory/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def new_person(request: SignedInRequest) -> HttpResponse:
    form = PersonForm(request.POST if request.method == "POST" else None)
    if checked := answer_check(request, form):
        return checked
    if form.is_valid():
        try:
            made = services.create_person(
                actor=request.user, tenant=tenant_of(request.user), **form.said()
            )
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                _("%(name)s has an account. Send the link with which they set their password.")
                % {"name": made},
            )
            return redirect("directory:person", made.pk)
    return _form_page(
        request,
        form,
        title=_("New person"),
        back_url=reverse("directory:people"),
        button=_("Create person"),
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = person_for(request.user, pk)
    services.require_outranks(request.user, found)
    kind = DirectoryPersonForm if found.directory_oid else PersonForm
    state = profile_state(found)
    form = kind(request.POST if request.method == "POST" else None, state=state)
    if checked := answer_check(request, form):
        return checked
    status = 400 if form.errors else 200
    if form.is_valid():
        said = {**state, **form.said()}
        try:
            services.change_person(
                actor=request.user,
                person=found,
                seen=form.seen,
                **{name: str(value) for name, value in said.items()},
            )
        except RuleError as error:
            form.refuse(error)
            status = error.status
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": found})
            return redirect("directory:person", pk)
    return _form_page(
        request,
        form,
        title=_("Change %(name)s") % {"name": found},
        back_url=reverse("directory:person", args=[pk]),
        button=_("Save"),
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def disable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = person_for(request.user, pk)
    services.require_outranks(request.user, found)
    if request.method == "POST":
        services.disable_person(actor=request.user, person=found)
        messages.success(request, _("%(name)s is disabled and signed out.") % {"name": found})
        return redirect("directory:person", pk)
    question = Question(
        heading=_("Disable %(name)s?") % {"name": found},
        consequences=[
            _("Sessions that they are in end now."),
            _("They are signed out of every browser and of the device app, and cannot sign in."),
            _("Groups, licence seats, devices and rights stay, for when they are enabled again."),
        ],
        button=_("Disable and sign out"),
        keep=_("Keep the account active"),
        back_url=reverse("directory:person", args=[pk]),
        back_label=str(found),
    )
    return ask(request, question)


@require_POST
@never_cache
@administrator_required(MANAGE)
def enable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = person_for(request.user, pk)
    services.enable_person(actor=request.user, person=found)
    messages.success(request, _("%(name)s can sign in again.") % {"name": found})
    return redirect("directory:person", pk)


@require_POST
@never_cache
@administrator_required(MANAGE)
def link(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Mails the one-time link, or shows it once, to be passed on where there is no mail."""
    found = person_for(request.user, pk)
    try:
        if "show" in request.POST:
            path = services.issue_sign_in_link(actor=request.user, person=found)
            return _person_page(request, found, link=request.build_absolute_uri(path))
        services.mail_sign_in_link(actor=request.user, person=found)
    except RuleError as refusal:
        return _person_page(request, found, refusal=refusal, status=refusal.status)
    messages.success(
        request, _("The link is on its way to %(address)s.") % {"address": found.email}
    )
    return redirect("directory:person", pk)


@require_POST
@never_cache
@administrator_required(MANAGE)
def picture(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = person_for(request.user, pk)
    services.require_outranks(request.user, found)
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data["picture"].read(services.PICTURE_BYTES + 1)
        try:
            services.set_picture_of(actor=request.user, person=found, data=data)
        except RuleError as error:
            form.add_error("picture", str(error))
        else:
            messages.success(request, _("The picture of %(name)s is changed.") % {"name": found})
            return redirect("directory:person", pk)
    return _person_page(request, found, picture_form=form, status=400)


@require_POST
@never_cache
@administrator_required(MANAGE)
def remove_picture(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = person_for(request.user, pk)
    services.remove_picture_of(actor=request.user, person=found)
    messages.success(request, _("The picture of %(name)s is removed.") % {"name": found})
    return redirect("directory:person", pk)
