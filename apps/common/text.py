"""Text that people read: what is invisible in it is not theirs to send."""

from __future__ import annotations


def one_line(value: str) -> str:
    """The text as it is seen, on one line. Controls and marks that turn the direction of what follows become spaces:
    a name must not look like another one."""
    seen = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(seen.split())
