"""What was found, beside what product.md 8 asks for; and the few sums that this takes."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.tables import table


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies; one of the values themselves, so that none is made up."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def decibels(error: float) -> float:
    """The peak signal-to-noise ratio of 8-bit values with that mean squared error."""
    return 10 * math.log10(255**2 / max(error, 1e-3))


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must reach and should reach; `is_more_better` for frames a second and decibels."""

    must: float
    aim: float
    is_more_better: bool = False

    def verdict(self, value: float) -> str:
        for word, limit in (("ok, aim reached", self.aim), ("ok", self.must)):
            if value >= limit if self.is_more_better else value <= limit:
                return word
        return "MISSED"

    def __str__(self) -> str:
        return f"{'>=' if self.is_more_better else '<='} {self.must:g} / {self.aim:g}"


@dataclass(slots=True)
class Figures:
    """What was found of one subject, by what it is, in the order in which it was found. Each is said at once, too: a
    run takes minutes."""

    values: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, what: str, value: float, unit: str) -> None:
        print(f"  {what}: {value:.1f} {unit}", file=sys.stderr, flush=True)
        self.values[what] = (value, unit)

    def spread(self, what: str, values: Sequence[float], unit: str) -> None:
        """Their median and 95th percentile; nothing when there are none."""
        if values:
            self.add(f"{what}, median", quantile(values, 0.5), unit)
            self.add(f"{what}, p95", quantile(values, 0.95), unit)

    def said(self, what: str) -> str:
        found = self.values.get(what)
        return "-" if found is None else f"{found[0]:.1f} {found[1]}"


def compare(
    ours: Figures, targets: Mapping[str, Target], peers: Mapping[str, Figures]
) -> tuple[str, list[str]]:
    """The table, and the names of the targets that were missed. A target without a figure is missed."""
    rows, missed = [], []
    for what in [*ours.values, *(name for name in targets if name not in ours.values)]:
        target, word = targets.get(what), ""
        if target is not None:
            word = target.verdict(ours.values[what][0]) if what in ours.values else "MISSED"
            missed += [what] if word == "MISSED" else []
        limits = "" if target is None else str(target)
        rows.append([what, ours.said(what), limits, word, *(p.said(what) for p in peers.values())])
    return table(["what", "found", "must / aim", "", *peers], rows), missed


@dataclass(frozen=True, slots=True)
class Delivered:
    """What arrived of a run of numbered pictures."""

    fps: float
    ages: list[float]  # ms from drawn to seen


def delivered(
    drawn: Mapping[int, float], seen: Iterable[tuple[int, float]], *, begin: float, end: float
) -> Delivered:
    """The pictures seen between two moments (ms of one clock). Each counts once, when it was seen first."""
    first: dict[int, float] = {}
    for number, at in seen:
        if number in drawn:
            first.setdefault(number, at)
    within = {number: at for number, at in first.items() if begin <= at < end}
    ages = [at - drawn[number] for number, at in within.items()]
    return Delivered(len(within) * 1000 / (end - begin), ages)
