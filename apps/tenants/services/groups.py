"""Directory groups: made, renamed, deleted, and who is in them. Devices join from their own side (`devices.services`)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import (
    InvalidError,
    NotAllowedError,
    NotFoundError,
    RuleError,
    require_valid,
)
from apps.common.text import one_line
from apps.tenants import audit, selectors
from apps.tenants.memberships import require_memberships_fit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services.administrators import require_permission
from apps.tenants.services.organisations import NameTakenError
from apps.tenants.signals import announce_ground_change

MANAGE = "tenants.manage_people"


class LastCoveredGroupError(RuleError):
    code = "last_covered_group"
    message = _(
        "Conditional access covers this group alone. Without it, it would cover everybody:"
        " choose another group in the settings first, or switch it off."
    )


class DisabledMemberError(InvalidError):
    code = "disabled_member"
    message = _("A disabled person cannot be added to a group. Enable them first.")


def require_group_manager(actor: User | None, tenant_id: object) -> None:
    """Whoever manages the directory of that tenant; `actor` is None on the command line and for the site itself."""
    if actor is None:
        return
    require_permission(actor, MANAGE)
    if actor.tenant_id != tenant_id:
        raise NotAllowedError


def locked_group(group: Group) -> Group:
    """The row as it is now, until the end of the transaction: two changes of one group come one after the other."""
    rows = Group.objects.select_for_update(of=("self",)).select_related("tenant")
    found = rows.filter(pk=group.pk).first()
    if found is None:
        raise NotFoundError
    return found


def _save(group: Group) -> None:
    group.name, group.description = one_line(group.name), one_line(group.description)
    taken = Group.objects.filter(tenant=group.tenant_id, name__iexact=group.name)
    if taken.exclude(pk=group.pk).exists():
        raise NameTakenError(fields={"name": str(NameTakenError.message)})
    require_valid(group)
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise NameTakenError(fields={"name": str(NameTakenError.message)}) from error


@transaction.atomic
def create_group(
    *,
    actor: User | None,
    tenant: Tenant,
    name: str,
    description: str = "",
    people: Iterable[User] = (),
) -> Group:
    """A directory group with its first people; people of another tenant are refused."""
    require_group_manager(actor, tenant.pk)
    members = list(people)
    if any(person.tenant_id != tenant.pk for person in members):
        raise NotAllowedError
    group = Group(tenant=tenant, name=name, description=description)
    _save(group)
    group.people.set(members)
    require_memberships_fit([group])
    announce_ground_change(tenant.pk)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=group,
        new={"people": members, "description": group.description},
        names_people=True,
    )
    return group


@transaction.atomic
def change_group(
    *, actor: User | None, group: Group, name: str, description: str, seen: str | None = None
) -> Group:
    """Rename a group. Refused when it stands otherwise than when it was `seen`."""
    require_group_manager(actor, group.tenant_id)
    row = locked_group(group)
    require_unchanged(selectors.group_state(row), seen)
    old = audit.state_of(row, "name", "description")
    row.name, row.description = name, description
    _save(row)
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old=old,
        new=audit.state_of(row, "name", "description"),
    )
    return row


@transaction.atomic
def delete_group(*, actor: User | None, group: Group) -> None:
    """Delete a group: seats given to it are gone, and role assignments, policies and conditional access cover its members
    through it no more. Running sessions that stood on it end.

    Refused while conditional access covers nothing else: without any group it would cover everybody.
    """
    require_group_manager(actor, group.tenant_id)
    row = locked_group(group)
    tenant = row.tenant
    covered = tenant.compliance_groups.order_by()
    if list(covered.values_list("pk", flat=True)[:2]) == [row.pk]:
        raise LastCoveredGroupError
    old = audit.state_of(row, "description", "people")
    audit.record(
        actor=actor, tenant=tenant, act=Act.REMOVED, target=row, old=old, names_people=True
    )
    row.delete()
    announce_ground_change(tenant.pk)


@transaction.atomic
def change_group_people(
    *,
    actor: User | None,
    group: Group,
    add: Iterable[User] = (),
    remove: Iterable[User] = (),
) -> None:
    """Put people into a group and take others out. Who is in it already, or is not, is no error.

    Sessions that stood on a membership that is gone end. People of another tenant, new members who are disabled, and
    more members than the group's licences have seats are refused.
    """
    require_group_manager(actor, group.tenant_id)
    row = locked_group(group)
    added, removed = list(add), list(remove)
    if any(person.tenant_id != row.tenant_id for person in (*added, *removed)):
        raise NotAllowedError
    if any(not person.is_active for person in added):
        raise DisabledMemberError
    chosen = {person.pk for person in (*added, *removed)}
    present = set(row.people.filter(pk__in=chosen).values_list("pk", flat=True))
    came = [person for person in added if person.pk not in present]
    went = [person for person in removed if person.pk in present]
    if not came and not went:
        return
    row.people.remove(*went)
    row.people.add(*came)
    if came:
        require_memberships_fit([row])
    announce_ground_change(row.tenant_id)
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.CHANGED,
        target=row,
        old={"people": went},
        new={"people": came},
        names_people=True,
    )
