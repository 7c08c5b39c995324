"""How the device follows what the path takes."""

from __future__ import annotations

from remotehelp_app.media.rate import HIGHEST, LOWEST, Rate


def steady(
    rate: Rate, *, seconds: int, start: float, lost: float = 0.0, trip: float = 0.02
) -> float:
    for second in range(seconds):
        rate.heard(lost=lost, trip=trip, now=start + second)
    return start + seconds


def test_a_silent_screen_does_not_slow_the_next_change():
    """Receivers estimate from what was sent; of a still screen that is next to nothing."""
    rate = Rate()
    rate.estimated(50_000, sent=20_000, now=1.0)
    assert rate.bits == HIGHEST


def test_an_estimate_below_what_goes_out_is_believed():
    rate = Rate()
    rate.estimated(2_000_000, sent=6_000_000, now=1.0)
    assert rate.bits == 2_000_000
    assert rate.pace(1.0) is not None


def test_much_loss_brings_it_down_and_a_sound_path_up_again():
    rate = Rate()
    at = steady(rate, seconds=30, start=0.0, lost=0.3)
    assert rate.bits < HIGHEST / 4
    low = rate.bits
    at = steady(rate, seconds=60, start=at)
    assert rate.bits > 4 * low
    assert rate.pace(at) is None


def test_it_never_goes_below_the_least():
    rate = Rate()
    steady(rate, seconds=200, start=0.0, lost=0.9)
    assert rate.bits == LOWEST


def test_a_round_trip_that_grows_means_a_queue():
    rate = Rate()
    at = steady(rate, seconds=3, start=0.0)
    steady(rate, seconds=5, start=at, trip=0.5)
    assert rate.bits < HIGHEST


def test_a_little_loss_is_no_reason_to_give_way():
    rate = Rate()
    steady(rate, seconds=20, start=0.0, lost=0.02, trip=0.05)
    assert rate.bits == HIGHEST
    assert rate.is_lossy
