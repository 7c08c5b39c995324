"""Who could help whom with what, for a whole tenant at once: the help decision, asked of sets instead of pairs.

The way in: `world` reads a tenant, `Reach` here decides on what was read, `preview` compares two of them.

`eligibility` decides on one pair; here the same decision is made on all pairs of a tenant, to compare two states of it.
The sets are long numbers (`bits`), united as numbers. That both decide alike is held by tests/sessions/test_preview.py,
for every pair of many small tenants.

What counts. A device: a session on it with its owner (or, of nobody's device, with anybody) would be allowed. A person: a
session with them in a browser, on a device that nobody knows yet, or on a device of theirs would be.

Helpers who are in the same admin groups reach the same; so what is united once for a group of helpers is united again for
each set of such groups only, however many assignments they hold.
"""

from __future__ import annotations

from functools import cached_property, reduce
from itertools import compress
from typing import NamedTuple

from apps.roles.models import Action
from apps.sessions.bits import Bits, bits_at, bits_of, flags_of, mask_of, places_of
from apps.sessions.eligibility import is_version_enough
from apps.sessions.world import World

# The admin groups through which somebody is a helper, by their places.
Teams = tuple[int, ...]


class Reached(NamedTuple):
    """Whom and what one action reaches."""

    people: Bits
    devices: Bits


NOBODY = Reached(0, 0)


class Cover(NamedTuple):
    """Who is in a scope, their devices, those and all that are in it themselves, and the owners of fit ones of these."""

    people: Bits
    own_devices: Bits
    devices: Bits
    fit_owners: Bits


NOTHING = Cover(0, 0, 0, 0)


def _united(one: Cover, other: Cover) -> Cover:
    return Cover(
        one.people | other.people,
        one.own_devices | other.own_devices,
        one.devices | other.devices,
        one.fit_owners | other.fit_owners,
    )


