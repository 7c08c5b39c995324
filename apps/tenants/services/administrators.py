"""Who may administer what of a tenant."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm, remove_perm

from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError, RuleError
from apps.tenants import audit, selectors
from apps.tenants.models import Act, Tenant, User
from apps.tenants.rights import MAKES_ADMINISTRATORS


class MoreThanOwnError(NotAllowedError):
    code = "more_than_own"
    message = _("You can give and take only rights that you hold yourself.")


class LastAdministratorError(RuleError):
    code = "last_administrator"
    message = _(
        "This is the last person with all administrative rights. Give them all to somebody else first."
    )


class InPersonError(NotAllowedError):
    """What no program may do, whatever its scopes."""

    code = "not_for_clients"
    message = _("An API client cannot do this. An administrator has to do it in person.")


def require_in_person(actor: User | None) -> None:
    """Refuse API clients. Asked by everything that makes administrators or clients, sets what somebody signs in with, or
    gives out a secret that would outlive the client (docs/decisions/api-clients.md)."""
    if actor is not None and actor.through is not None:
        raise InPersonError


def require_permission(actor: User, permission: str) -> None:
    """Refuse unless the actor holds that administrative permission on their tenant."""
    if not selectors.may_administer(actor, permission):
        raise NotAllowedError


def require_outranks(actor: User | None, person: User) -> None:
    """Refuse to touch the account of somebody who holds rights that the actor does not: whoever disables or renames
    an administrator, or sets their password, could take what is theirs."""
    if actor is None or actor.is_superuser:
        return
    if actor.pk == person.pk and actor.through is None:
        return
    # Those of a disabled person too: who could change their address now would be them once they are enabled.
    rights = selectors.rights_of([person]).get(person.pk, frozenset())
    if rights - selectors.permissions_held(actor):
        raise MoreThanOwnError


def require_not_last(person: User) -> None:
    """Refuse when nobody else in the tenant would hold all rights: what nobody holds nobody could give again.

    In the transaction of the change. Two administrators who remove each other at once come one after the other.
    """
    if person.tenant_id is None:
        return
    Tenant.objects.select_for_update(no_key=True).get(pk=person.tenant_id)
    full = set(selectors.full_administrators(person.tenant_id).values_list("pk", flat=True))
    if full == {person.pk}:
        raise LastAdministratorError


def _require_may_give(actor: User | None, person: User, rights: Collection[str]) -> Tenant:
    """Who gives or takes these rights: the site itself, its operators, or whoever makes administrators and
    holds them all."""
    if person.tenant is None or not set(rights) <= set(selectors.PERMISSIONS):
        raise NotAllowedError
    if actor is None or actor.is_superuser:
        return person.tenant
    require_in_person(actor)
    require_permission(actor, MAKES_ADMINISTRATORS)
    if actor.tenant_id != person.tenant_id:
        raise NotFoundError
    if set(rights) - selectors.permissions_held(actor):
        raise MoreThanOwnError
    return person.tenant


@transaction.atomic
def grant_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Make a person an administrator of their own tenant, for these permissions; nobody gives more than they hold."""
    given = sorted(permissions)
    tenant = _require_may_give(actor, person, given)
    new = sorted(set(given) - selectors.permissions_held(person))
    for permission in given:
        assign_perm(permission, person, tenant)
    if new:
        rights = {"administers": new}
        audit.record(actor=actor, tenant=tenant, act=Act.GRANTED, target=person, new=rights)


@transaction.atomic
def revoke_administration(
    *, actor: User | None, person: User, permissions: Iterable[str] = selectors.PERMISSIONS
) -> None:
    """Take administrative permissions back; those not held are ignored. The last full administrator keeps them,
    unless the site itself takes them."""
    taken = sorted(permissions)
    tenant = _require_may_give(actor, person, taken)
    gone = sorted(set(taken) & selectors.permissions_held(person))
    if gone and actor is not None:
        require_not_last(person)
    for permission in taken:
        remove_perm(permission, person, tenant)
    if gone:
        rights = {"administers": gone}
        audit.record(actor=actor, tenant=tenant, act=Act.WITHDRAWN, target=person, old=rights)


@transaction.atomic
def change_administration(
    *, actor: User, person: User, rights: Iterable[str], seen: str | None = None
) -> None:
    """Let the person hold exactly these rights. Only what changes has to be the actor's own.

    `seen` is the fingerprint of `selectors.administration_state` as the actor saw it.
    """
    wanted = set(rights)
    tenant = _require_may_give(actor, person, ())
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    require_unchanged(selectors.administration_state(person), seen)
    if wanted and not person.is_active:
        raise InvalidError(_("This account is disabled. Enable it first."))
    held = selectors.permissions_held(person)
    if wanted - held:
        grant_administration(actor=actor, person=person, permissions=wanted - held)
    if held - wanted:
        revoke_administration(actor=actor, person=person, permissions=held - wanted)
