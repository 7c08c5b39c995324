"""Sets of rows as long numbers: the row at a place is in the set if the bit at that place is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Bits = int


def bits_at(places: Iterable[int], size: int) -> Bits:
    """The number whose bits at these places are set."""
    flags = bytearray(b"0" * size)
    is_any = False
    for place in places:
        flags[size - 1 - place] = 0x31
        is_any = True
    return int(flags, 2) if is_any else 0


def mask_of(places: Iterable[int]) -> Bits:
    """The same for a few places."""
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits


_TRUTH = bytes.maketrans(b"01", b"\0\1")
_DIGITS = bytes.maketrans(b"\0\1", b"01")


def bits_of(flags: bytes) -> Bits:
    """The number of one byte for each place, 0 or 1."""
    return int(flags[::-1].translate(_DIGITS), 2) if flags else 0


def flags_of(bits: Bits, size: int) -> bytes:
    """One byte for each place, 0 or 1."""
    return bin(bits | (1 << size))[:2:-1].encode().translate(_TRUTH)


def places_of(bits: Bits) -> Iterator[int]:
    """The places of the bits that are set, the lowest first."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)
