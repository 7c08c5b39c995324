"""How many bits a second the path takes.

A screen is silent for seconds and then wants everything at once, so an estimate that follows what was sent
(REMB grows with traffic only) would throttle every first change. Here the rate starts high and believes
evidence of trouble only: many losses, a round trip that grows, an estimate that falls below what goes out. It comes
down at once, and climbs back while there is no trouble, not far beyond what was really carried.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from remotehelp_app.media.arrivals import Losses, Smallest

HIGHEST = 8_000_000
LOWEST = 250_000
_TROUBLE_LASTS = 4.0  # seconds for which packets are still spread out after the last trouble
_LOSSY_FOR = 60.0  # seconds after the last loss
_CLIMB = 1.08  # a second without trouble
_BEYOND_CARRIED = 4.0
_MUCH_LOSS = 0.10
_CUT_EVERY = 0.8  # seconds; until then the last cut has not shown its effect
_QUEUE = 0.15  # seconds above the shortest round trip: somebody on the way is queueing
_FALLS = (
    0.97  # of the estimate before: a receiver takes back only when packets come later and later
)
_PACE = 1.6


@dataclass(slots=True)
class Rate:
    """Bits a second. Times are of one monotonic clock, in seconds."""

    bits: int = HIGHEST
    _losses: Losses = field(default_factory=Losses)
    # A path may change for good, so the shortest trip is one of the last seconds only.
    _shortest_trip: Smallest = field(default_factory=lambda: Smallest(6.0))
    _present_trip: Smallest = field(default_factory=lambda: Smallest(0.6))
    _estimate: int = 0
    _carried: float = HIGHEST  # since the last cut
    _trouble_at: float = float("-inf")
    _lost_at: float = float("-inf")
    _climbed_at: float = 0.0
    _cut_at: float = float("-inf")

    def is_lossy(self, now: float) -> bool:
        """Whether single packets get lost, so that the end of a frame has to be said twice."""
        return now < self._lost_at + _LOSSY_FOR

    def heard(
        self,
        *,
        highest: int,
        lost: int,
        trip: float | None,
        sent: float,
        burst: float,
        now: float,
    ) -> None:
        """A receiver's report: the highest number that came, how many never did, and the round trip in seconds;
        beside the bits a second that really went out, and those of the busiest moment.
        """
        has_lost, share = self._losses.heard(highest=highest, lost=lost, now=now)
        if has_lost:
            self._lost_at = now
        if share is not None and share > _MUCH_LOSS:
            self._cut(int(self.bits * (1 - share / 2)), now)
        elif self._is_queueing(trip, sent, now):
            self._cut(int(self.bits * 0.8), now)
        else:
            self._climb(burst, now)

    def _is_queueing(self, trip: float | None, sent: float, now: float) -> bool:
        if trip is None or trip <= 0:
            return False
        shortest = self._shortest_trip.add(trip, now)
        queued = self._present_trip.add(trip, now) - shortest
        return queued > max(_QUEUE, shortest) and sent > self.bits / 4  # else it is not our queue

    def estimated(self, bits: int, *, sent: float, now: float) -> None:
        """A REMB (draft-alvestrand-rmcat-remb-03), beside the bits a second that really went out.

        It never grows far beyond what is sent, so that it is low means nothing; that it falls means a queue.
        """
        has_fallen, self._estimate = bits < self._estimate * _FALLS, bits
        if has_fallen and sent > LOWEST and bits < min(sent, self.bits):
            self._cut_at = now
            # By half at once at most: of a little that was sent a receiver judges badly, and it says so again soon.
            self._come_down(max(bits, self.bits // 2), now)

    def pace(self, now: float) -> float | None:
        """Bits a second at which packets may leave, or None while nothing on the path speaks against a burst."""
        if now > self._trouble_at + _TROUBLE_LASTS:
            return None
        return max(self.bits * _PACE, 1_000_000)

    def _cut(self, bits: int, now: float) -> None:
        self._trouble_at = self._climbed_at = now
        if now >= self._cut_at + _CUT_EVERY:
            self._cut_at = now
            self._come_down(bits, now)

    def _come_down(self, bits: int, now: float) -> None:
        self.bits = max(LOWEST, bits)
        self._carried = self.bits
        self._trouble_at = self._climbed_at = now

    def _climb(self, carried: float, now: float) -> None:
        """What counts is the busiest moment: a screen that changes seldom sends little, whatever the path could take."""
        seconds = min(1.5, max(0.0, now - self._climbed_at))
        self._climbed_at = now
        self._carried = max(self._carried, carried)
        wanted = self.bits * _CLIMB**seconds + 20_000 * seconds
        highest = min(HIGHEST, self._carried * _BEYOND_CARRIED)
        self.bits = max(self.bits, int(min(wanted, highest)))
