"""Ids that cannot be guessed and still sort by time (RFC 9562, UUID version 7)."""

from __future__ import annotations

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A version 7 UUID: 48 bits of milliseconds, then 74 random bits.

    Sorting by it sorts by creation, to the millisecond; the random part keeps ids of other tenants
    out of reach of guessing (T3).
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= secrets.randbits(76)
    value &= ~(0xF << 76)
    value |= 0x7 << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return uuid.UUID(int=value)
