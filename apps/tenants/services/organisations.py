"""Creating organisations, and changing their switches."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError, NotAllowedError, require_valid
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User, VerifiedDomain
from apps.tenants.services.administrators import require_permission
from apps.tenants.signals import announce_ground_change


class NameTakenError(InvalidError):
    code = "name_taken"
    message = _("This name is already used.")


@transaction.atomic
def create_tenant(
    *, actor: User | None, name: str, domain: str, directory_id: uuid.UUID | None = None
) -> Tenant:
    """A new tenant with its primary verified domain. Its remote help is on, and off in effect until a
    licence is active (T1). `actor` is a site operator, or None on the command line."""
    if actor is not None and not actor.is_superuser:
        raise NotAllowedError
    slug = slugify(name)[:60] or slugify(domain)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(name=name, slug=slug, directory_id=directory_id)
            VerifiedDomain.objects.create(tenant=tenant, name=domain.lower(), is_primary=True)
    except IntegrityError as error:
        raise NameTakenError from error
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=tenant,
        new={"name": name, "slug": slug, "domains": [domain.lower()]},
    )
    return tenant


SWITCHES = frozenset(
    {
        "is_remote_help_enabled",
        "are_unenrolled_devices_allowed",
        "is_chat_enabled",
        "is_sign_out_at_end",
        "is_compliance_required",
        "recommended_app_version",
        "mandatory_app_version",
    }
)


@transaction.atomic
def change_settings(*, actor: User, tenant: Tenant, **changes: Any) -> Tenant:
    """Change the tenant's switches (T1, T2, T6, S8). Running sessions are asked about again."""
    require_permission(actor, "tenants.manage_settings")
    if actor.tenant_id != tenant.pk or not changes.keys() <= SWITCHES:
        raise NotAllowedError
    before = audit.state_of(tenant, *changes)
    for name, value in changes.items():
        setattr(tenant, name, value)
    require_valid(tenant)
    tenant.save(update_fields=list(changes))
    announce_ground_change(tenant.pk)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.CHANGED,
        target=tenant,
        old=before,
        new=audit.state_of(tenant, *changes),
    )
    return tenant
