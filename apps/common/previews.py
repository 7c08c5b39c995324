"""What a change would open and close, as every page and API that offers a change can ask it.

The answer takes all that the help decision stands on, which only the sessions' app sees; settings, groups and roles lie
below it. So it gives its function here when it starts, and they ask here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from django_stubs_ext import StrPromise


class Touching(Enum):
    """How much a change can change: the less, the less is read a second time."""

    ASSIGNMENTS = "assignments"  # roles and role assignments
    SWITCHES = "switches"  # the tenant's own row
    MEMBERS = "members"  # who and what is in which group
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

    action: str
    label: StrPromise | str
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


class Previewer(Protocol):
    def __call__(
        self, tenant_id: uuid.UUID, change: Callable[[], object], *, touching: Touching
    ) -> Preview: ...


class CompliancePreviewer(Protocol):
    def __call__(
        self,
        tenant_id: uuid.UUID,
        *,
        gained: Collection[uuid.UUID],
        lost: Collection[uuid.UUID],
    ) -> Preview: ...


_given: list[Previewer] = []
_given_of_compliance: list[CompliancePreviewer] = []


def give_previewer(previewer: Previewer, of_compliance: CompliancePreviewer) -> None:
    """The sessions' app says how, once, when it starts."""
    _given[:] = [previewer]
    _given_of_compliance[:] = [of_compliance]


def preview(
    tenant_id: uuid.UUID,
    change: Callable[[], object],
    *,
    touching: Touching = Touching.ANYTHING,
) -> Preview:
    """Make the change by the service that would make it, compare, and take it back: nothing stays, nobody is told.

    What the service refuses is refused here too. `touching` promises what the change leaves alone.
    """
    (previewer,) = _given
    return previewer(tenant_id, change, touching=touching)


def preview_members(tenant_id: uuid.UUID, change: Callable[[], object]) -> Preview:
    """The same of a change that only puts people or devices into groups, or takes them out."""
    return preview(tenant_id, change, touching=Touching.MEMBERS)


def preview_compliance(
    tenant_id: uuid.UUID, *, gained: Collection[uuid.UUID], lost: Collection[uuid.UUID]
) -> Preview:
    """What it would open and close if these devices became compliant, and those no longer were. Changes nothing.

    Of devices and not of a change: to ask a policy of tens of thousands of them only to take it back would cost more
    than all the rest.
    """
    (previewer,) = _given_of_compliance
    return previewer(tenant_id, gained=gained, lost=lost)
