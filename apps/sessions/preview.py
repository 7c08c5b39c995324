"""What a change would open and close, before it is made: who gains or loses what, over whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from apps.common.previews import Difference, NamedHelper, Preview, Touching
from apps.roles.models import Action
from apps.sessions.bits import Bits, bits_at, places_of
from apps.sessions.reach import Reach, Reached, Teams
from apps.sessions.world import Roll, World, read_again, read_world

NAMES_SHOWN = 10


def preview(
    tenant_id: uuid.UUID,
    change: Callable[[], object],
    *,
    touching: Touching = Touching.ANYTHING,
) -> Preview:
    """As `apps.common.previews` promises it."""
    with transaction.atomic():
        before = read_world(tenant_id)
        change()
        after = read_again(before, touching)
        transaction.set_rollback(True)
    return compare(before, after)


def preview_compliance(
    tenant_id: uuid.UUID, *, gained: Collection[uuid.UUID], lost: Collection[uuid.UUID]
) -> Preview:
    """As `apps.common.previews` promises it."""
    before = read_world(tenant_id)
    if not before.switches.is_compliance_required or not (gained or lost):
        return Preview((), before.switches.is_on)
    devices = before.devices
    # Ids here are the database's own text, which differs between databases.
    places = {uuid.UUID(text): place for text, place in before.book.devices.places.items()}

    def bits(ids: Collection[uuid.UUID]) -> Bits:
        return bits_at((places[pk] for pk in ids if pk in places), devices.size)

    compliant = (devices.compliant | bits(gained)) & ~bits(lost)
    return compare(before, replace(before, devices=replace(devices, compliant=compliant)))


@dataclass(slots=True)
class _Sum:
    """One action in one direction, while helpers are added up."""

    helpers: dict[int, tuple[int, int]] = field(default_factory=dict)
    people: Bits = 0
    devices: Bits = 0


def compare(before: World, after: World) -> Preview:
    """The differences between two readings of one tenant."""
    sums = {(is_gain, action): _Sum() for is_gain in (True, False) for action in Action}
    is_same = before.has_same_facts(after)
    old = Reach(before)
    new = Reach(after, like=old)
    for (held, holds), helpers in _alike(old.helpers(), new.helpers()).items():
        if is_same and old.grants(held) == new.grants(holds):
            continue
        for action in Action:
            was, becomes = old.of(held, action), new.of(holds, action)
            if was == becomes and is_same:
                continue
            _add(sums[True, action], _Change(becomes, was, new, old), helpers)
            _add(sums[False, action], _Change(was, becomes, old, new), helpers)
    differences = (
        _difference(action, is_gain, found, after)
        for (is_gain, action), found in sums.items()
        if found.helpers
    )
    return Preview(tuple(differences), after.switches.is_on)


def _alike(old: dict[int, Teams], new: dict[int, Teams]) -> dict[tuple[Teams, Teams], list[int]]:
    """Helpers of the same teams before and the same after: what is true of one is true of all but for themselves."""
    alike: dict[tuple[Teams, Teams], list[int]] = {}
    for helper in sorted(old.keys() | new.keys()):
        alike.setdefault((old.get(helper, ()), new.get(helper, ())), []).append(helper)
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
    given_away = _given_away(change, helpers)
    if not people and not devices and not given_away:
        return
    number_of_people, number_of_devices = people.bit_count(), devices.bit_count()
    is_one = len(helpers) == 1
    for helper in helpers:
        # Nobody is their own sharer; a device of theirs counts from the moment that it is somebody else's.
        self_bit = people & (1 << helper) if people >> helper & 1 else 0
        own = change.less_side.own(helper) | change.more_side.own(helper)
        extra = given_away.get(helper, 0)
        theirs = (
            number_of_people - self_bit.bit_count(),
            number_of_devices - (devices & own).bit_count() + extra.bit_count(),
        )
        if theirs == (0, 0):
            continue
        found.helpers[helper] = theirs
        found.people |= people & ~self_bit if is_one else people
        found.devices |= (devices & ~own if is_one else devices) | extra


def _given_away(change: _Change, helpers: list[int]) -> dict[int, Bits]:
    """Devices that were a helper's own on the one side and are somebody else's, within reach, on the other."""
    if change.more_side.world.devices is change.less_side.world.devices:
        return {}
    away = {
        helper: change.less_side.own(helper) & ~change.more_side.own(helper) & change.more.devices
        for helper in helpers
    }
    return {helper: bits for helper, bits in away.items() if bits}


def _difference(action: Action, is_gain: bool, found: _Sum, world: World) -> Difference:
    roll = world.book.people
    return Difference(
        action=action.value,
        label=action.label,
        is_gain=is_gain,
        number_of_helpers=len(found.helpers),
        number_of_people=found.people.bit_count(),
        number_of_devices=found.devices.bit_count(),
        helpers=tuple(
            NamedHelper(uuid.UUID(roll.ids[helper]), roll.names[helper], *found.helpers[helper])
            for helper in sorted(found.helpers)[:NAMES_SHOWN]
        ),
        people=_names(roll, found.people),
        devices=_names(world.book.devices, found.devices),
    )


def _names(roll: Roll, bits: Bits) -> tuple[str, ...]:
    places = places_of(bits)
    return tuple(roll.names[place] for place in islice(places, NAMES_SHOWN))
