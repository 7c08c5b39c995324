"""Giving out the seats of a licence and taking them back; and the one rule that there are never too few (L3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError, RuleError
from apps.licenses import selectors
from apps.licenses.models import ENDED, License, Seat
from apps.tenants import audit
from apps.tenants.models import Act, Group, Tenant, User
from apps.tenants.services import require_permission
from apps.tenants.signals import announce_ground_change


class NoSeatLeftError(RuleError):
    """More people would hold a seat than the licence has. Carries the numbers, and the groups that grew, if any."""

    code = "no_seat_left"

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


class LicenseEndedError(RuleError):
    code = "license_ended"
    message = _("This licence has ended. Renew it, or order another one.")


class NoSeatsError(RuleError):
    code = "license_without_seats"
    message = _("The base subscription covers the whole organisation. It has no seats to give out.")


def require_manager(actor: User | None, tenant: Tenant) -> None:
    """Refuse unless the actor may manage the tenant's licences: the site itself, its operators, or who holds that right."""
    if actor is None or (actor.is_superuser and actor.is_active):
        return
    require_permission(actor, "tenants.manage_licenses")
    if actor.tenant_id != tenant.pk:
        raise NotAllowedError


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
        if license_.state_at(at) not in ENDED:
            require_enough_seats(license_, by_license[license_.pk])


def _require_may_be_given(license_: License, people: Iterable[User]) -> None:
    if not license_.has_seats:
        raise NoSeatsError
    if License.objects.get(pk=license_.pk).state in ENDED:
        raise LicenseEndedError
    if any(not person.is_active for person in people):
        raise InvalidError(_("This account is disabled. Enable it first."))


@transaction.atomic
def assign_seats(
    *,
    actor: User | None,
    license_: License,
    people: Iterable[User] = (),
    groups: Iterable[Group] = (),
) -> list[Seat]:
    """A seat for each of these people, and for each member of these groups: all of them, or none when there are too
    few (L3). Who has one already keeps it; gives the new ones. A licence that has ended gives none.
    """
    require_manager(actor, license_.tenant)
    persons, lots = list(people), list(groups)
    tenants = {one.tenant_id for one in persons} | {one.tenant_id for one in lots}
    if tenants - {license_.tenant_id}:
        raise NotAllowedError
    _require_may_be_given(license_, persons)
    # Whoever adds members to these groups just now waits, and counts these seats (apps.tenants.memberships). In the
    # same order as there: first groups, then licences.
    list(
        Group.objects.filter(pk__in=[group.pk for group in lots])
        .select_for_update(no_key=True)
        .order_by("pk")
    )
    License.objects.select_for_update(no_key=True).get(pk=license_.pk)
    given = [Seat(license=license_, person=person) for person in persons]
    given += [Seat(license=license_, group=group) for group in lots]
    held = set(Seat.objects.filter(license=license_).values_list("person_id", "group_id"))
    new = {(seat.person_id, seat.group_id): seat for seat in given}
    made = [seat for key, seat in new.items() if key not in held]
    Seat.objects.bulk_create(made)
    require_enough_seats(license_)
    for seat in made:
        audit.record(
            actor=actor,
            tenant=license_.tenant,
            act=Act.ADDED,
            target=seat,
            new=audit.state_of(seat, "license", "person", "group"),
        )
    return made


def assign_seat(
    *, actor: User | None, license_: License, person: User | None = None, group: Group | None = None
) -> Seat:
    """As `assign_seats`, for one person or one group; a second seat for them is refused."""
    if (person is None) is (group is None):
        require_manager(actor, license_.tenant)
        raise NotAllowedError
    made = assign_seats(
        actor=actor,
        license_=license_,
        people=[] if person is None else [person],
        groups=[] if group is None else [group],
    )
    if not made:
        raise SeatTakenError
    return made[0]


@transaction.atomic
def revoke_seat(*, actor: User | None, seat: Seat) -> None:
    """Take a seat back; running sessions that stood on it end. One that is gone already is no error."""
    tenant = seat.license.tenant
    require_manager(actor, tenant)
    gone, _by_kind = Seat.objects.filter(pk=seat.pk).delete()
    if not gone:
        return
    announce_ground_change(tenant.pk)
    audit.record(
        actor=actor,
        tenant=tenant,
        act=Act.REMOVED,
        target=seat,
        old=audit.state_of(seat, "license", "person", "group"),
    )
