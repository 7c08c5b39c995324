"""Imports in the Django admin: what became of each. Files are sent on the pages of the directory."""

from __future__ import annotations

from django.contrib import admin

from apps.directory.models import Import
from apps.tenants.admin_base import ReadOnlyAdmin


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    permission = "tenants.manage_people"
    fields = (
        "tenant",
        "created_by",
        "created_at",
        "finished_at",
        "state",
        "makes_groups",
        "valid_rows_only",
        "number_of_rows",
        "report",
    )
    list_display = ("created_at", "tenant", "created_by", "state", "number_of_rows")
    list_select_related = ("tenant", "created_by")
    list_filter = ("state",)
    search_fields = ("tenant__name", "created_by__email")
