"""Who could help whom with what, for a whole tenant at once: the help decision, asked of sets instead of pairs.

`eligibility` decides on one pair; here the same decision is made on all pairs of a tenant, to compare two states of it.
A fixed number of queries reads the facts, each fact as one bit of a long number, and the sets are united as numbers: a
pair is never a row anywhere. That both decide alike is held by tests/sessions/test_preview.py, for every pair of many small
tenants.

What counts. A device: a session on it with its owner (or, of nobody's device, with anybody) would be allowed. A person: a
session with them in a browser, on a device that nobody knows yet, or on a device of theirs would be.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, NamedTuple

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.devices.models import Device, Enrolment
from apps.devices.rows import compliance_now
from apps.licenses.models import Product
from apps.licenses.selectors import Standing, holders_of_seats, standings
from apps.roles.models import Action, RoleAssignment
from apps.roles.selectors import given_by
from apps.sessions.eligibility import is_version_enough
from apps.tenants.models import Cloud, Group, Tenant, User

Bits = int


def _bits(places: Iterable[int], size: int) -> Bits:
    """The number whose bits at these places are set."""
    flags = bytearray(b"0" * size)
    for place in places:
        flags[size - 1 - place] = 0x31
    return int(flags, 2) if size else 0


def mask_of(places: Iterable[int]) -> Bits:
    """The same for a few places."""
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits


_TRUTH = bytes.maketrans(b"01", b"\0\1")


def places_of(bits: Bits, size: int) -> Iterable[int]:
    """The places of the bits that are set, the lowest first."""
    return compress(range(size), bin(bits)[:1:-1].encode().translate(_TRUTH))


@dataclass(slots=True)
class Roll:
    """Rows of one table, each with a place of its own; in the order of their names."""

    ids: list[uuid.UUID] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    places: dict[uuid.UUID, int] = field(default_factory=dict)

    def place(self, pk: uuid.UUID, name: str) -> int:
        """The row's place. One that was not there before comes last, so that two readings can be compared."""
        place = self.places.setdefault(pk, len(self.ids))
        if place == len(self.ids):
            self.ids.append(pk)
            self.names.append(name)
        return place


@dataclass(frozen=True, slots=True)
class People:
    size: int
    everybody: Bits
    # Active and with a seat: what a helper and a sharer need alike.
    able: Bits


@dataclass(frozen=True, slots=True)
class Devices:
    size: int
    everything: Bits
    enrolled: Bits
    revoked: Bits
    compliant: Bits
    # By version of the app, so that the mandatory version is asked once for each.
    by_version: dict[str, Bits]
    # The owner's place; -1 is nobody, -2 somebody of no such tenant.
    owners: list[int]


@dataclass(frozen=True, slots=True)
class Members:
    """Groups: the places of their people and devices."""

    people: dict[uuid.UUID, list[int]]
    devices: dict[uuid.UUID, list[int]]


class Grant(NamedTuple):
    """What one role assignment gives, over whom. Its name and its helpers do not matter."""

    actions: frozenset[Action]
    groups: frozenset[uuid.UUID]
    all_users: bool
    all_devices: bool


@dataclass(frozen=True, slots=True)
class Assignments:
    by_admin_group: dict[uuid.UUID, frozenset[Grant]]


@dataclass(frozen=True, slots=True)
class Switches:
    is_on: bool
    is_base_licensed: bool
    are_unenrolled_allowed: bool
    is_compliance_required: bool
    mandatory_version: str


@dataclass(frozen=True, slots=True)
class World:
    """All that the decisions of one tenant stand on, at one moment."""

    tenant_id: uuid.UUID
    person_roll: Roll
    device_roll: Roll
    switches: Switches
    people: People
    devices: Devices
    members: Members
    assignments: Assignments


# --- reading --------------------------------------------------------------------------------------


