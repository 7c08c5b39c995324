"""People and audit entries as rows of lists: what the actor may see of them, narrowed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from apps.common.lists import matching
from apps.tenants.models import ApiClient, AuditEntry, User
from apps.tenants.selectors import (
    administrators_of,
    api_clients_of,
    holders_of_rights,
    permissions_held,
)

READS_AUDIT = ("tenants.view_reports", "tenants.manage_settings")


def administrator_rows(actor: User, *, q: str = "") -> QuerySet[User]:
    """Who can administer the actor's tenant; for administrators of it."""
    if actor.tenant_id is None or not permissions_held(actor):
        return User.objects.none()
    return administrators_of(actor.tenant_id).filter(
        matching(q, "first_name", "last_name", "email")
    )


def candidate_rows(actor: User, *, q: str = "") -> QuerySet[User]:
    """Active people of the actor's tenant who hold no administrative permission yet."""
    if actor.tenant_id is None or not permissions_held(actor):
        return User.objects.none()
    return User.objects.filter(
        matching(q, "first_name", "last_name", "email"), tenant=actor.tenant_id, is_active=True
    ).exclude(pk__in=holders_of_rights(actor.tenant_id))


def api_client_rows(actor: User, *, q: str = "") -> QuerySet[ApiClient]:
    """The API clients of the actor's tenant, revoked ones too; for whoever makes administrators."""
    return api_clients_of(actor).filter(matching(q, "name", "acts_for__last_name"))


def audit_rows(
    actor: User,
    *,
    q: str = "",
    act: str = "",
    kind: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEntry]:
    """The audit log of the actor's tenant, for whoever may read reports or manage the settings."""
    if not permissions_held(actor) & set(READS_AUDIT):
        return AuditEntry.objects.none()
    found = AuditEntry.objects.filter(tenant=actor.tenant_id)
    exact = {"act": act, "target_kind": kind}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if since is not None:
        found = found.filter(at__gte=datetime.combine(since, time.min, UTC))
    if until is not None:
        found = found.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, UTC))
    for word in q.split()[:5]:
        # Inside the text only: whole documents cannot be searched for words on every database.
        found = found.filter(
            Q(facts__target__icontains=word)
            | Q(names__target__icontains=word)
            | Q(names__actor__icontains=word)
        )
    return found
