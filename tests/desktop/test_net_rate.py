"""A real session whose path gets narrow for a while."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.desktop.desk import HERE, Desktop
from tests.desktop.far import Place, picture_follows
from tests.network import Direction

pytestmark = pytest.mark.desktop
NARROW = 1_000_000  # bits a second
WINDOW = 2.0  # seconds over which bits are counted


class Offered:
    """Bits a second that the device put into the line within the last seconds; None before they are over."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._seen: deque[tuple[float, int]] = deque()

    def rate(self) -> float | None:
        now, came = time.monotonic(), self._direction.came
        self._seen.append((now, came))
        while self._seen[-1][0] - self._seen[0][0] > 2 * WINDOW:
            self._seen.popleft()
        old = [each for each in self._seen if each[0] <= now - WINDOW]
        return (came - old[-1][1]) * 8 / (now - old[-1][0]) if old else None

    def said(self) -> str:
        return f"{self.rate()} bits a second"

    def is_above(self, bits: float) -> bool:
        rate = self.rate()
        return rate is not None and rate > bits

    def is_below(self, bits: float) -> bool:
        rate = self.rate()
        return rate is not None and rate < bits


def moving(device: Desktop) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(HERE / "mover.py"), "0", "200", "900", "600"]
    return device.start(*command, log="mover.log")


def test_the_bit_rate_follows_the_path_down_and_up_again(
    place: Place, far_helper: Page, device: Desktop
) -> None:
    moving(device)
    offered = Offered(place.line.there)
    until(lambda: offered.is_above(3 * NARROW), offered.said, 30)  # more than is to come
    place.way.bits = NARROW
    until(lambda: offered.is_below(1.25 * NARROW), offered.said, 30)
    picture_follows(device, far_helper, changes=3)
    assert offered.is_below(2 * NARROW)
    place.way.bits = float("inf")
    until(lambda: offered.is_above(2.5 * NARROW), offered.said, 60)
    picture_follows(device, far_helper, changes=3)
    expect(far_helper.locator("[data-status]")).to_be_hidden()
    expect(far_helper.locator("body[data-state=active]")).to_be_attached()
