"""Creating organisations, and changing their switches."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.socialaccount.models import SocialApp
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, require_valid
from apps.common.versions import version_key
from apps.tenants import audit, selectors
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
        "code_valid_minutes",
        "longest_session_minutes",
        "recommended_app_version",
        "mandatory_app_version",
    }
)


COMPLIANCE_GROUPS = "compliance_groups"


@transaction.atomic
def change_settings(
    *, actor: User | None, tenant: Tenant, seen: str | None = None, **changes: Any
) -> Tenant:
    """Change the tenant's switches (T1, T2, T6, S8), limits and app versions, and whom conditional access covers
    (`compliance_groups`). Running sessions are asked about again.

    `seen` is the fingerprint of `selectors.settings_state` as the actor saw it.
    """
    if actor is not None:
        require_permission(actor, "tenants.manage_settings")
        if actor.tenant_id != tenant.pk:
            raise NotAllowedError
    if not changes.keys() <= SWITCHES | {COMPLIANCE_GROUPS}:
        raise NotAllowedError
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    require_unchanged(selectors.settings_state(row), seen)
    before = audit.state_of(row, *changes)
    groups = changes.pop(COMPLIANCE_GROUPS, None)
    for name, value in changes.items():
        setattr(row, name, value)
        setattr(tenant, name, value)
    require_valid(row)
    _require_versions_in_order(row)
    row.save(update_fields=list(changes))
    if groups is not None:
        chosen = list(groups)
        if any(group.tenant_id != tenant.pk for group in chosen):
            raise NotAllowedError
        row.compliance_groups.set(chosen)
        changes[COMPLIANCE_GROUPS] = chosen
    announce_ground_change(tenant.pk)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.CHANGED,
        target=row,
        old=before,
        new=audit.state_of(row, *changes),
    )
    return tenant


# Who the organisation is and where it lives: not its own to change.
IDENTITY = ("name", "slug", "directory_id", "cloud", "market")


@transaction.atomic
def change_organisation(*, actor: User | None, tenant: Tenant, **changes: Any) -> Tenant:
    """Change who the organisation is, for site operators. A cloud or market without remote help ends what runs (T4)."""
    is_operator = actor is None or (actor.is_superuser and actor.is_active)
    if not is_operator or not changes.keys() <= set(IDENTITY):
        raise NotAllowedError
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    slug = changes.get("slug", row.slug)
    if slug != row.slug and SocialApp.objects.filter(provider_id=row.slug).exists():
        said = _("The organisation's sign-in is known by this name, so it stays.")
        raise InvalidError(fields={"slug": str(said)})
    before = audit.state_of(row, *changes)
    for name, value in changes.items():
        setattr(row, name, value)
    require_valid(row)
    row.save(update_fields=list(changes))
    announce_ground_change(row.pk)
    new = audit.state_of(row, *changes)
    audit.record(actor=actor, tenant=row, act=Act.CHANGED, target=row, old=before, new=new)
    return row


def _require_versions_in_order(tenant: Tenant) -> None:
    """An app of the recommended version must not be too old for the mandatory one."""
    recommended, mandatory = tenant.recommended_app_version, tenant.mandatory_app_version
    if recommended and mandatory and version_key(recommended) < version_key(mandatory):
        raise InvalidError(
            fields={
                "recommended_app_version": str(
                    _("The recommended version is older than the mandatory one.")
                )
            }
        )


@transaction.atomic
def dismiss_setup(*, actor: User, tenant: Tenant, is_dismissed: bool = True) -> None:
    """Put the set-up list away for all administrators of the tenant, or bring it back. Twice is once."""
    require_permission(actor, "tenants.manage_settings")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if (row.setup_dismissed_at is not None) is is_dismissed:
        return
    old = audit.state_of(row, "setup_dismissed_at")
    row.setup_dismissed_at = now() if is_dismissed else None
    row.save(update_fields=["setup_dismissed_at"])
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.CHANGED,
        target=row,
        old=old,
        new=audit.state_of(row, "setup_dismissed_at"),
    )


def note_first_session(tenant_id: uuid.UUID) -> None:
    """The tenant has had a session with a picture: its set-up is done."""
    Tenant.objects.filter(pk=tenant_id, first_session_at__isnull=True).update(
        first_session_at=now()
    )
