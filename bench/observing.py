"""One subject watched at both ends: the program on its desktop, and the page in which a helper sees it."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figures, decibels, delivered
from bench.processes import ROOT, family_cpu

if TYPE_CHECKING:
    from playwright.sync_api import Page

OBSERVER = Path(__file__).with_name("observer.js")
TRIALS = 50
SEEN_WITHIN = 2.0  # seconds from a key press; later is never
PATIENCE = 20
STILL_AFTER, STILL_FOR = 4.0, 8.0
WARM, MOVING_FOR = 1.5, 6.0
TYPED_A_SECOND = 8
SHARP_AFTER, SHARP_TRIES = 3.0, 3
PARTS = ("keys", "sharp", "still", "typing", "streams")
_CLOCK_TRIES, _CLOCK_ERROR = 20, 1.0  # ms


class TargetProgram:
    """bench/target.py on that display: what it got and what it drew, with times in ms since 1970."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.keys: list[float] = []
        self.frames: dict[int, float] = {}
        self._is_ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        if self._process.stdout is None:
            raise RuntimeError("the target was started without a pipe")
        for line in self._process.stdout:
            said = json.loads(line)
            if "ready" in said:
                self._is_ready.set()
            elif "key" in said:
                self.keys.append(said["at"])
            else:
                self.frames[said["frame"]] = said["at"]

    def wait(self) -> None:
        if not self._is_ready.wait(PATIENCE):
            raise RuntimeError("the target does not draw")

    def draw(self, what: str, fps: float = 0) -> None:
        if self._process.stdin is None:
            raise RuntimeError("the target was started without a pipe")
        self._process.stdin.write(json.dumps({"draw": what, "fps": fps}) + "\n")
        self._process.stdin.flush()


