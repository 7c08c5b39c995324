"""Versions of the app, compared as people mean it."""

from __future__ import annotations


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, without trailing zeros, so that 1.4 equals 1.4.0. Garbage sorts lowest."""
    parts = version.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
