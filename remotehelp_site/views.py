"""Pages that belong to the whole site."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from apps.common.http import SignedInRequest
from apps.reports.selectors import last_sessions
from apps.sessions.selectors import unfinished_sessions_of
from apps.tenants.access import member_required


@never_cache
@member_required
def home(request: SignedInRequest) -> HttpResponse:
    return render(
        request,
        "home.html",
        {
            "unfinished": unfinished_sessions_of(request.user)[:20],
            "last_sessions": last_sessions(request.user),
        },
    )