@contextmanager
def target_program(env: dict[str, str]) -> Iterator[TargetProgram]:
    """On the display that `env` names; returns when its first picture is drawn."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.target"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        program = TargetProgram(process)
        program.wait()
        yield program
    finally:
        process.terminate()
        process.wait(10)


def true_pixels(display_name: str) -> bytes:
    """The whole screen as the X server has it: BGRx, row by row."""
    from Xlib import X
    from Xlib import display as xdisplay

    display = xdisplay.Display(display_name)
    try:
        root = display.screen().root
        shape = root.get_geometry()
        image = root.get_image(0, 0, shape.width, shape.height, X.ZPixmap, 0xFFFFFFFF)
        return bytes(image.data)
    finally:
        display.close()


@dataclass(slots=True)
class Subject:
    """What is measured. `device` is the process (with its children) that shows the desktop; `wire` tells how many
    bytes the page has received of it."""

    page: Page
    selector: str  # of the <video> or <canvas>
    target: TargetProgram
    display: str
    device: int
    wire: Callable[[], float]

    def observe(self) -> None:
        """To be called on a page that shows the picture already, and again after it was loaded anew."""
        self.page.evaluate(OBSERVER.read_text(), self.selector)
        self._check_clock()

    def _check_clock(self) -> None:
        """Ages are differences between the page's clock and this machine's; they must be the same one."""
        least, most = float("-inf"), float("inf")
        for _try in range(_CLOCK_TRIES):
            before = time.time() * 1000
            told = self.page.evaluate("observer.clock()")
            most = min(most, told - before)
            least = max(least, told - time.time() * 1000)
        if not least - _CLOCK_ERROR <= 0 <= most + _CLOCK_ERROR:
            raise RuntimeError(f"the page's clock is off by {least:.1f} to {most:.1f} ms")

    # --- key press to picture --------------------------------------------------------------------

    def press(
        self,
        key: str,
        what: str,
        found: Figures,
        trials: int = TRIALS,
        within: float = SEEN_WITHIN,
    ) -> list[float]:
        """Presses it that often, at any moment of a frame; gives the times of the way in, in ms."""
        rng = random.Random(key)  # noqa: S311 waits, not secrets
        times, legs, lost = [], [], 0
        for _trial in range(trials):
            self.page.wait_for_timeout(150 + rng.random() * 100)
            known = len(self.target.keys)
            self.page.evaluate("(patience) => observer.begin(patience)", within * 1000)
            self.page.keyboard.press(key)
            trial = self.page.evaluate("observer.seen()")
            if trial["seen"] is None:
                lost += 1
            else:
                times.append(trial["seen"] - trial["pressed"])
            legs += [at - trial["pressed"] for at in self.target.keys[known : known + 1]]
        found.spread(what, times, "ms")
        found.add(f"{what}, never seen", lost, f"of {trials}")
        return legs

    # --- pictures that follow each other ---------------------------------------------------------

    def stream(self, what: str, fps: float, found: Figures, name: str) -> None:
        """Draws so many pictures a second, and says what came of them."""
        page = self.page
        self.target.draw(what, fps)
        page.wait_for_timeout(WARM * 1000)
        page.evaluate("observer.watch()")
        begin, wire, used = time.time() * 1000, self.wire(), family_cpu(self.device)
        page.wait_for_timeout(MOVING_FOR * 1000)
        used, wire, end = family_cpu(self.device) - used, self.wire() - wire, time.time() * 1000
        page.wait_for_timeout(300)
        seen = page.evaluate("observer.watched()")
        self.target.draw("still")
        came = delivered(self.target.frames, seen, begin=begin, end=end)
        drawn = sum(begin <= at < end for at in self.target.frames.values()) * 1000 / (end - begin)
        found.add(f"{name}, shown", came.fps, "fps")
        if drawn < fps * 0.97:
            found.add(f"{name}, drawn only", drawn, "fps")
        found.spread(f"{name}, age", came.ages, "ms")
        found.add(f"{name}, device CPU", used * 1e5 / (end - begin), "%")
        found.add(f"{name}, wire", wire / (end - begin), "kB/s")

    def still(self, found: Figures) -> None:
        self.page.wait_for_timeout(STILL_AFTER * 1000)
        wire, used, began = self.wire(), family_cpu(self.device), time.monotonic()
        self.page.wait_for_timeout(STILL_FOR * 1000)
        used, wire = family_cpu(self.device) - used, self.wire() - wire
        seconds = time.monotonic() - began
        found.add("still screen, device CPU", used / seconds * 100, "%")
        found.add("still screen, wire", wire / seconds / 1000, "kB/s")

    def sharpness(self, found: Figures) -> None:
        """How near a page of text comes to the true screen; the worst of some tries."""
        errors = []
        for _try in range(SHARP_TRIES):
            self.page.keyboard.press("t")
            self.page.wait_for_timeout(SHARP_AFTER * 1000)
            pixels = base64.b64encode(true_pixels(self.display)).decode()
            errors.append(self.page.evaluate("(pixels) => observer.error(pixels)", pixels))
        found.add("text, 3 s after a change", decibels(max(errors)), "dB")

    def measure(self, parts: Collection[str] = PARTS) -> Figures:
        """All that can be measured of any subject, or those parts of it, in one go."""
        found = Figures()
        legs: list[float] = []
        if "keys" in parts:
            legs += self.press("t", "key to pixel, page of text", found)
            legs += self.press("c", "key to pixel, plain colour", found)
        if "sharp" in parts:
            self.sharpness(found)
        if "still" in parts:
            self.still(found)
        if "typing" in parts:
            self.stream("typing", TYPED_A_SECOND, found, "typing")
        if "streams" in parts:
            for fps in (30, 60):
                self.stream("motion", fps, found, f"motion, {fps} drawn")
                self.stream("scroll", fps, found, f"scrolling, {fps} drawn")
        if "keys" in parts:
            self.target.draw("motion", 30)
            self.press("b", "key to pixel, screen in motion", found)
            self.target.draw("still")
        found.spread("input leg", legs, "ms")
        return found