def _switches(tenant_id: uuid.UUID) -> Switches:
    tenant = Tenant.objects.select_related("market").filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFoundError
    licensed: dict[Product, Standing] = standings(tenant_id, now())
    return Switches(
        is_on=tenant.cloud == Cloud.PUBLIC
        and (tenant.market is None or tenant.market.is_available)
        and tenant.is_remote_help_enabled
        and licensed[Product.REMOTE_HELP].is_active,
        is_base_licensed=licensed[Product.DEVICE_MANAGEMENT].is_active,
        are_unenrolled_allowed=tenant.are_unenrolled_devices_allowed,
        is_compliance_required=tenant.is_compliance_required,
        mandatory_version=tenant.mandatory_app_version,
    )


def _people(tenant_id: uuid.UUID, roll: Roll) -> People:
    seated = holders_of_seats(tenant_id, now())
    everybody, able = [], []
    rows = User.objects.filter(tenant=tenant_id).values_list(
        "pk", "is_active", "first_name", "last_name", "email"
    )
    for pk, is_active, first_name, last_name, email in rows:
        place = roll.place(pk, f"{first_name} {last_name}".strip() or email)
        everybody.append(place)
        if is_active and pk in seated:
            able.append(place)
    size = len(roll.ids)
    return People(size, _bits(everybody, size), _bits(able, size))


def _devices(tenant_id: uuid.UUID, roll: Roll, people: Roll, switches: Switches) -> Devices:
    found = Device.objects.filter(tenant=tenant_id)
    columns: list[Any] = ["pk", "name", "owner_id", "enrolment", "revoked_at", "app_version"]
    if switches.is_compliance_required:
        found = found.annotate(is_compliant_now=compliance_now())
        columns.append("is_compliant_now")
    everything: list[int] = []
    enrolled, revoked, compliant = [], [], []
    by_version: dict[str, list[int]] = {}
    owners: dict[int, int] = {}
    for pk, name, owner_id, enrolment, revoked_at, version, *more in found.values_list(*columns):
        place = roll.place(pk, name)
        everything.append(place)
        owners[place] = -1 if owner_id is None else people.places.get(owner_id, -2)
        by_version.setdefault(version, []).append(place)
        if enrolment == Enrolment.ENROLLED and switches.is_base_licensed:  # L4
            enrolled.append(place)
        if revoked_at is not None:
            revoked.append(place)
        if more and more[0]:
            compliant.append(place)
    size = len(roll.ids)
    return Devices(
        size,
        everything=_bits(everything, size),
        enrolled=_bits(enrolled, size),
        revoked=_bits(revoked, size),
        compliant=_bits(compliant, size),
        by_version={version: _bits(places, size) for version, places in by_version.items()},
        owners=[owners.get(place, -2) for place in range(size)],
    )


def _members(tenant_id: uuid.UUID, people: Roll, devices: Roll) -> Members:
    def by_group(through: Any, column: str, places: dict[uuid.UUID, int]) -> Any:
        found: dict[uuid.UUID, list[int]] = {}
        rows = through.objects.filter(group__tenant=tenant_id).values_list("group_id", column)
        for group, member in rows:
            place = places.get(member)
            if place is not None:
                found.setdefault(group, []).append(place)
        return found

    return Members(
        by_group(Group.people.through, "user_id", people.places),
        by_group(Device.groups.through, "device_id", devices.places),
    )


def _assignments(tenant_id: uuid.UUID) -> Assignments:
    def by_assignment(through: Any, **narrow: Any) -> dict[uuid.UUID, set[uuid.UUID]]:
        found: dict[uuid.UUID, set[uuid.UUID]] = {}
        rows = through.objects.filter(roleassignment__tenant=tenant_id, **narrow)
        for assignment, group in rows.values_list("roleassignment_id", "group_id"):
            found.setdefault(assignment, set()).add(group)
        return found

    admins = by_assignment(RoleAssignment.admin_groups.through, group__tenant=tenant_id)
    scopes = by_assignment(RoleAssignment.scope_groups.through)
    grants: dict[uuid.UUID, set[Grant]] = {}
    for row in RoleAssignment.objects.filter(tenant=tenant_id).select_related("role").order_by():
        actions = given_by(row.role)
        if not actions:
            continue
        groups = frozenset(scopes.get(row.pk, ()))
        grant = Grant(actions, groups, row.covers_all_users, row.covers_all_devices)
        for group in admins.get(row.pk, ()):
            grants.setdefault(group, set()).add(grant)
    return Assignments({group: frozenset(found) for group, found in grants.items()})


