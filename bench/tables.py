"""Plain tables and the verdict on a target."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = cells
        right = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        return "  ".join([first.ljust(widths[0]), *right]).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def verdict(value: float, *, must: float, aim: float) -> str:
    """How a figure that should be small stands to its two targets."""
    word = "aim reached" if value <= aim else "target reached" if value <= must else "MISSED"
    return f"{word} (must <= {must:g}, aim <= {aim:g})"
