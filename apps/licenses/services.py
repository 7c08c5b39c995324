"""Ordering licences and giving out their seats."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotAllowedError, RuleError, require_valid
from apps.licenses import selectors
from apps.licenses.models import License, Product, Seat, Terms
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services import require_permission
from apps.tenants.signals import announce_ground_change


class NoSeatLeftError(RuleError):
    """More people would hold a seat than the licence has. Carries the numbers, and the groups that grew, if any."""

    code = "no_seat_left"
    message = _("The licence has no seat left. Free a seat or order more.")

    def __init__(self, license_: License, taken: int, groups: Iterable[Group] = ()) -> None:
        self.license, self.taken = license_, taken
        self.groups = sorted(groups, key=lambda group: group.name)
        said = {
            "license": str(license_.get_product_display()),
            "seats": license_.quantity,
            "taken": taken,
            "groups": ", ".join(group.name for group in self.groups[:5]),
        }
        if self.groups:
            words = gettext(
                "The licence %(license)s has %(seats)s seats, and with the new members of %(groups)s "
                "%(taken)s people would need one. Free seats, order more, or leave these people out of the group."
            )
        else:
            words = gettext(
                "The licence %(license)s has %(seats)s seats, and %(taken)s people would need one. "
                "Free seats or order more."
            )
        super().__init__(words % said)


class SeatTakenError(RuleError):
    code = "seat_taken"
    message = _("The licence already has a seat for this person or group.")


def _require_manager(actor: User | None, tenant: Tenant) -> None:
    if actor is None:
        return  # the command line, or the site itself
    require_permission(actor, "tenants.manage_licenses")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


@transaction.atomic
def order_license(
    *,
    actor: User | None,
    tenant: Tenant,
    product: Product,
    quantity: int,
    terms: Terms = Terms.BOUGHT,
    delay: timedelta | None = None,
    ends_at: datetime | None = None,
) -> License:
    """A new licence, pending for the configured delay (L2) or for the given one."""
    _require_manager(actor, tenant)
    ordered_at = now()
    wait: timedelta = settings.REMOTEHELP_LICENCE_DELAY if delay is None else delay
    license_ = License(
        tenant=tenant,
        product=product,
        terms=terms,
        quantity=quantity,
        ordered_at=ordered_at,
        activates_at=ordered_at + wait,
        ends_at=ends_at,
    )
    require_valid(license_)
    license_.save()
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.ADDED,
        target=license_,
        new=audit.state_of(license_, "product", "terms", "quantity", "activates_at", "ends_at"),
    )
    return license_


@transaction.atomic
def assign_seat(
    *, actor: User | None, license_: License, person: User | None = None, group: Group | None = None
) -> Seat:
    """A seat for a person, or one for each member of a group. More people than seats are refused (L3)."""
    _require_manager(actor, license_.tenant)
    targets = [target for target in (person, group) if target is not None]
    if len(targets) != 1 or targets[0].tenant_id != license_.tenant_id:
        raise NotAllowedError
    if group is not None:
        # Whoever adds members to it just now waits, and counts this seat (apps.tenants.memberships).
        Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    try:
        with transaction.atomic():
            seat = Seat.objects.create(license=license_, person=person, group=group)
    except IntegrityError as error:
        raise SeatTakenError from error
    require_enough_seats(license_)
    audit.record(
        actor=actor,
        tenant=license_.tenant,
        act=Act.ADDED,
        target=seat,
        new=audit.state_of(seat, "license", "person", "group"),
    )
    return seat


def require_enough_seats(license_: License, groups: Iterable[Group] = ()) -> None:
    """Refuse, after a seat was given or the number of seats lowered, when more people than seats would hold one.

    In the transaction of that change, which the refusal takes back. `groups` are those that grew, to be named.
    """
    # Two changes at once count one after the other.
    fresh = License.objects.select_for_update(no_key=True).get(pk=license_.pk)
    taken = selectors.seats_taken(fresh)
    if taken > fresh.quantity:
        raise NoSeatLeftError(fresh, taken, groups)


def require_seats_for_members(groups: Collection[Group]) -> None:
    """Refuse when these groups, after they grew, take more seats than a licence has that has not ended (L3).

    The rule that `apps.tenants.memberships` asks, with the groups locked.
    """
    growing = {group.pk: group for group in groups}
    seats = Seat.objects.filter(group__in=growing).values_list("license_id", "group_id")
    by_license: dict[uuid.UUID, list[Group]] = {}
    for license_id, group_id in seats.order_by("license_id"):
        by_license.setdefault(license_id, []).append(growing[group_id])
    at = now()
    for license_ in License.objects.filter(pk__in=by_license).order_by("pk"):
        if not license_.has_ended_at(at):
            require_enough_seats(license_, by_license[license_.pk])


@transaction.atomic
def revoke_seat(*, actor: User | None, seat: Seat) -> None:
    """Take a seat back; running sessions that stood on it end."""
    _require_manager(actor, seat.license.tenant)
    tenant = seat.license.tenant
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.REMOVED,
        target=seat,
        old=audit.state_of(seat, "license", "person", "group"),
    )
    seat.delete()
    announce_ground_change(tenant.pk)


@transaction.atomic
def cancel_license(*, actor: User | None, license_: License) -> None:
    """Stop new sessions on this licence; running ones go on (L3)."""
    _require_manager(actor, license_.tenant)
    cancelled = License.objects.filter(pk=license_.pk, cancelled_at__isnull=True)
    if cancelled.update(cancelled_at=now()):
        audit.record(actor=actor, tenant=license_.tenant, act=Act.CANCELLED, target=license_)