def read_world(tenant_id: uuid.UUID) -> World:
    """The tenant as it is now. The number of queries is the same whatever its size."""
    person_roll, device_roll = Roll(), Roll()
    switches = _switches(tenant_id)
    people = _people(tenant_id, person_roll)
    devices = _devices(tenant_id, device_roll, person_roll, switches)
    return World(
        tenant_id=tenant_id,
        person_roll=person_roll,
        device_roll=device_roll,
        switches=switches,
        people=people,
        devices=devices,
        members=_members(tenant_id, person_roll, device_roll),
        assignments=_assignments(tenant_id),
    )


def read_assignments_again(world: World) -> World:
    """The same tenant after only roles and role assignments have changed."""
    return replace(world, assignments=_assignments(world.tenant_id))


def read_again(world: World) -> World:
    """The same tenant after anything has changed. Rows that were there before keep their places."""
    switches = _switches(world.tenant_id)
    people = _people(world.tenant_id, world.person_roll)
    return World(
        tenant_id=world.tenant_id,
        person_roll=world.person_roll,
        device_roll=world.device_roll,
        switches=switches,
        people=people,
        devices=_devices(world.tenant_id, world.device_roll, world.person_roll, switches),
        members=_members(world.tenant_id, world.person_roll, world.device_roll),
        assignments=_assignments(world.tenant_id),
    )


# --- deciding -------------------------------------------------------------------------------------


class Reached(NamedTuple):
    """Whom and what one action reaches."""

    people: Bits
    devices: Bits


NOBODY = Reached(0, 0)
Grants = frozenset[Grant]


