"""What a change would open and close, before it is made: who gains or loses what, over whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from apps.roles.models import Action
from apps.sessions.reach import (
    Bits,
    Grants,
    Reach,
    Reached,
    Roll,
    World,
    mask_of,
    places_of,
    read_again,
    read_assignments_again,
    read_world,
)

NAMES_SHOWN = 10


class Touching(Enum):
    """How much a change can change: the less, the less is read a second time."""

    ASSIGNMENTS = "assignments"  # roles and role assignments alone
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class NamedHelper:
    """One helper, and how many people and devices the change opens or closes to them."""

    id: uuid.UUID
    name: str
    number_of_people: int
    number_of_devices: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One action that helpers gain, or lose. The names are the first ones only; the numbers are whole."""

    action: Action
    is_gain: bool
    number_of_helpers: int
    number_of_people: int
    number_of_devices: int
    helpers: tuple[NamedHelper, ...]
    people: tuple[str, ...]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be different. Nothing is, where there are no differences."""

    differences: tuple[Difference, ...]
    # Whether anybody could help at all after it: remote help is on, supported and licensed.
    is_in_effect: bool

    @property
    def is_empty(self) -> bool:
        return not self.differences

    @property
    def gains(self) -> tuple[Difference, ...]:
        return tuple(found for found in self.differences if found.is_gain)

    @property
    def losses(self) -> tuple[Difference, ...]:
        return tuple(found for found in self.differences if not found.is_gain)


def preview(
    tenant_id: uuid.UUID,
    change: Callable[[], object],
    *,
    touching: Touching = Touching.ANYTHING,
) -> Preview:
    """Make the change by the service that would make it, compare, and take it back: nothing stays, nobody is told.

    What the service refuses is refused here too. `touching` promises what the change leaves alone.
    """
    with transaction.atomic():
        before = read_world(tenant_id)
        change()
        is_small = touching is Touching.ASSIGNMENTS
        after = read_assignments_again(before) if is_small else read_again(before)
        transaction.set_rollback(True)
    return compare(before, after)


@dataclass(slots=True)
class _Sum:
    """One action in one direction, while helpers are added up."""

    helpers: dict[int, tuple[int, int]] = field(default_factory=dict)
    people: Bits = 0
    devices: Bits = 0


def compare(before: World, after: World) -> Preview:
    """The differences between two readings of one tenant."""
    sums = {(is_gain, action): _Sum() for is_gain in (True, False) for action in Action}
    old, new = Reach(before), Reach(after)
    for (held, holds), helpers in _alike(old.helpers(), new.helpers()).items():
        if held == holds and before.members is after.members:
            continue  # only assignments were read again, and not these
        was, becomes = old.of(held), new.of(holds)
        for action in Action:
            gain = _Change(becomes[action], was[action], new, old)
            _add(sums[True, action], gain, helpers)
            loss = _Change(was[action], becomes[action], old, new)
            _add(sums[False, action], loss, helpers)
    differences = (
        _difference(action, is_gain, found, after)
        for (is_gain, action), found in sums.items()
        if found.helpers
    )
    return Preview(tuple(differences), after.switches.is_on)


def _alike(
    old: dict[int, Grants], new: dict[int, Grants]
) -> dict[tuple[Grants, Grants], list[int]]:
    """Helpers who hold the same before and the same after: what is true of one is true of all but for themselves."""
    nothing: Grants = frozenset()
    alike: dict[tuple[Grants, Grants], list[int]] = {}
    for helper in sorted(old.keys() | new.keys()):
        pair = (old.get(helper, nothing), new.get(helper, nothing))
        alike.setdefault(pair, []).append(helper)
    return alike


class _Change(NamedTuple):
    """What one action reaches on the side that has more, and on the side that has less."""

    more: Reached
    less: Reached
    more_side: Reach
    less_side: Reach


def _add(found: _Sum, change: _Change, helpers: list[int]) -> None:
    people = change.more.people & ~change.less.people
    devices = change.more.devices & ~change.less.devices
    number_of_people, number_of_devices = people.bit_count(), devices.bit_count()
    is_one = len(helpers) == 1
    for helper in helpers:
        # Nobody is their own sharer; a device of theirs counts from the moment that it is somebody else's.
        self_bit = people & (1 << helper) if people >> helper & 1 else 0
        own_before = frozenset(change.less_side.devices_of.get(helper, ()))
        own_after = frozenset(change.more_side.devices_of.get(helper, ()))
        own = mask_of(own_before | own_after)
        given_away = mask_of(own_before - own_after) & change.more.devices
        theirs = (
            number_of_people - self_bit.bit_count(),
            number_of_devices - (devices & own).bit_count() + given_away.bit_count(),
        )
        if theirs == (0, 0):
            continue
        found.helpers[helper] = theirs
        found.people |= people & ~self_bit if is_one else people
        found.devices |= (devices & ~own if is_one else devices) | given_away


def _difference(action: Action, is_gain: bool, found: _Sum, world: World) -> Difference:
    roll = world.person_roll
    return Difference(
        action=action,
        is_gain=is_gain,
        number_of_helpers=len(found.helpers),
        number_of_people=found.people.bit_count(),
        number_of_devices=found.devices.bit_count(),
        helpers=tuple(
            NamedHelper(roll.ids[helper], roll.names[helper], *found.helpers[helper])
            for helper in sorted(found.helpers)[:NAMES_SHOWN]
        ),
        people=_names(roll, found.people),
        devices=_names(world.device_roll, found.devices),
    )


def _names(roll: Roll, bits: Bits) -> tuple[str, ...]:
    places = places_of(bits, len(roll.ids))
    return tuple(roll.names[place] for place in islice(places, NAMES_SHOWN))
