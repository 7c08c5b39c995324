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


def sortable(version: str) -> str:
    """A version of the app as a text whose order is that of versions; empty for garbage, which sorts lowest."""
    numbers = version_key(version)
    if not numbers or len(numbers) > 4 or max(numbers) > 99_999:
        return ""
    return ".".join(f"{number:05d}" for number in (*numbers, 0, 0, 0)[:4])
