"""People, groups and their members as rows of lists: what the actor may see of them, narrowed."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.lists import matching
from apps.devices.models import Device
from apps.licenses.selectors import holding_seat
from apps.tenants.models import Group, User
from apps.tenants.selectors import administrators_of, may_administer

MANAGE = "tenants.manage_people"
_NAMES = ("first_name", "last_name", "email")


def _people(actor: User, q: str) -> QuerySet[User]:
    if actor.tenant_id is None or not may_administer(actor, MANAGE):
        return User.objects.none()
    return User.objects.filter(matching(q, *_NAMES, "job_title"), tenant=actor.tenant_id)


def _only(found: QuerySet[User], others: QuerySet[User], said: str) -> QuerySet[User]:
    """Those who are among the others ("yes"), or are not ("no")."""
    if not said:
        return found
    ids = others.order_by().values("pk")
    return found.filter(pk__in=ids) if said == "yes" else found.exclude(pk__in=ids)


def people_rows(
    actor: User,
    *,
    q: str = "",
    state: str = "",
    group: uuid.UUID | str = "",
    seat: str = "",
    administrator: str = "",
) -> QuerySet[User]:
    """The people of the actor's tenant, for whoever manages the directory. Groups of another tenant hold nobody."""
    found = _people(actor, q)
    if actor.tenant_id is None:
        return found
    if state:
        found = found.filter(is_active=state == "active")
    if group:
        members = Group.people.through.objects.filter(
            group=uuid.UUID(str(group)), group__tenant=actor.tenant_id
        ).values("user")
        found = found.filter(pk__in=members)
    found = _only(found, holding_seat(actor.tenant_id, now()), seat)
    return _only(found, administrators_of(actor.tenant_id), administrator)


def group_rows(actor: User, *, q: str = "", holds: str = "") -> QuerySet[Group]:
    """The groups of the actor's tenant, each with the numbers of its members."""
    if actor.tenant_id is None or not may_administer(actor, MANAGE):
        return Group.objects.none()
    found = Group.objects.filter(matching(q, "name", "description"), tenant=actor.tenant_id)
    # Two counts over two joins would multiply; each is asked for itself.
    people = Group.people.through.objects.filter(group=OuterRef("pk"))
    devices = Device.groups.through.objects.filter(group=OuterRef("pk"))
    found = found.annotate(number_of_people=_number(people), number_of_devices=_number(devices))
    narrowed = {
        "people": {"number_of_people__gt": 0},
        "devices": {"number_of_devices__gt": 0},
        "nothing": {"number_of_people": 0, "number_of_devices": 0},
    }
    return found.filter(**narrowed.get(holds, {}))


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("group").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def member_rows(actor: User, group: Group, *, q: str = "") -> QuerySet[User]:
    """The people in a group of the actor's tenant."""
    return _people(actor, q).filter(directory_groups=group)


def newcomer_rows(actor: User, group: Group, *, q: str = "") -> QuerySet[User]:
    """The active people who are not in it."""
    found = _people(actor, q).filter(is_active=True)
    return found.exclude(pk__in=group.people.order_by().values("pk"))


def device_rows(actor: User, group: Group, *, q: str = "") -> QuerySet[Device]:
    """The devices in a group of the actor's tenant."""
    return all_device_rows(actor, q=q).filter(groups=group)


def new_device_rows(actor: User, group: Group, *, q: str = "") -> QuerySet[Device]:
    """The devices that are not in it."""
    return all_device_rows(actor, q=q).exclude(pk__in=group.devices.order_by().values("pk"))


def all_device_rows(actor: User, *, q: str = "") -> QuerySet[Device]:
    """The devices of the actor's tenant, for whoever manages the directory."""
    if actor.tenant_id is None or not may_administer(actor, MANAGE):
        return Device.objects.none()
    names = ("name", *(f"owner__{name}" for name in _NAMES))
    found = Device.objects.filter(matching(q, *names), tenant=actor.tenant_id)
    return found.select_related("owner")