class Reach:
    """The decisions of one world. A helper's own devices and the helper themselves are still in it: the preview leaves
    them out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[Grants, dict[Action, Reached]] = {}
        self._groups: dict[uuid.UUID, _GroupBits] = {}
        devices, people, switches = world.devices, world.people, world.switches
        self.fit = self._fit_devices()
        # An owner has to be able to take part; nobody's device needs none.
        able = list(bin(people.able | (1 << people.size))[:2:-1])
        fine = [owner == -1 or (owner >= 0 and able[owner] == "1") for owner in devices.owners]
        self.fit &= _bits(compress(range(devices.size), fine), devices.size)
        fit = list(bin(self.fit | (1 << devices.size))[:2:-1])
        # The owner's place of each device on which a session could be; -1 for the rest.
        self.fit_owners = [
            owner if bit == "1" else -1 for owner, bit in zip(devices.owners, fit, strict=True)
        ]
        self.devices_of: dict[int, list[int]] = {}
        for place, owner in enumerate(devices.owners):
            if owner >= 0:
                self.devices_of.setdefault(owner, []).append(place)
        self.is_browser_fit = (
            switches.are_unenrolled_allowed and not switches.is_compliance_required
        )

    def _fit_devices(self) -> Bits:
        """On which devices a session could be, whoever the people are."""
        devices, switches = self.world.devices, self.world.switches
        fit = devices.everything & ~devices.revoked
        if not switches.are_unenrolled_allowed:
            fit &= devices.enrolled
        if switches.is_compliance_required:
            fit &= devices.enrolled & devices.compliant
        for version, bits in devices.by_version.items():
            if not is_version_enough(version, switches.mandatory_version):
                fit &= ~bits
        return fit

    def helpers(self) -> dict[int, Grants]:
        """What each person who is anybody's helper holds. Those who cannot take part are not in it."""
        held: dict[int, set[Grant]] = {}
        able = self.world.people.able
        for group, grants in self.world.assignments.by_admin_group.items():
            for place in self.world.members.people.get(group, ()):
                held.setdefault(place, set()).update(grants)
        return {place: frozenset(grants) for place, grants in held.items() if able >> place & 1}

    def of(self, grants: Grants) -> dict[Action, Reached]:
        """What somebody with these grants reaches, by action."""
        if not self.world.switches.is_on or not grants:
            return dict.fromkeys(Action, NOBODY)
        if grants not in self._known:
            self._known[grants] = self._decide(grants)
        return self._known[grants]

    def _decide(self, grants: Grants) -> dict[Action, Reached]:
        by_action = {
            action: frozenset(grant for grant in grants if action in grant.actions)
            for action in Action
        }
        # Most roles give several actions over one scope: each scope is worked out once.
        covers = {given: self._cover(given) for given in by_action.values()}
        reach = {
            given: self._reached(*cover, self._owners(given)) for given, cover in covers.items()
        }
        reached = {action: reach[given] for action, given in by_action.items()}
        # Elevation takes control as well, though two assignments may give the two (R6).
        raised, control = by_action[Action.ELEVATION], by_action[Action.FULL_CONTROL]
        if not raised <= control:
            people = covers[raised][0] & covers[control][0]
            devices = covers[raised][1] & covers[control][1]
            reached[Action.ELEVATION] = self._reached(people, devices, None)
        return reached

    def _cover(self, grants: Grants) -> tuple[Bits, Bits]:
        """The people in the scope of these, and the devices that are themselves or through their owner."""
        if any(grant.all_users for grant in grants):
            return self.world.people.everybody, self.world.devices.everything
        people = devices = 0
        for group in frozenset().union(*(grant.groups for grant in grants)):
            bits = self._group(group)
            people |= bits.people
            devices |= bits.devices | bits.owned
        if any(grant.all_devices for grant in grants):
            devices |= self.world.devices.enrolled
        return people, devices

    def _owners(self, grants: Grants) -> Bits | None:
        """The owners of fit devices in the scope of these; None where it is quicker to look at the devices."""
        if any(grant.all_users or grant.all_devices for grant in grants):
            return None
        owners = 0
        for group in frozenset().union(*(grant.groups for grant in grants)):
            owners |= self._group(group).fit_owners
        return owners

    def _reached(self, people: Bits, devices: Bits, owners: Bits | None) -> Reached:
        devices &= self.fit
        if owners is None:
            owners = self._owners_of(devices)
        by_browser = people if self.is_browser_fit else 0
        return Reached((by_browser | owners) & self.world.people.able, devices)

    def _owners_of(self, devices: Bits) -> Bits:
        owners = self.fit_owners
        found = {owners[place] for place in places_of(devices, len(owners))}
        return _bits((owner for owner in found if owner >= 0), self.world.people.size)

    def _group(self, group: uuid.UUID) -> _GroupBits:
        if group not in self._groups:
            self._groups[group] = self._group_bits(group)
        return self._groups[group]

    def _group_bits(self, group: uuid.UUID) -> _GroupBits:
        world = self.world
        people = world.members.people.get(group, ())
        devices = world.members.devices.get(group, ())
        owned = [device for person in people for device in self.devices_of.get(person, ())]
        owners = {self.fit_owners[device] for device in (*devices, *owned)}
        owners.discard(-1)
        return _GroupBits(
            people=_bits(people, world.people.size),
            devices=_bits(devices, world.devices.size),
            owned=_bits(owned, world.devices.size),
            fit_owners=_bits((owner for owner in owners if owner >= 0), world.people.size),
        )


class _GroupBits(NamedTuple):
    """One group: its people and devices, the devices that its people own, and the owners of fit ones of both."""

    people: Bits
    devices: Bits
    owned: Bits
    fit_owners: Bits
