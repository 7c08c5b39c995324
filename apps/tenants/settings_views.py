"""*Tenant administration > Remote help*: the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.confirmation import Question, ask
from apps.common.form_kit import answer_check
from apps.common.http import SignedInRequest
from apps.tenants import selectors, services
from apps.tenants.access import administrator_required
from apps.tenants.administration_forms import SettingsForm
from apps.tenants.models import Group, Tenant

MANAGE = "tenants.manage_settings"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def settings(request: SignedInRequest) -> HttpResponse:
    """Saves, after a question where sessions end; or with *Preview* shows what saving would open and close."""
    tenant = selectors.tenant_of(request.user)
    groups = list(selectors.groups_of(tenant))
    if request.method != "POST":
        state = selectors.settings_state(tenant)
        return _page(request, tenant, SettingsForm(state=state, groups=groups))
    form = SettingsForm(request.POST, groups=groups)
    if checked := answer_check(request, form):
        return checked
    if not form.is_valid():
        return _page(request, tenant, form, status=400)
    said = form.said()
    is_asked = not (form.is_only_previewed or "confirmed" in request.POST)
    if is_asked and (consequences := _consequences(tenant, said)):
        return _ask(request, consequences)
    return _save(request, tenant, form, groups)


def _save(
    request: SignedInRequest, tenant: Tenant, form: SettingsForm, groups: list[Group]
) -> HttpResponse:
    said = form.said()
    chosen = set(said.pop("compliance_groups", ()))
    said["compliance_groups"] = [group for group in groups if str(group.pk) in chosen]

    def change() -> None:
        services.change_settings(actor=request.user, tenant=tenant, seen=form.seen, **said)

    if not form.save(tenant.pk, change):
        if form.conflict is not None:
            by, at = selectors.last_change_of(tenant)
            form.conflict = replace(form.conflict, by=by, at=at)
        return _page(request, tenant, form, status=form.status)
    messages.success(request, _("The settings are saved."))
    return redirect("administration:settings")


@require_POST
@administrator_required(MANAGE)
def dismiss_setup(request: SignedInRequest) -> HttpResponse:
    """Puts the set-up list away, or with *show* brings it back."""
    is_dismissed = "show" not in request.POST
    tenant = selectors.tenant_of(request.user)
    services.dismiss_setup(actor=request.user, tenant=tenant, is_dismissed=is_dismissed)
    if is_dismissed:
        messages.success(request, _("The set-up list is put away. You can bring it back here."))
    return redirect("overview")


def _page(
    request: SignedInRequest, tenant: Tenant, form: SettingsForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "tenant_row": selectors.tenant_of(request.user), "tab": "settings"}
    return render(request, "administration/settings.html", context, status=status)


def _consequences(tenant: Tenant, said: dict[str, Any]) -> list[str]:
    """What a change takes away from people who are in a session right now."""
    found = []
    if tenant.is_remote_help_enabled and not said["is_remote_help_enabled"]:
        found.append(_("All sessions of the organisation end now, and no new one can be started."))
    elif tenant.are_unenrolled_devices_allowed and not said["are_unenrolled_devices_allowed"]:
        found.append(_("Sessions on unenrolled devices, and in plain browsers, end now."))
    if said["is_compliance_required"] and not tenant.is_compliance_required:
        found.append(
            _(
                "Sessions on devices that are not compliant end now where conditional access covers them."
            )
        )
    return found


def _ask(request: SignedInRequest, consequences: list[str]) -> HttpResponse:
    skipped = ("csrfmiddlewaretoken", "confirmed")
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in skipped
        for value in values
    ]
    question = Question(
        heading=_("Save these settings?"),
        consequences=consequences,
        button=_("Save and end these sessions"),
        keep=_("Keep the settings as they are"),
        back_url=reverse("administration:settings"),
        back_label=_("Remote help settings"),
        carried=[*carried, ("confirmed", "1")],
    )
    return ask(request, question)
