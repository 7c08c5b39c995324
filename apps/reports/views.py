"""The report pages."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common.http import SignedInRequest
from apps.reports import retention, selectors
from apps.reports.forms import SessionFilterForm
from apps.tenants.access import administrator_required, member_required
from apps.tenants.selectors import tenant_of


def _address(request: SignedInRequest, cursor: str) -> str:
    """The same list from another place on, without what does not narrow it."""
    said = {name: value for name in request.GET if (value := request.GET.get(name))}
    said.pop("after", None)
    if cursor:
        said["after"] = cursor
    return f"{request.path}?{urlencode(said)}" if said else request.path


@require_safe
@never_cache
@member_required
def sessions(request: SignedInRequest) -> HttpResponse:
    form = SessionFilterForm(request.GET)
    cursor = request.GET.get("after", "")
    context = {
        "form": form,
        "sees_whole_tenant": selectors.sees_whole_tenant(request.user),
        "is_first_page": not cursor,
        "newest_url": _address(request, ""),
    }
    if not form.is_valid():
        return render(request, "reports/sessions.html", context, status=400)
    filters = form.filters()
    report = selectors.session_report(request.user, filters, cursor=cursor)
    context |= {
        "rows": report.rows,
        "is_narrowed": filters.are_narrowing,
        "next_url": _address(request, report.next_cursor) if report.next_cursor else "",
    }
    return render(request, "reports/sessions.html", context)


@require_safe
@never_cache
@member_required
def session(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    row = selectors.reported_session(request.user, pk)
    return render(
        request,
        "reports/session.html",
        {
            "row": row,
            "session": row.session,
            "story": selectors.story_of(row.session, request.user),
            "is_own": row.session.side_of(request.user) is not None,
        },
    )


@require_safe
@never_cache
@administrator_required("tenants.view_reports", "tenants.manage_settings")
def retention_page(request: SignedInRequest) -> HttpResponse:
    """What is still kept of the tenant's people, and when it goes (M4)."""
    records = retention.oldest_records(tenant_of(request.user))
    run = retention.last_run()
    return render(
        request,
        "reports/retention.html",
        {
            "records": records,
            "is_late": any(record.is_late for record in records),
            "is_overdue": retention.is_overdue(),
            "run": run,
            "removed": retention.removed_by(run, tenant_of(request.user))
            if run is not None
            else [],
            "next_run": retention.next_run(run),
        },
    )
