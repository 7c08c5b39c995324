"""The sums behind the benchmarks: a wrong one would praise what is slow."""

from __future__ import annotations

import pytest

from bench.figures import Figures, Target, compare, decibels, delivered, quantile


def test_a_quantile_is_one_of_the_values():
    values = [float(n) for n in range(50, 0, -1)]
    assert quantile(values, 0.5) in (25.0, 26.0)
    assert quantile(values, 0.95) == 48.0
    assert quantile([7.0], 0.95) == 7.0


def test_a_target_is_reached_from_the_side_on_which_better_lies():
    small, large = Target(50, 30), Target(28, 29.8, is_more_better=True)
    assert [small.verdict(v) for v in (30, 31, 51)] == ["ok, aim reached", "ok", "MISSED"]
    assert [large.verdict(v) for v in (29.8, 28, 27.9)] == ["ok, aim reached", "ok", "MISSED"]


def test_a_target_without_a_figure_is_missed():
    ours, peer = Figures(), Figures()
    ours.add("speed", 10, "ms")
    ours.spread("age", [], "ms")
    peer.add("speed", 20, "ms")
    text, missed = compare(ours, {"speed": Target(20, 5), "age, p95": Target(20, 5)}, {"VNC": peer})
    assert missed == ["age, p95"]
    assert [line.split()[-1] for line in text.splitlines()[2:]] == ["ms", "-"]


def test_a_picture_counts_once_and_when_it_was_seen_first():
    drawn = {1: 100.0, 2: 200.0, 3: 300.0}
    seen = [(1, 120.0), (2, 230.0), (1, 250.0), (2, 260.0), (65535, 270.0), (3, 1300.0)]
    found = delivered(drawn, seen, begin=110.0, end=1110.0)
    assert found.fps == pytest.approx(2.0)
    assert found.ages == [20.0, 30.0]


def test_an_error_of_one_step_is_48_decibels():
    assert decibels(1.0) == pytest.approx(48.13, abs=0.01)
    assert decibels(0.0) > 70
