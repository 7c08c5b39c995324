"""How finely the screen is coded: soon there, sharp soon after, and then silent."""

from __future__ import annotations

import pytest
from remotehelp_app.media.quality import FINEST, Quality

RATE = 8_000_000
ROWS = range(68)


def sharpened(quality, at, row_bits):
    """Until nothing is left to sharpen; gives how long that took, the bits, and the rows that were coded."""
    began, bits = at, 0
    rows: list[int] = []
    for _frame in range(1000):
        due = quality.sharpen_at()
        if due is None:
            return at - began, bits, rows
        at = max(at, due)
        plan = quality.plan(at, ())
        assert plan.quantiser == FINEST
        quality.made(plan, len(plan.rows) * row_bits)
        bits += len(plan.rows) * row_bits
        rows += plan.rows
    pytest.fail("it never gets sharp")


def test_a_large_change_takes_no_more_than_a_moment_of_the_path():
    """As far as the one before it tells what it costs."""
    quality, bits = Quality(RATE), 0.0
    for flip in range(3):
        plan = quality.plan(10.0 + flip, ROWS)
        assert plan.rows == tuple(ROWS)
        assert plan.quantiser > FINEST
        bits = 1_000_000 * 2 ** ((30 - plan.quantiser) / 6)
        quality.made(plan, int(bits))
    assert bits == pytest.approx(RATE * 0.06, rel=0.1)


def test_what_a_large_change_left_blurred_is_sharpened_as_fast_as_the_path_takes_it():
    quality = Quality(RATE)
    quality.made(quality.plan(10.0, ROWS), 480_000)
    seconds, bits, rows = sharpened(quality, 10.0, 70_000)
    assert sorted(rows) == list(ROWS)
    assert bits / RATE * 0.8 < seconds < bits / RATE * 1.2


def test_a_small_change_is_sharp_at_once_and_then_nothing_more_is_encoded():
    quality = Quality(RATE)
    plan = quality.plan(10.0, [50, 51])
    assert (plan.rows, plan.quantiser) == ((50, 51), FINEST)
    quality.made(plan, 8_000)
    assert quality.sharpen_at() is None


def test_a_small_change_does_not_wait_for_what_is_still_blurred():
    quality = Quality(RATE)
    quality.made(quality.plan(10.0, ROWS), 480_000)
    plan = quality.plan(10.03, [7])
    assert plan.quantiser == FINEST
    assert plan.rows[0] == 7
    quality.made(plan, 60_000)
    assert 7 not in sharpened(quality, 10.03, 70_000)[2]


def test_rows_that_cost_little_are_sharpened_many_at_a_time():
    quality = Quality(RATE)
    quality.made(quality.plan(10.0, ROWS), 100_000)
    assert sharpened(quality, 10.0, 1_000)[0] < 0.5


def test_motion_is_as_fine_as_the_path_takes():
    for cost in (500_000, 1_000_000, 2_000_000):  # bits of a frame at quantiser 30
        quality, bits = Quality(RATE), 0
        for frame in range(600):
            plan = quality.plan(10 + frame / 30, ROWS)
            used = int(cost * 2 ** ((30 - plan.quantiser) / 6))
            quality.made(plan, used)
            bits += used if frame >= 300 else 0
        assert RATE * 0.5 < bits / 10 < RATE * 1.2


def test_a_key_frame_has_every_row_and_is_sharpened_again():
    quality = Quality(RATE)
    plan = quality.plan(10.0, ROWS, is_key=True)
    assert plan.rows == tuple(ROWS)
    quality.made(plan, 480_000)
    assert quality.sharpen_at() is not None


def test_a_slower_path_is_believed_at_once():
    fast, slow = Quality(RATE), Quality(RATE)
    slow.rate = RATE // 10
    assert slow.plan(10.0, ROWS).quantiser > fast.plan(10.0, ROWS).quantiser + 12