class Reach:
    """The decisions of one world. Helpers themselves and their own devices are still in it; the preview leaves
    them out.

    `like` is the reach of the world before: what a change left alone is not worked out again.
    """

    def __init__(self, world: World, like: Reach | None = None) -> None:
        self.world = world
        self._teams: dict[tuple[int, Action, bool], Cover] = {}
        self._reached: dict[tuple[Teams, Action], Reached] = {}
        self._groups: dict[int, Cover] = {}
        self._own: dict[int, Bits] = {}
        self._like = like if like is not None and self._has_same_fit(like) else None
        if self._like is not None:
            self.fit, self.fit_owners = self._like.fit, self._like.fit_owners
            self.devices_of, self._own = self._like.devices_of, self._like._own

    def _has_same_fit(self, like: Reach) -> bool:
        ours, theirs = self.world, like.world
        return (
            ours.switches is theirs.switches
            and ours.people is theirs.people
            and ours.devices is theirs.devices
            and self.compelled == like.compelled
        )

    @cached_property
    def compelled(self) -> tuple[Bits, Bits]:
        return self.world.compelled

    @cached_property
    def fit(self) -> Bits:
        """The devices on which a session could be, whoever helps."""
        devices, switches = self.world.devices, self.world.switches
        fit = devices.everything & ~devices.revoked
        if not switches.are_unenrolled_allowed:
            fit &= devices.enrolled
        fit &= ~self.compelled[1] | (devices.enrolled & devices.compliant)
        for version, bits in devices.by_version.items():
            if not is_version_enough(version, switches.mandatory_version):
                fit &= ~bits
        # The owner has to be able to take part; nobody's device needs none.
        able = flags_of(self.world.people.able, self.world.people.size)
        fine = bytes(owner == -1 or (owner >= 0 and able[owner]) for owner in devices.owners)
        return fit & bits_of(fine)

    @cached_property
    def fit_owners(self) -> list[int]:
        """The owner's place of each fit device; -1 for the rest."""
        owners = self.world.devices.owners
        flags = flags_of(self.fit, len(owners))
        return [owner if flag else -1 for owner, flag in zip(owners, flags, strict=True)]

    @cached_property
    def devices_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, owner in enumerate(self.world.devices.owners):
            if owner >= 0:
                found.setdefault(owner, []).append(place)
        return found

    def own(self, helper: int) -> Bits:
        """The helper's own devices."""
        if helper not in self._own:
            self._own[helper] = mask_of(self.devices_of.get(helper, ()))
        return self._own[helper]

    def helpers(self) -> dict[int, Teams]:
        """The teams of each person who is anybody's helper. Those who cannot take part are not in it."""
        found: dict[int, Teams] = {}
        able = flags_of(self.world.people.able, self.world.people.size)
        for team in sorted(self.world.assignments):
            for place in self.world.members.people.get(team, ()):
                if able[place]:
                    found[place] = (*found.get(place, ()), team)
        return found

    def grants(self, teams: Teams) -> Bits:
        """All that members of these teams are given."""
        return reduce(lambda bits, team: bits | self.world.assignments.get(team, 0), teams, 0)

    def of(self, teams: Teams, action: Action) -> Reached:
        """What a member of these teams reaches with one action."""
        if not self.world.switches.is_on or not teams:
            return NOBODY
        if (teams, action) not in self._reached:
            self._reached[teams, action] = self._of(teams, action)
        return self._reached[teams, action]

    def _of(self, teams: Teams, action: Action) -> Reached:
        if not self.grants(teams) & self.world.book.giving[action]:
            return NOBODY
        if action is Action.ELEVATION:
            # It takes control as well, though two assignments may give the two (R6).
            cover = self._united_over(teams, action, True)
            alone = self._united_over(teams, action, False)
            if alone.devices or alone.people:
                control = self._united_over(teams, Action.FULL_CONTROL, True)
                cover = _united(cover, self._both(alone, control, cover.devices))
        else:
            cover = self._united_over(teams, action, True)
        is_browser_fit = self.world.switches.are_unenrolled_allowed
        people = cover.fit_owners | (cover.people & ~self.compelled[0] if is_browser_fit else 0)
        return Reached(people & self.world.people.able, cover.devices & self.fit)

    def _united_over(self, teams: Teams, action: Action, is_with_control: bool) -> Cover:
        covers = (self._team(team, action, is_with_control) for team in teams)
        return reduce(_united, covers)

    def _team(self, team: int, action: Action, is_with_control: bool) -> Cover:
        """What the assignments of one team cover that give the action; of elevation, those that give control too, or
        those that do not."""
        key = (team, action, is_with_control)
        if key not in self._teams:
            book = self.world.book
            giving = self.world.assignments.get(team, 0) & book.giving[action]
            if action is Action.ELEVATION:
                control = book.giving[Action.FULL_CONTROL]
                giving &= control if is_with_control else ~control
            self._teams[key] = self._scope(giving)
        return self._teams[key]

    def _scope(self, grants: Bits) -> Cover:
        """The scopes of some grants, united."""
        book = self.world.book
        groups, all_devices = 0, False
        for place in places_of(grants):
            grant = book.grants[place]
            if grant.all_users:
                return self._everything
            groups |= grant.groups
            all_devices |= grant.all_devices
        cover = reduce(_united, map(self._group, places_of(groups)), NOTHING)
        return _united(cover, self._enrolled) if all_devices else cover

    def _both(self, one: Cover, other: Cover, known: Bits) -> Cover:
        """Who and what is in both; without the owners of devices that are `known` already."""
        people, own = one.people & other.people, one.own_devices & other.own_devices
        devices = one.devices & other.devices
        # All devices of somebody who is in both are in both. Only the rest are asked for their owners.
        owners = self._owners_of(devices & ~own & ~known)
        return Cover(people, own, devices, people & one.fit_owners | owners)

    @cached_property
    def _everything(self) -> Cover:
        devices = self.world.devices
        owned = bits_of(bytes(owner >= 0 for owner in devices.owners))
        owners = self._owners_of(devices.everything)
        return Cover(self.world.people.everybody, owned, devices.everything, owners)

    @cached_property
    def _enrolled(self) -> Cover:
        enrolled = self.world.devices.enrolled
        return Cover(0, 0, enrolled, self._owners_of(enrolled))

    def _owners_of(self, devices: Bits) -> Bits:
        """The owners of the fit ones of these."""
        flags = flags_of(devices & self.fit, len(self.fit_owners))
        return self._as_bits(set(compress(self.fit_owners, flags)))

    def _as_bits(self, owners: set[int]) -> Bits:
        owners.discard(-1)
        return bits_at(owners, self.world.people.size)

    def _group(self, group: int) -> Cover:
        if group not in self._groups:
            like, members = self._like, _members_of(self.world, group)
            if like is not None and members == _members_of(like.world, group):
                self._groups[group] = like._group(group)
            else:
                self._groups[group] = self._cover(*members)
        return self._groups[group]

    def _cover(self, people: list[int], direct: list[int]) -> Cover:
        size = self.world.devices.size
        own = {device for person in people for device in self.devices_of.get(person, ())}
        devices = own.union(direct)
        own_bits = bits_at(own, size)
        return Cover(
            people=bits_at(people, self.world.people.size),
            own_devices=own_bits,
            devices=own_bits | bits_at(direct, size),
            fit_owners=self._as_bits({self.fit_owners[device] for device in devices}),
        )


def _members_of(world: World, group: int) -> tuple[list[int], list[int]]:
    return world.members.people.get(group, []), world.members.devices.get(group, [])
