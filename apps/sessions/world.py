"""All that the help decisions of one tenant stand on, at one moment, in a fixed number of queries.

`reach` decides on it. Each fact is one bit of a long number, with a place for each person, device and group: a pair is
never a row anywhere.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, NamedTuple, TypeVar

from django.db.models import Aggregate, TextField
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.common.previews import Touching
from apps.devices.models import Device, Enrolment
from apps.devices.rows import compliance_now
from apps.licenses.models import Product
from apps.licenses.selectors import Standing, holders_of_seats, standings
from apps.roles.models import Action, RoleAssignment
from apps.roles.selectors import given_by_flags
from apps.sessions.bits import Bits, bits_at, flags_of, mask_of
from apps.tenants.models import Cloud, Group, Tenant, User


@dataclass(slots=True)
class Roll:
    """Rows of one table, each with a place of its own; in the order of their names. Ids are the database's own text."""

    names: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, pk: str, name: str = "") -> int:
        """The row's place. One that was not there before comes last, so that two readings can be compared."""
        place = self.places.setdefault(pk, len(self.names))
        if place == len(self.names):
            self.names.append(name)
            self.ids.append(pk)
        return place

    def some(self, ids: str) -> list[int]:
        """The places of rows that the database named in one text; without those that are on no roll."""
        places = map(self.places.get, ids.split(","))
        return [place for place in places if place is not None]


class Grant(NamedTuple):
    """What one role assignment gives, over whom. Its name and its helpers do not matter."""

    actions: frozenset[Action]
    groups: Bits
    all_users: bool
    all_devices: bool


@dataclass(slots=True)
class Book:
    """What has a place: the same in each reading of one tenant."""

    people: Roll = field(default_factory=Roll)
    devices: Roll = field(default_factory=Roll)
    groups: Roll = field(default_factory=Roll)
    grants: list[Grant] = field(default_factory=list)
    giving: dict[Action, Bits] = field(default_factory=lambda: dict.fromkeys(Action, 0))
    _known: dict[Grant, Bits] = field(default_factory=dict)

    def grant(self, grant: Grant) -> Bits:
        """One bit for it; alike assignments are one."""
        if grant not in self._known:
            self._known[grant] = 1 << len(self.grants)
            self.grants.append(grant)
            for action in grant.actions:
                self.giving[action] |= self._known[grant]
        return self._known[grant]


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
    """Groups by their places: the places of their people and devices."""

    people: dict[int, list[int]]
    devices: dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Switches:
    is_on: bool
    is_base_licensed: bool
    are_unenrolled_allowed: bool
    is_compliance_required: bool
    # Places of groups; with none, all people and devices are meant.
    compliance_groups: frozenset[int]
    mandatory_version: str


@dataclass(frozen=True, slots=True)
class World:
    """All that the decisions of one tenant stand on, at one moment."""

    tenant_id: uuid.UUID
    book: Book
    switches: Switches
    people: People
    devices: Devices
    members: Members
    # By admin group: the grants of its members.
    assignments: dict[int, Bits]

    @property
    def compelled(self) -> tuple[Bits, Bits]:
        """The people who may be helped on a compliant device alone, and the devices that have to be (D4)."""
        switches = self.switches
        if not switches.is_compliance_required:
            return 0, 0
        groups = switches.compliance_groups
        if not groups:
            return self.people.everybody, self.devices.everything
        people = devices = 0
        for group in groups:
            people |= mask_of(self.members.people.get(group, ()))
            devices |= mask_of(self.members.devices.get(group, ()))
        of_theirs = flags_of(people, self.people.size)
        owned = (owner >= 0 and of_theirs[owner] == 1 for owner in self.devices.owners)
        return people, devices | bits_at(
            compress(range(self.devices.size), owned), self.devices.size
        )

    def has_same_facts(self, other: World) -> bool:
        """Whether the two differ in role assignments alone."""
        return (
            self.switches is other.switches
            and self.people is other.people
            and self.devices is other.devices
            and self.members is other.members
        )


# --- reading --------------------------------------------------------------------------------------


