"""The pages of role assignments: the list, one of them, the wizard that makes them, changing and deleting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
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
from apps.common.keyset import Key
from apps.common.lists import Column, listing, matching
from apps.common.preview_words import losses_in_words
from apps.common.previews import Preview, Touching, preview
from apps.common.wizards import Step, Wizard
from apps.roles import selectors, services
from apps.roles.forms import (
    AdminGroupsForm,
    AssignmentFilters,
    AssignmentForm,
    BasicsForm,
    ScopeForm,
    chosen,
)
from apps.roles.models import RoleAssignment
from apps.tenants.access import administrator_required
from apps.tenants.models import User
from apps.tenants.selectors import groups_of, tenant_of

MANAGE = "tenants.manage_roles"
COLUMNS = (
    Column("name", gettext_lazy("Name"), Key("name")),
    Column("role", gettext_lazy("Role"), Key("role_name")),
    Column("admins", gettext_lazy("Admin groups")),
    Column("scope", gettext_lazy("Scope")),
)


def _rows(person: User, said: dict[str, Any]) -> QuerySet[RoleAssignment]:
    names = ("name", "description", "role__name")
    found = selectors.named_assignment_rows(tenant_of(person).pk)
    found = found.filter(matching(said["q"], *names))
    return found.filter(role=said["role"]) if said["role"] else found


def _choices(person: User) -> dict[str, Any]:
    """What a form about assignments lets choose: the roles and groups of the person's tenant."""
    tenant = tenant_of(person)
    return {
        "roles": list(selectors.roles_of(tenant.pk).order_by("name")),
        "groups": list(groups_of(tenant).order_by("name")),
    }


def _wanted(person: User, said: dict[str, Any]) -> dict[str, Any]:
    """What a form said, as the services take it. Its choices let nothing of another tenant in."""
    groups = list(groups_of(tenant_of(person)))
    return {
        "role": selectors.role_for(person, uuid.UUID(said["role"])),
        "name": said["name"],
        "description": said["description"],
        "admin_groups": chosen(groups, said["admin_groups"]),
        "scope_groups": chosen(groups, said["scope_groups"]),
        "covers_all_users": said["covers_all_users"],
        "covers_all_devices": said["covers_all_devices"],
    }


def _reaches_nobody(wanted: dict[str, Any]) -> bool:
    scope = ("covers_all_users", "covers_all_devices", "scope_groups")
    return not any(wanted[name] for name in scope)


def _preview(person: User, change: Callable[[], object]) -> Preview:
    return preview(tenant_of(person).pk, change, touching=Touching.ASSIGNMENTS)


@require_safe
@never_cache
@administrator_required(MANAGE)
def assignments(request: SignedInRequest) -> HttpResponse:
    known = selectors.roles_of(tenant_of(request.user).pk).order_by("name")
    shown = listing(
        request,
        form=AssignmentFilters(request.GET, roles=known),
        columns=COLUMNS,
        rows=lambda said: _rows(request.user, said),
    )
    return render(request, "roles/assignments.html", {"listing": shown}, status=shown.status)


@require_safe
@never_cache
@administrator_required(MANAGE)
def assignment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.assignment_for(request.user, pk)
    admins, scopes = set(found.admin_groups.all()), set(found.scope_groups.all())
    context = {
        "assignment": found,
        "overlap": sorted(str(group) for group in admins & scopes),
        "reaches_nobody": not (scopes or found.covers_all_users or found.covers_all_devices),
    }
    return render(request, "roles/assignment.html", context)


