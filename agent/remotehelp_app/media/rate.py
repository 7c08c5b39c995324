"""How many bits a second the path takes.

A screen is silent for seconds and then wants everything at once, so an estimate that follows what was sent
(REMB grows with traffic only) would throttle every first change. Here the rate starts high and believes
evidence of trouble only: loss, a round trip that grows, an estimate below what really goes out. Without trouble
it climbs back.
"""

from __future__ import annotations

from dataclasses import dataclass

HIGHEST = 8_000_000
LOWEST = 250_000
_TROUBLE_LASTS = 4.0  # seconds for which packets are still spread out after the last trouble
_CLIMB = 1.08  # a second without trouble
_MUCH_LOSS, _LITTLE_LOSS = 0.10, 0.02
_QUEUE = 0.15  # seconds above the shortest round trip: somebody on the way is queueing
_BELOW_SENT = 0.9


@dataclass(slots=True)
class Rate:
    """Bits a second. Times are of one monotonic clock, in seconds."""

    bits: int = HIGHEST
    is_lossy: bool = False
    _shortest_trip: float = float("inf")
    _trouble_at: float = float("-inf")
    _climbed_at: float = 0.0
    _cut_at: float = float("-inf")

    def heard(self, *, lost: float, trip: float | None, now: float) -> None:
        """A receiver's report: the fraction lost since the last one, and the round trip in seconds."""
        self.is_lossy = lost > 0 or (self.is_lossy and now < self._trouble_at + 2 * _TROUBLE_LASTS)
        queued = 0.0
        if trip is not None and trip > 0:
            self._shortest_trip = min(self._shortest_trip, trip)
            queued = trip - self._shortest_trip
        if lost > _MUCH_LOSS:
            self._cut(1 - lost / 2, now)
        elif queued > max(_QUEUE, self._shortest_trip):
            self._cut(0.8, now)
        elif lost > _LITTLE_LOSS:
            self._trouble_at = now
        else:
            self._climb(now)

    def estimated(self, bits: int, *, sent: float, now: float) -> None:
        """A REMB (draft-alvestrand-rmcat-remb-03), beside the bits a second that really went out."""
        if sent > LOWEST and bits < sent * _BELOW_SENT:
            self.bits = max(LOWEST, min(self.bits, bits))
            self._trouble_at = self._climbed_at = now

    def pace(self, now: float) -> float | None:
        """Bits a second at which packets may leave, or None while nothing on the path speaks against a burst."""
        return None if now > self._trouble_at + _TROUBLE_LASTS else max(self.bits * 1.6, 1_000_000)

    def _cut(self, factor: float, now: float) -> None:
        self._trouble_at = self._climbed_at = now
        if now < self._cut_at + 0.8:
            return  # the last cut has not shown its effect yet
        self._cut_at = now
        self.bits = max(LOWEST, int(self.bits * factor))

    def _climb(self, now: float) -> None:
        seconds = min(1.5, max(0.0, now - self._climbed_at))
        self._climbed_at = now
        self.bits = min(HIGHEST, int(self.bits * _CLIMB**seconds) + int(20_000 * seconds))
