"""Key press to picture where the network between device and helper loses and delays.

The site's own session page and the device app, as in `python -m bench device`; but all that the device sends and gets
goes through a line of the tests' own (tests/network.py), by way of a relay behind it. Beside each network stands what
the line alone takes there and back: an echo, asked for every 40 ms until it comes. So a way that no product could
undercut is in the same run.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.device import SIZE, ready, shown
from bench.figures import Figures, Target, compare
from bench.observing import TRIALS, Subject
from bench.processes import Noise

if TYPE_CHECKING:
    from tests.network import Network

# Loss each way, and seconds there and back.
WAYS = ((0.0, 0.0), (0.02, 0.05), (0.05, 0.2))
WITHIN = 10.0  # seconds after which a picture counts as never seen
SETTLE = 3000  # ms until the picture has become sharp, and the losses are known
ECHO_EVERY = 0.04
KEYS = {"t": "page of text", "c": "plain colour"}
TARGETS = {
    **{f"2 %, 50 ms: key to pixel, {what}, p95": Target(250, 150) for what in KEYS.values()},
    # "Still usable": the product names no time; none may stay away.
    **{f"5 %, 200 ms: key to pixel, {what}, never seen": Target(0, 0) for what in KEYS.values()},
}
_COUNTS = """async () => {
  const reports = await window.seen.peers.at(-1).getStats();
  const video = [...reports.values()].find((report) => report.type === "inbound-rtp" && report.kind === "video");
  return { nacks: video.nackCount, keys: video.pliCount, freezes: video.freezeCount };
}"""
_SAID = {"nacks": "packets asked for again", "keys": "key frames asked for", "freezes": "freezes"}


def named(loss: float, trip: float) -> str:
    return f"{loss * 100:.0f} %, {trip * 1000:.0f} ms"


def echoes(made: Network, count: int) -> list[float]:
    """What the line alone takes, in ms, there and back."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
    ):
        far.bind(("127.0.0.1", 0))
        near.connect(("127.0.0.1", made.line(far.getsockname()).port))
        far.setblocking(False)
        near.setblocking(False)
        return [_echo(near, far, number.to_bytes(4, "big")) for number in range(count)]


def _echo(near: socket.socket, far: socket.socket, question: bytes) -> float:
    began, asked_at = time.perf_counter(), float("-inf")
    while True:
        now = time.perf_counter()
        if now > asked_at + ECHO_EVERY:
            asked_at = now
            near.send(question)
        try:
            data, back = far.recvfrom(64)
            far.sendto(data, back)
        except BlockingIOError:
            pass
        try:
            if near.recv(64) == question:
                return (time.perf_counter() - began) * 1000
        except BlockingIOError:
            time.sleep(0.0005)


def measure(subject: Subject, made: Network, trials: int) -> Figures:
    found = Figures()
    for loss, trip in WAYS:
        name = named(loss, trip)
        made.way.loss, made.way.trip = loss, trip
        found.spread(f"{name}: the line alone", echoes(made, trials), "ms")
        subject.page.wait_for_timeout(SETTLE)
        for key, what in KEYS.items():
            before = subject.page.evaluate(_COUNTS)
            subject.press(key, f"{name}: key to pixel, {what}", found, trials, WITHIN)
            after = subject.page.evaluate(_COUNTS)
            said = ", ".join(f"{after[one] - before[one]} {word}" for one, word in _SAID.items())
            print(f"    ({said})", file=sys.stderr, flush=True)
    return found


def main(arguments: Sequence[str] = ()) -> int:
    from tests.browser.conftest import relay
    from tests.desktop.desk import desktop
    from tests.desktop.far import beyond

    parser = argparse.ArgumentParser(prog="python -m bench path", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"of each ({TRIALS})")
    trials = parser.parse_args(arguments).trials
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="remotehelp-") as name:
        folder = Path(name)
        with (
            relay(folder) as turn,
            beyond(turn, folder / "site") as place,
            desktop(folder, SIZE) as device,
            shown(place.site, device, place.server, ["--relay-only"]) as subject,
        ):
            noise = Noise()
            ready(subject)
            found = measure(subject, place.network, trials)
            others = noise.share()
    text, missed = compare(found, TARGETS, {})
    print(text)
    print(f"\nTargets missed: {', '.join(missed) or 'none'}.")
    print(f"Others used {others:.0f} % of this machine meanwhile. ({time.monotonic() - began:.0f} s.)")  # fmt: skip
    return 1 if missed else 0
