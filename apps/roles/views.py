"""The pages of roles: the list, one role, and making, changing, duplicating and deleting them; and who holds what."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
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
from apps.common.lists import Column, listing, matching
from apps.roles import selectors, services
from apps.roles.forms import ChangedRoleForm, CopyForm, RoleFilters, RoleForm
from apps.roles.models import Action, Role
from apps.roles.services.roles import free_copy_name
from apps.tenants.access import administrator_required, member_required
from apps.tenants.models import User
from apps.tenants.rights import RIGHTS
from apps.tenants.selectors import permissions_held, person_of, tenant_of

MANAGE = "tenants.manage_roles"
COLUMNS = (
    Column("name", gettext_lazy("Role"), Key("name")),
    Column("kind", gettext_lazy("Type")),
    *(Column(action.value, action.label) for action in Action),
    Column("used", gettext_lazy("Assignments"), Key("number_of_assignments", KeyKind.NUMBER)),
)


def _rows(person: User, said: dict[str, Any]) -> QuerySet[Role]:
    found = selectors.role_rows(tenant_of(person).pk).filter(matching(said["q"], "name"))
    if said["kind"]:
        found = found.filter(tenant__isnull=said["kind"] == "built_in")
    return found.filter(selectors.giving(Action(said["action"]))) if said["action"] else found


@require_safe
@never_cache
@administrator_required(MANAGE)
def roles(request: SignedInRequest) -> HttpResponse:
    shown = listing(
        request,
        form=RoleFilters(request.GET),
        columns=COLUMNS,
        rows=lambda said: _rows(request.user, said),
    )
    return render(request, "roles/roles.html", {"listing": shown}, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def by_permission(request: SignedInRequest) -> HttpResponse:
    found = list(selectors.role_rows(tenant_of(request.user).pk).order_by("name", "id"))
    permissions = [
        {
            "label": action.label,
            "roles": [role for role in found if action in selectors.given_by(role)],
        }
        for action in Action
    ]
    return render(request, "roles/by_permission.html", {"permissions": permissions})


@require_safe
@never_cache
@administrator_required(MANAGE)
def role(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.role_for(request.user, pk)
    assignments = selectors.assignment_rows(tenant_of(request.user).pk).filter(role=found)
    context = {
        "role": found,
        "permissions": [(action.label, action in found.actions) for action in Action],
        "assignments": assignments.order_by("name", "id")[:50],
    }
    return render(request, "roles/role.html", context)


def _form_page(
    request: SignedInRequest,
    form: RoleForm | CopyForm,
    words: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, **words}
    return render(request, "roles/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def new_role(request: SignedInRequest) -> HttpResponse:
    words = {"title": _("New role"), "back_url": reverse("roles:roles"), "button": _("Create role")}
    form = RoleForm(request.POST or None)
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _form_page(request, form, words)
    if form.is_valid():
        try:
            made = services.create_role(
                actor=request.user,
                tenant=tenant_of(request.user),
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                actions=form.actions(),
            )
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is made.") % {"name": made})
            return redirect("roles:role", made.pk)
    return _form_page(request, form, words, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change_role(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Saves, or with *Preview* shows what saving would open and close."""
    found = selectors.role_for(request.user, pk)
    if found.is_built_in:
        raise services.BuiltInRoleError
    words: dict[str, Any] = {
        "title": _("Change %(name)s") % {"name": found},
        "back_url": reverse("roles:role", args=[pk]),
        "button": _("Save"),
    }
    form = ChangedRoleForm(request.POST or None, state=selectors.role_state(found))
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _form_page(request, form, words)
    if not form.is_valid():
        return _form_page(request, form, words, status=400)

    def change() -> None:
        services.change_role(
            actor=request.user,
            role=found,
            name=form.cleaned_data["name"],
            description=form.cleaned_data["description"],
            actions=form.actions(),
            seen=form.seen,
        )

    if not form.save(tenant_of(request.user).pk, change):
        return _form_page(request, form, words, status=form.status)
    messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("roles:role", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def duplicate_role(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.role_for(request.user, pk)
    tenant = tenant_of(request.user)
    words = {
        "title": _("Duplicate %(name)s") % {"name": found},
        "back_url": reverse("roles:role", args=[pk]),
        "button": _("Duplicate"),
    }
    free = free_copy_name(tenant, found.name)
    form = CopyForm(request.POST or None, initial={"name": free})
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _form_page(request, form, words)
    if form.is_valid():
        try:
            copy = services.duplicate_role(
                actor=request.user, tenant=tenant, role=found, name=form.cleaned_data["name"]
            )
        except RuleError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is made.") % {"name": copy})
            return redirect("roles:change_role", copy.pk)
    return _form_page(request, form, words, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def delete_role(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.role_for(request.user, pk)
    if found.is_built_in:
        raise services.BuiltInRoleError
    if request.method == "POST":
        services.delete_role(actor=request.user, role=found)
        messages.success(request, _("%(name)s is deleted.") % {"name": found})
        return redirect("roles:roles")
    used = getattr(found, "number_of_assignments", 0)
    return ask(
        request,
        Question(
            heading=_("Delete %(name)s?") % {"name": found},
            consequences=[_("The role is gone for good. It cannot be brought back.")],
            button=_("Delete the role"),
            keep=_("Keep it"),
            back_url=reverse("roles:role", args=[pk]),
            back_label=str(found),
            warning=str(services.RoleInUseError.message) if used else "",
        ),
    )


# --- who holds what -------------------------------------------------------------------------------


def _permissions_page(request: SignedInRequest, person: User) -> HttpResponse:
    held = selectors.held_roles(person)
    rights = permissions_held(person)
    context = {
        "person": person,
        "is_oneself": person == request.user,
        "held": held,
        "permissions": [
            (action.label, any(action in one.actions for one in held)) for action in Action
        ],
        "rights": [words for name, words in RIGHTS.items() if name in rights],
        "may_manage": MANAGE in permissions_held(request.user),
    }
    return render(request, "roles/permissions.html", context)


@require_safe
@never_cache
@member_required
def own_permissions(request: SignedInRequest) -> HttpResponse:
    return _permissions_page(request, request.user)


@require_safe
@never_cache
@administrator_required(MANAGE)
def permissions_of(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _permissions_page(request, person_of(tenant_of(request.user), pk))
