"""The purge in the Django admin: to read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from apps.reports.models import PurgeRun, PurgeShare
from apps.tenants.admin_base import AnyModelAdmin, ReadOnlyAdmin


@admin.register(PurgeRun)
class PurgeRunAdmin(AnyModelAdmin):
    """Runs of the whole site, so for its operators alone."""

    list_display = ("began_at", "ended_at", "is_whole", "removed")
    list_filter = ("is_whole",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PurgeRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PurgeRun | None = None) -> bool:
        return False


@admin.register(PurgeShare)
class PurgeShareAdmin(ReadOnlyAdmin):
    permission = "tenants.view_reports"
    list_display = ("run", "tenant", "removed")
    list_select_related = ("run", "tenant")