class AssignmentWizard(Wizard):
    """*Basics*, *Admin groups*, *Scope groups*, *Review + create* (R4)."""

    name: ClassVar[str] = "role_assignment"
    url_name: ClassVar[str] = "roles:new_assignment"
    title = gettext_lazy("New role assignment")
    button = gettext_lazy("Create assignment")
    steps = (
        Step("basics", gettext_lazy("Basics"), BasicsForm),
        Step("admin-groups", gettext_lazy("Admin groups"), AdminGroupsForm),
        Step("scope-groups", gettext_lazy("Scope groups"), ScopeForm),
    )
    template = "roles/assignment_wizard.html"

    @cached_property
    def choices(self) -> dict[str, Any]:
        """Read once: each request makes the form of each step."""
        return _choices(self.request.user)

    def make_form(self, step: Step, **kwargs: Any) -> forms.Form:
        return step.form(**kwargs, **self.choices)

    def leave_url(self) -> str:
        return reverse("roles:assignments")

    def _wanted(self, said: dict[str, dict[str, Any]]) -> dict[str, Any]:
        together: dict[str, Any] = {}
        for step in said.values():
            together |= step
        return _wanted(self.request.user, together)

    def _make(self, wanted: dict[str, Any]) -> RoleAssignment:
        actor = self.request.user
        return services.assign_role(actor=actor, tenant=tenant_of(actor), **wanted)

    def review(self, said: dict[str, dict[str, Any]]) -> dict[str, Any]:
        wanted = self._wanted(said)
        shown: dict[str, Any] = {
            "reaches_nobody": _reaches_nobody(wanted),
            "overlap": [
                group for group in wanted["admin_groups"] if group in wanted["scope_groups"]
            ],
        }
        try:
            shown["preview"] = _preview(self.request.user, lambda: self._make(wanted))
        except RuleError as error:
            shown["refused"] = error  # said before the button is pressed
        return shown

    def finish(self, said: dict[str, dict[str, Any]]) -> HttpResponse:
        made = self._make(self._wanted(said))
        messages.success(self.request, _("%(name)s is made.") % {"name": made})
        return redirect("roles:assignment", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def begin_assignment(request: SignedInRequest) -> HttpResponse:
    return AssignmentWizard(request).begin()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def new_assignment(request: SignedInRequest, draft: str, step: str) -> HttpResponse:
    return AssignmentWizard(request).run(draft, step)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def duplicate_assignment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """The wizard once more, filled in with what this one has; only the name is another."""
    found = selectors.assignment_for(request.user, pk)
    state = selectors.assignment_state(found)
    on = {name: ["on"] for name in ("covers_all_users", "covers_all_devices") if state[name]}
    said = {
        "basics": {
            "name": [_("Copy of %(name)s") % {"name": found.name[:100]}],
            "description": [state["description"]],
            "role": [state["role"]],
        },
        "admin-groups": {"admin_groups": state["admin_groups"]},
        "scope-groups": {"scope_groups": state["scope_groups"], **on},
    }
    return AssignmentWizard(request).begin(said)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def change_assignment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Saves, or with *Preview* shows what saving would open and close."""
    found = selectors.assignment_for(request.user, pk)
    form = AssignmentForm(
        request.POST or None, state=selectors.assignment_state(found), **_choices(request.user)
    )
    if checked := answer_check(request, form):
        return checked
    if request.method != "POST":
        return _change_page(request, found, form)
    if not form.is_valid():
        return _change_page(request, found, form, status=400)
    wanted = _wanted(request.user, form.cleaned_data)

    def change() -> None:
        services.change_assignment(actor=request.user, assignment=found, seen=form.seen, **wanted)

    if not form.save(found.tenant_id, change):
        nobody = form.preview is not None and _reaches_nobody(wanted)
        return _change_page(request, found, form, status=form.status, reaches_nobody=nobody)
    messages.success(request, _("%(name)s is saved.") % {"name": wanted["name"]})
    return redirect("roles:assignment", pk)


def _change_page(
    request: SignedInRequest,
    found: RoleAssignment,
    form: AssignmentForm,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    context |= {
        "form": form,
        "title": _("Change %(name)s") % {"name": found},
        "back_url": reverse("roles:assignment", args=[found.pk]),
        "button": _("Save"),
    }
    return render(request, "roles/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def delete_assignment(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.assignment_for(request.user, pk)
    if request.method == "POST":
        services.remove_assignment(actor=request.user, assignment=found)
        messages.success(request, _("%(name)s is deleted.") % {"name": found})
        return redirect("roles:assignments")
    shown = _preview(
        request.user,
        lambda: services.remove_assignment(actor=request.user, assignment=found),
    )
    losses = losses_in_words(shown)
    return ask(
        request,
        Question(
            heading=_("Delete %(name)s?") % {"name": found},
            consequences=[
                _("The role assignment is gone for good. Running sessions that stand on it end."),
                *(losses or [_("Nobody loses anything by it.")]),
            ],
            button=_("Delete the assignment"),
            keep=_("Keep it"),
            back_url=reverse("roles:assignment", args=[pk]),
            back_label=str(found),
        ),
    )
