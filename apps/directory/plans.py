"""What the rows of a file would do, each asked against what is there now. Reads, and writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.common.text import one_line
from apps.directory.csv_files import Row
from apps.tenants.models import Group, Tenant, User
from apps.tenants.profiles import Problem, Profile, Rules
from apps.tenants.selectors import administrators_of, permissions_held, rights_of

_AT_ONCE = 500
GROUP_LENGTH = 120


class Fault(models.TextChoices):
    """Why a row is not applied; beside the problems of profiles."""

    RAGGED = "ragged", _("The row has more or fewer cells than the heading.")
    FORMULA = "formula", _("A value must not begin with =, +, - or @: spreadsheets run it.")
    TWICE = "twice", _("This address is in the file twice.")
    DISABLED = "disabled", _("This account is disabled. Enable it first.")
    NO_NAME = "no_name", _("A new person needs a first or a last name.")
    DIRECTORY = (
        "directory",
        _("Name and job title of this person come from the organisation's directory."),
    )
    AMBIGUOUS = "ambiguous", _("Several people have this address.")
    OUTRANKS = "outranks", _("This person holds rights that you do not hold.")
    NO_GROUP = "no_group", _("There is no such group.")
    LONG_GROUP = "long_group", _("The name of the group is too long.")


FAULT_WORDS = {**dict(Problem.choices), **dict(Fault.choices)}


@dataclass(frozen=True, slots=True)
class FaultyRow:
    number: int
    column: str
    code: str
    value: str


@dataclass(slots=True)
class Plan:
    """What would be done, of the rows without a fault."""

    to_create: list[Profile] = field(default_factory=list)
    to_rename: dict[User, Profile] = field(default_factory=dict)
    # Group names, lower case, with the addresses that join.
    joining: dict[str, list[str]] = field(default_factory=dict)
    new_groups: dict[str, str] = field(default_factory=dict)  # lower case, as written
    groups: dict[str, Group] = field(default_factory=dict)
    known: dict[str, User] = field(default_factory=dict)
    number_unchanged: int = 0
    faults: list[FaultyRow] = field(default_factory=list)
    number_faulty: int = 0


class Planner:
    """Reads what the rows of one file are asked against, once; then each row."""

    def __init__(
        self, tenant: Tenant, actor: User | None, rows: list[Row], *, makes_groups: bool
    ) -> None:
        self.plan = Plan()
        self._makes_groups = makes_groups
        self._rows = rows
        addresses = {row.email.lower() for row in rows}
        self._rules = Rules(tenant, addresses)
        self._several: set[str] = set()
        for person in _people(tenant, addresses):
            address = person.email.lower()
            if address in self.plan.known:
                self._several.add(address)
            self.plan.known[address] = person
        self.plan.groups = {
            group.name.lower(): group for group in Group.objects.filter(tenant=tenant)
        }
        self._members = _memberships(tenant, [p.pk for p in self.plan.known.values()])
        self._outranking = _outranking(tenant, actor)
        self._seen: set[str] = set()

    def run(self) -> Plan:
        for row in self._rows:
            faults = list(self._faults(row))
            if faults:
                self.plan.number_faulty += 1
                self.plan.faults += faults
            else:
                self._take(row)
        return self.plan

    def _faults(self, row: Row) -> Iterable[FaultyRow]:
        def fault(column: str, code: str, value: str = "") -> FaultyRow:
            return FaultyRow(row.number, column, code, value[:80])

        if row.is_ragged:
            yield fault("", Fault.RAGGED)
            return
        if row.formula_in:
            yield fault(row.formula_in, Fault.FORMULA)
            return
        profile, person = self._profile(row), self.plan.known.get(row.email.lower())
        for column, problem in self._rules.problems(profile, present=person).items():
            yield fault(column, problem.value, getattr(profile, column))
        address = profile.email
        if address in self._seen:
            yield fault("email", Fault.TWICE, address)
        self._seen.add(address)
        if found := self._standing(row, person):
            yield fault("email", found, address)
        yield from (fault("groups", code, name) for code, name in self._group_faults(row))

    def _profile(self, row: Row) -> Profile:
        """A cell that is empty leaves what is there."""
        person = self.plan.known.get(row.email.lower())
        return Profile(
            email=row.email,
            first_name=row.first_name or (person.first_name if person else ""),
            last_name=row.last_name or (person.last_name if person else ""),
            job_title=row.job_title or (person.job_title if person else ""),
        ).cleaned()

    def _standing(self, row: Row, person: User | None) -> str:
        if person is None:
            return "" if row.first_name or row.last_name else Fault.NO_NAME
        if row.email.lower() in self._several:
            return Fault.AMBIGUOUS
        if not person.is_active:
            return Fault.DISABLED
        if not self._is_changed(row, person):
            return ""
        if person.directory_oid:
            return Fault.DIRECTORY
        return Fault.OUTRANKS if person.pk in self._outranking else ""

    def _is_changed(self, row: Row, person: User) -> bool:
        profile = self._profile(row)
        names = ("first_name", "last_name", "job_title")
        return any(getattr(person, name) != getattr(profile, name) for name in names)

    def _group_faults(self, row: Row) -> Iterable[tuple[str, str]]:
        for name in row.groups:
            if len(one_line(name)) > GROUP_LENGTH or not one_line(name):
                yield Fault.LONG_GROUP, name
            elif one_line(name).lower() not in self.plan.groups and not self._makes_groups:
                yield Fault.NO_GROUP, name

    def _take(self, row: Row) -> None:
        plan, profile = self.plan, self._profile(row)
        person = plan.known.get(profile.email)
        is_touched = True
        if person is None:
            plan.to_create.append(profile)
        elif self._is_changed(row, person):
            plan.to_rename[person] = profile
        else:
            is_touched = False
        for written in row.groups:
            name = one_line(written)
            group = plan.groups.get(name.lower())
            if group is None:
                plan.new_groups.setdefault(name.lower(), name)
            elif person is not None and (group.pk, person.pk) in self._members:
                continue
            plan.joining.setdefault(name.lower(), []).append(profile.email)
            is_touched = True
        plan.number_unchanged += not is_touched


def _people(tenant: Tenant, addresses: set[str]) -> Iterable[User]:
    wanted = sorted(addresses)
    found = User.objects.annotate(address=Lower("email")).filter(tenant=tenant)
    for start in range(0, len(wanted), _AT_ONCE):
        yield from found.filter(address__in=wanted[start : start + _AT_ONCE])


def _memberships(tenant: Tenant, people: list[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    links = Group.people.through.objects.filter(group__tenant=tenant)
    found: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for start in range(0, len(people), _AT_ONCE):
        some = links.filter(user__in=people[start : start + _AT_ONCE])
        found |= set(some.values_list("group_id", "user_id"))
    return found


def _outranking(tenant: Tenant, actor: User | None) -> set[uuid.UUID]:
    """Administrators with rights that the actor does not hold."""
    if actor is None:
        return set()
    own = permissions_held(actor)
    rights = rights_of(administrators_of(tenant.pk))
    return {pk for pk, held in rights.items() if held - own and pk != actor.pk}
