"""How the device follows what the path takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from remotehelp_app.media.arrivals import Losses, Smallest
from remotehelp_app.media.rate import HIGHEST, LOWEST, Rate


@dataclass
class Path:
    """Reports as a browser makes them, four a second, of a path that is used with all that the rate gives."""

    rate: Rate = field(default_factory=Rate)
    at: float = 100.0
    highest: float = 1000.0
    lost: float = 0.0

    def go(
        self,
        seconds: float,
        *,
        lost: float = 0.0,
        trip: float = 0.02,
        sent: float | None = None,
        changes: float = 60,
    ) -> Path:
        """`changes` a second of the screen: the encoder is made for 60, and a frame leaves within 50 ms."""
        for _report in range(round(seconds * 4)):
            self.at += 0.25
            bits = self.rate.bits * changes / 60 if sent is None else sent
            burst = bits if sent is not None else self.rate.bits / 60 * max(1, changes / 20) * 20
            packets = bits / 9600 / 4
            self.highest += packets
            self.lost += packets * lost
            self.rate.heard(
                highest=int(self.highest),
                lost=int(self.lost),
                trip=trip,
                sent=bits,
                burst=burst,
                now=self.at,
            )
        return self


def test_a_silent_screen_does_not_slow_the_next_change():
    """Receivers estimate from what was sent; of a still screen that is next to nothing."""
    rate = Rate()
    for bits in (60_000, 50_000, 5_000):
        rate.estimated(bits, sent=20_000, now=1.0)
    assert rate.bits == HIGHEST


def test_a_low_estimate_that_grows_is_no_reason_to_give_way():
    """It lags behind a screen that begins to move."""
    rate = Rate()
    for second, bits in enumerate((1_000_000, 1_200_000, 1_500_000, 1_480_000)):
        rate.estimated(bits, sent=6_000_000, now=second)
    assert rate.bits == HIGHEST


def test_an_estimate_that_falls_below_what_goes_out_is_believed_at_once():
    rate = Rate()
    rate.estimated(4_000_000, sent=6_000_000, now=1.0)
    rate.estimated(2_000_000, sent=6_000_000, now=1.2)
    assert rate.bits == HIGHEST // 2
    rate.estimated(1_500_000, sent=3_000_000, now=1.4)
    rate.estimated(1_400_000, sent=3_000_000, now=1.6)
    assert rate.bits == 1_400_000
    assert rate.pace(1.4) is not None


def test_much_loss_brings_it_down_and_a_sound_path_up_again():
    path = Path().go(30, lost=0.3)
    assert path.rate.bits < HIGHEST / 4
    low = path.rate.bits
    path.go(60)
    assert path.rate.bits > 4 * low
    assert path.rate.pace(path.at) is None


def test_while_nothing_is_sent_it_climbs_to_four_times_what_was_carried_and_no_further():
    path = Path().go(30, lost=0.3)
    low = path.rate.bits
    path.go(120, sent=1000)
    assert low * 3 < path.rate.bits <= low * 4
    path.go(120)
    assert path.rate.bits == HIGHEST


def test_a_screen_that_changes_seldom_gets_more_again_too():
    path = Path().go(30, lost=0.3)
    low = path.rate.bits
    path.go(120, changes=5)
    assert path.rate.bits > 8 * low


def test_it_never_goes_below_the_least():
    assert LOWEST <= Path().go(200, lost=0.9).rate.bits < LOWEST * 1.1


def test_a_round_trip_that_grows_means_a_queue():
    path = Path().go(3).go(3, trip=0.5)
    assert path.rate.bits < HIGHEST
    assert path.rate.pace(path.at) is not None


def test_one_late_report_is_no_queue():
    path = Path().go(3).go(0.25, trip=0.5).go(1)
    assert path.rate.bits == HIGHEST


def test_another_way_to_the_same_place_is_no_queue_for_long():
    path = Path().go(20, trip=0.01).go(15, trip=0.4)
    low = path.rate.bits
    assert low < HIGHEST
    path.go(20, trip=0.4)
    assert path.rate.bits > 2 * low


def test_a_queue_that_others_make_is_not_ours_to_drain():
    path = Path().go(3, sent=2000).go(5, trip=0.5, sent=2000)
    assert path.rate.bits == HIGHEST


def test_a_little_loss_is_no_reason_to_give_way_or_to_wait():
    path = Path()
    assert not path.rate.is_lossy(path.at)
    path.go(20, lost=0.05, trip=0.05)
    assert path.rate.bits == HIGHEST
    assert path.rate.pace(path.at) is None
    assert path.rate.is_lossy(path.at)


def test_half_of_two_packets_is_not_half_of_all():
    losses = Losses()
    losses.heard(highest=1000, lost=0, now=0.0)
    assert losses.heard(highest=1002, lost=1, now=0.02) == (True, None)
    assert losses.heard(highest=1003, lost=1, now=0.04) == (False, None)
    assert losses.heard(highest=1100, lost=2, now=1.1) == (True, 0.02)
    # Too few to tell, however long it takes.
    assert losses.heard(highest=1104, lost=4, now=2.2) == (True, None)
    assert losses.heard(highest=1106, lost=5, now=9.0) == (True, None)
    # Packets that come after all are taken back.
    assert losses.heard(highest=1206, lost=3, now=10.5) == (False, 0.0)


def test_the_smallest_value_is_one_of_the_last_while():
    least = Smallest(2.0)
    assert least.add(1.0, 0.0) == 1.0
    assert least.add(5.0, 1.0) == 1.0
    assert least.add(5.0, 2.5) == 1.0
    assert least.add(5.0, 5.0) == 5.0
    assert least.add(7.0, 50.0) == 7.0