class _Joined(Aggregate):
    """Texts of many rows in one, so that a membership is not a row here."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **more)


def _text(column: str) -> Cast:
    return Cast(column, TextField())


def _joined(found: Any, by: str, of: str) -> Any:
    """Pairs: a text, and the texts that belong to it."""
    named = found.order_by().annotate(by_text=_text(by), of_text=_text(of))
    return named.values("by_text").annotate(them=_Joined("of_text")).values_list("by_text", "them")


def _switches(tenant_id: uuid.UUID, book: Book) -> Switches:
    tenant = Tenant.objects.select_related("market").filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFoundError
    groups = tenant.compliance_groups.annotate(text=_text("pk")).values_list("text", flat=True)
    licensed: dict[Product, Standing] = standings(tenant_id, now())
    return Switches(
        is_on=tenant.cloud == Cloud.PUBLIC
        and (tenant.market is None or tenant.market.is_available)
        and tenant.is_remote_help_enabled
        and licensed[Product.REMOTE_HELP].is_active,
        is_base_licensed=licensed[Product.DEVICE_MANAGEMENT].is_active,
        are_unenrolled_allowed=tenant.are_unenrolled_devices_allowed,
        is_compliance_required=tenant.is_compliance_required,
        compliance_groups=frozenset(map(book.groups.place, groups)),
        mandatory_version=tenant.mandatory_app_version,
    )


def _people(tenant_id: uuid.UUID, roll: Roll) -> People:
    seated = holders_of_seats(tenant_id, now())
    everybody, able = [], []
    rows = User.objects.filter(tenant=tenant_id).annotate(text=_text("pk"))
    columns = ("pk", "text", "is_active", "first_name", "last_name", "email")
    for pk, text, is_active, first_name, last_name, email in rows.values_list(*columns):
        place = roll.place(text, f"{first_name} {last_name}".strip() or email)
        everybody.append(place)
        if is_active and pk in seated:
            able.append(place)
    size = len(roll.names)
    return People(size, bits_at(everybody, size), bits_at(able, size))


def _devices(tenant_id: uuid.UUID, book: Book, switches: Switches) -> Devices:
    found = Device.objects.filter(tenant=tenant_id).annotate(
        text=_text("pk"), owner_text=_text("owner_id")
    )
    columns: list[Any] = ["text", "name", "owner_text", "enrolment", "revoked_at", "app_version"]
    if switches.is_compliance_required:
        found = found.annotate(is_compliant_now=compliance_now())
        columns.append("is_compliant_now")
    roll, people = book.devices, book.people.places
    everything: list[int] = []
    enrolled, revoked, compliant = [], [], []
    by_version: dict[str, list[int]] = {}
    owners: dict[int, int] = {}
    for text, name, owner, enrolment, revoked_at, version, *more in found.values_list(*columns):
        place = roll.place(text, name)
        everything.append(place)
        owners[place] = -1 if owner is None else people.get(owner, -2)
        by_version.setdefault(version, []).append(place)
        if enrolment == Enrolment.ENROLLED and switches.is_base_licensed:  # L4
            enrolled.append(place)
        if revoked_at is not None:
            revoked.append(place)
        if more and more[0]:
            compliant.append(place)
    size = len(roll.names)
    return Devices(
        size,
        everything=bits_at(everything, size),
        enrolled=bits_at(enrolled, size),
        revoked=bits_at(revoked, size),
        compliant=bits_at(compliant, size),
        by_version={version: bits_at(places, size) for version, places in by_version.items()},
        owners=[owners.get(place, -2) for place in range(size)],
    )


def _members(tenant_id: uuid.UUID, book: Book) -> Members:
    def by_group(through: Any, column: str, roll: Roll) -> dict[int, list[int]]:
        rows = _joined(through.objects.filter(group__tenant=tenant_id), "group_id", column)
        return {book.groups.place(group): roll.some(them) for group, them in rows}

    return Members(
        by_group(Group.people.through, "user_id", book.people),
        by_group(Device.groups.through, "device_id", book.devices),
    )


def _assignments(tenant_id: uuid.UUID, book: Book) -> dict[int, Bits]:
    def groups(through: Any, **narrow: Any) -> dict[str, list[int]]:
        rows = through.objects.filter(roleassignment__tenant=tenant_id, **narrow)
        return {
            assignment: [book.groups.place(group) for group in them.split(",")]
            for assignment, them in _joined(rows, "roleassignment_id", "group_id")
        }

    admins = groups(RoleAssignment.admin_groups.through, group__tenant=tenant_id)
    scopes = groups(RoleAssignment.scope_groups.through)
    grants: dict[int, Bits] = {}
    rows = RoleAssignment.objects.filter(tenant=tenant_id).order_by().annotate(text=_text("pk"))
    flags = ("role__view_screen", "role__full_control", "role__elevation")
    for text, users, devices, *given in rows.values_list(
        "text", "covers_all_users", "covers_all_devices", *flags
    ):
        actions = given_by_flags(*given)
        bit = book.grant(Grant(actions, mask_of(scopes.get(text, ())), users, devices))
        for group in admins.get(text, ()):
            grants[group] = grants.get(group, 0) | bit
    return grants


def read_world(tenant_id: uuid.UUID) -> World:
    """The tenant as it is now. The number of queries is the same whatever its size."""
    return _read(tenant_id, Book())


def _read(tenant_id: uuid.UUID, book: Book) -> World:
    switches = _switches(tenant_id, book)
    return World(
        tenant_id=tenant_id,
        book=book,
        switches=switches,
        people=_people(tenant_id, book.people),
        devices=_devices(tenant_id, book, switches),
        members=_members(tenant_id, book),
        assignments=_assignments(tenant_id, book),
    )


def read_again(world: World, touching: Touching) -> World:
    """The same tenant after a change. Rows that were there before keep their places.

    What is read anew and is as it was, is the very same object: `is` tells what a change left alone.
    """
    again = _read_again(world, touching)
    return replace(
        again,
        switches=_kept(world.switches, again.switches),
        people=_kept(world.people, again.people),
        devices=_kept(world.devices, again.devices),
        members=_kept(world.members, again.members),
    )


T = TypeVar("T")


def _kept(before: T, after: T) -> T:
    return before if before == after else after


def _read_again(world: World, touching: Touching) -> World:
    tenant_id, book = world.tenant_id, world.book
    if touching is Touching.ANYTHING:
        return _read(tenant_id, book)
    if touching is Touching.ASSIGNMENTS:
        return replace(world, assignments=_assignments(tenant_id, book))
    if touching is Touching.SWITCHES:
        switches = _switches(tenant_id, book)
        is_known = switches.is_compliance_required <= world.switches.is_compliance_required
        devices = world.devices if is_known else _devices(tenant_id, book, switches)
        return replace(world, switches=switches, devices=devices)
    # A group can bring a seat (L1) and, where compliance counts, a policy.
    is_asked = world.switches.is_compliance_required
    return replace(
        world,
        people=_people(tenant_id, book.people),
        devices=_devices(tenant_id, book, world.switches) if is_asked else world.devices,
        members=_members(tenant_id, book),
    )
