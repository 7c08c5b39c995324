"""Sessions in the Django admin: to read, and to end."""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.common.errors import RuleError
from apps.sessions import services
from apps.sessions.models import EntryTries, HelpSession, Refusal, SecurityCode, SessionEvent
from apps.sessions.states import EndReason
from apps.tenants.admin_base import AnyModelAdmin, ReadOnlyAdmin


@admin.register(HelpSession)
class HelpSessionAdmin(ReadOnlyAdmin):
    permission = "tenants.view_reports"
    # To end what others do is more than to read about it.
    end_permission: ClassVar[str] = "tenants.manage_settings"
    list_display = ("opened_at", "tenant", "helper", "sharer", "device_name", "kind", "state")
    list_filter = ("state", "kind", "end_reason")
    list_select_related = ("tenant", "helper", "sharer")
    search_fields = ("helper__email", "helper__last_name", "sharer__email", "sharer__last_name")
    actions = ("end_selected",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, self.end_permission)

    @admin.action(description=_("End the selected sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[HelpSession]) -> None:
        actor: Any = request.user
        number = 0
        for session in queryset.filter(ended_at__isnull=True):
            with contextlib.suppress(RuleError):  # it ended meanwhile
                services.end_session(actor=actor, session=session, reason=EndReason.ENDED_BY_ADMIN)
                number += 1
        said = ngettext("%(number)d session was ended.", "%(number)d sessions were ended.", number)
        self.message_user(request, said % {"number": number}, messages.SUCCESS)


@admin.register(SessionEvent)
class SessionEventAdmin(ReadOnlyAdmin):
    tenant_path = "session__tenant"
    permission = "tenants.view_reports"
    list_display = ("at", "session", "name", "actor", "old", "new", "detail")
    list_filter = ("name",)
    list_select_related = ("session", "actor")
    search_fields = ("session__id", "actor__email")


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    permission = "tenants.view_reports"
    list_display = ("at", "tenant", "step", "code", "helper", "sharer")
    list_filter = ("step", "code")
    list_select_related = ("tenant", "helper", "sharer")
    search_fields = ("helper__email", "sharer__email")


@admin.register(SecurityCode)
class SecurityCodeAdmin(ReadOnlyAdmin):
    """When codes were made and used. Of the code itself not even the digest is shown."""

    tenant_path = "session__tenant"
    permission = "tenants.view_reports"
    fields = list_display = ("issued_at", "session", "expires_at", "used_at", "replaced_at")
    list_select_related = ("session",)
    search_fields = ("session__id",)


@admin.register(EntryTries)
class EntryTriesAdmin(AnyModelAdmin):
    """Who is locked out of entering codes. Deleting a row lets them try again; for site operators alone."""

    list_display = ("key", "tries", "since", "locked_until")
    search_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
