"""Pages that belong to the whole site."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.http import SignedInRequest
from apps.reports.selectors import last_sessions
from apps.sessions.selectors import unfinished_sessions_of
from apps.sessions.setting_up import find_setup
from apps.tenants.access import administrator_required, member_required
from apps.tenants.selectors import permissions_held, tenant_of
from remotehelp_site.navigation import administration_links


@never_cache
@member_required
def home(request: SignedInRequest) -> HttpResponse:
    return render(
        request,
        "home.html",
        {
            "setup": find_setup(request.user),
            "unfinished": unfinished_sessions_of(request.user)[:20],
            "last_sessions": last_sessions(request.user),
        },
    )


@require_safe
@never_cache
@administrator_required()
def overview(request: SignedInRequest) -> HttpResponse:
    """Where the administration begins: the set-up list until the first session, and all its places."""
    tenant = tenant_of(request.user)
    context = {
        "setup": find_setup(request.user),
        "is_put_away": tenant.setup_dismissed_at is not None and tenant.first_session_at is None,
        "may_put_away": "tenants.manage_settings" in permissions_held(request.user),
        "places": administration_links(request.user),
    }
    return render(request, "administration/overview.html", context)
