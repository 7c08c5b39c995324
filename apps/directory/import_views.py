"""Importing people and memberships: choose a file, look at what each row would do, apply it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import RuleError
from apps.common.http import SignedInRequest
from apps.directory import csv_files, queueing, selectors, services
from apps.directory.forms import ImportForm
from apps.directory.models import Import, ImportState
from apps.tenants.access import administrator_required
from apps.tenants.selectors import tenant_of

MANAGE = "tenants.manage_people"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@administrator_required(MANAGE)
def imports(request: SignedInRequest) -> HttpResponse:
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                made = services.begin_import(
                    actor=request.user,
                    tenant=tenant_of(request.user),
                    data=form.cleaned_data["file"].read(csv_files.MOST_BYTES + 1),
                    makes_groups=form.cleaned_data["makes_groups"],
                )
            except RuleError as error:
                form.refuse(error)
            else:
                queueing.check(made)
                return redirect("directory:import", made.pk)
    context = {
        "form": form,
        "imports": selectors.imports_of(request.user),
        "columns": csv_files.COLUMNS,
        "most_rows": csv_files.MOST_ROWS,
    }
    return render(request, "directory/imports.html", context, status=400 if form.errors else 200)


@require_safe
@never_cache
@administrator_required(MANAGE)
def template(request: SignedInRequest) -> HttpResponse:
    # The mark tells spreadsheets that it is UTF-8.
    response = HttpResponse("\ufeff" + csv_files.template(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response


@require_safe
@never_cache
@administrator_required(MANAGE)
def one(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _page(request, selectors.import_for(request.user, pk))


def _page(
    request: SignedInRequest, found: Import, refusal: RuleError | None = None
) -> HttpResponse:
    is_busy = found.state in (ImportState.CHECKING, ImportState.APPLYING)
    context = {
        "import": found,
        "report": found.report,
        "faults": selectors.faults_of(found),
        "is_busy": is_busy,
        "progress": services.progress_of(found) if is_busy else 100,
        "is_waiting": found.state == ImportState.CHECKED,
        "valid": found.number_of_rows - int(found.report.get("faulty", 0)),
        "refusal": refusal,
    }
    return render(
        request,
        "directory/import.html",
        context,
        status=refusal.status if refusal is not None else 200,
    )


@require_POST
@never_cache
@administrator_required(MANAGE)
def apply(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    found = selectors.import_for(request.user, pk)
    try:
        services.begin_applying(
            actor=request.user, row=found, valid_rows_only="valid_rows_only" in request.POST
        )
    except RuleError as refusal:
        return _page(request, found, refusal)
    queueing.apply(found)
    return redirect("directory:import", pk)


@require_POST
@never_cache
@administrator_required(MANAGE)
def drop(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    services.drop_import(actor=request.user, row=selectors.import_for(request.user, pk))
    messages.success(request, _("The file is dropped. Nothing of it was applied."))
    return redirect("directory:imports")
