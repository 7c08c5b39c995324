"""Ids that cannot be guessed and still sort by time (RFC 9562, UUID version 7)."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime


def new_id(at: datetime | None = None) -> uuid.UUID:
    """A version 7 UUID: 48 bits of milliseconds, then 74 random bits.

    Sorting by it sorts by creation, to the millisecond; the random part keeps ids of other tenants
    out of reach of guessing (T3). `at` is for rows that tell of another moment than now.
    """
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= secrets.randbits(76)
    value &= ~(0xF << 76)
    value |= 0x7 << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return uuid.UUID(int=value)


def first_id_at(at: datetime) -> uuid.UUID:
    """The least version 7 UUID of that millisecond: ids made from then on are not below it."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) & ((1 << 48) - 1)) << 80)


def moment_of(one: uuid.UUID) -> datetime:
    """When that id was made, to the millisecond, in UTC. Raises ValueError for an id that does not tell."""
    if one.version != 7:
        raise ValueError("not a version 7 UUID")
    return datetime.fromtimestamp((one.int >> 80) / 1000, tz=UTC)
