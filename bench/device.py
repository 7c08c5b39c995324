"""A helper's session page with a device in full control: how soon, how smooth, how sharp, and at what cost.

The real site, the device app in its window on a 1920 x 1080 X server with a window manager, and the site's own
session page in a real Chromium, all on this machine. Key presses are the browser's own; what came of them is read
from the picture in the page. Beside the figures stand the targets of product.md, section 8.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figures, Target, compare, quantile
from bench.observing import PARTS, Subject, target_program
from bench.processes import Noise, family_memory
from bench.site import demo_site

if TYPE_CHECKING:
    from tests.browser.conftest import Site
    from tests.desktop.desk import Desktop

SIZE = (1920, 1080)
RELOADS = 5
MEMORY_MINUTES = 1.0
_WARM, _TURN = 15.0, 4.0  # seconds
PATIENCE = 20_000  # ms
VIDEO = "[data-video]"

TARGETS = {
    "key to pixel, page of text, median": Target(50, 30),
    "key to pixel, page of text, p95": Target(70, 45),
    "key to pixel, plain colour, median": Target(30, 20),
    "key to pixel, plain colour, p95": Target(45, 25),
    "key to pixel, screen in motion, median": Target(52, 40),
    "key to pixel, screen in motion, p95": Target(83, 52),
    "input leg, median": Target(4, 1.5),
    "input leg, p95": Target(12, 3),
    "motion, 30 drawn, shown": Target(28, 29.8, is_more_better=True),
    "motion, 60 drawn, shown": Target(45, 57, is_more_better=True),
    "scrolling, 30 drawn, shown": Target(28, 29.8, is_more_better=True),
    "scrolling, 60 drawn, shown": Target(45, 57, is_more_better=True),
    "motion, 30 drawn, device CPU": Target(50, 35),
    "typing, device CPU": Target(15, 8),
    "still screen, device CPU": Target(1.5, 0.5),
    "motion, 30 drawn, wire": Target(1000, 900),
    "still screen, wire": Target(20, 1.5),
    "text, 3 s after a change": Target(46, 50, is_more_better=True),
    "page opened to first picture, median": Target(1.0, 0.7),
    "device app, memory": Target(120, 90),
    "device app, memory, growth": Target(4, 1),
}
# Held from before the page's own scripts run.
_FIRST_FRAME = """
  new MutationObserver((changes, watching) => {
    const video = document.querySelector("[data-video]");
    if (!video) return;
    watching.disconnect();
    video.requestVideoFrameCallback((now, frame) => (window.firstFrame = frame.expectedDisplayTime));
  }).observe(document, { childList: true, subtree: true });
"""
_RECEIVED = """async () => {
  const reports = await window.seen.peers.at(-1).getStats();
  return [...reports.values()].find((report) => report.type === "transport").bytesReceived;
}"""
_FIRST_FRAME_CAME = """() => new Promise((done) => {
  const look = () => (window.firstFrame ? done(window.firstFrame) : setTimeout(look, 10));
  look();
})"""


@contextmanager
def shown(
    site: Site, device: Desktop, server: str = "", options: Sequence[str] = ()
) -> Iterator[Subject]:
    """From two signed-in people to full control, with the target on the device's screen. `server` is where the device
    finds the site, if not where everybody does; `options` are those of its app."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import QUIET, Desk
    from tests.desktop.steps import go_live, sign_in

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        try:
            desk = Desk(site)
            app = sign_in(device, desk, browser, server=server, options=options)
            helper = desk.page(browser, "helper")
            helper.context.add_init_script(_FIRST_FRAME)
            go_live(device, helper, "Full control")
            with target_program(device.env) as target:
                yield Subject(
                    page=helper,
                    selector=VIDEO,
                    target=target,
                    display=device.display,
                    device=app.pid,
                    wire=lambda: float(helper.evaluate(_RECEIVED)),
                )
        finally:
            browser.close()


@contextmanager
def session() -> Iterator[Subject]:
    """With nothing between the two but this machine."""
    from tests.desktop.desk import desktop

    with (
        tempfile.TemporaryDirectory(prefix="remotehelp-") as folder,
        demo_site() as site,
        desktop(Path(folder), SIZE) as device,
        shown(site, device) as subject,
    ):
        yield subject


def ready(subject: Subject) -> None:
    """The picture is there and the page has the keyboard."""
    page: Any = subject.page
    page.locator("body[data-state=active]").wait_for(state="attached", timeout=PATIENCE)
    page.locator("[data-screen][role=application]").wait_for(timeout=PATIENCE)
    page.evaluate(_FIRST_FRAME_CAME)
    subject.observe()
    page.locator("[data-screen]").focus()


def first_pictures(subject: Subject, found: Figures) -> None:
    """Somebody opens the page of a session that runs already."""
    times = []
    for _reload in range(RELOADS):
        subject.page.reload()
        times.append(subject.page.evaluate(_FIRST_FRAME_CAME) / 1000)
        ready(subject)
        subject.page.wait_for_timeout(1000)
    found.add("page opened to first picture, median", quantile(times, 0.5), "s")
    found.add("page opened to first picture, longest", max(times), "s")


def memory(subject: Subject, found: Figures, minutes: float) -> None:
    """Through all that a session does, in turns, for so long."""
    turns = [("motion", 30), ("scroll", 30), ("typing", 8), ("still", 0)]
    took: list[tuple[float, float]] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < _WARM + minutes * 60:
        subject.target.draw(*turns[len(took) % len(turns)])
        subject.page.wait_for_timeout(_TURN * 1000)
        subject.page.keyboard.press("t")
        took.append((passed, family_memory(subject.device)))
    subject.target.draw("still")
    warm = [mib for passed, mib in took if passed >= _WARM]
    third = max(1, len(warm) // 3)
    growth = quantile(warm[-third:], 0.5) - quantile(warm[:third], 0.5)
    found.add(f"device app, memory, most in {minutes:g} min", max(warm), "MiB")
    found.add("device app, memory, growth", growth, "MiB")


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench device", description=__doc__)
    every = [*PARTS, "first", "memory"]
    parser.add_argument("--only", nargs="+", choices=every, help="these parts alone")
    parser.add_argument(
        "--minutes", type=float, default=MEMORY_MINUTES, help="how long memory is watched"
    )
    given = parser.parse_args(arguments)
    parts = given.only or every
    began = time.monotonic()
    with session() as subject:
        noise = Noise()
        ready(subject)
        found = subject.measure(parts)
        if "first" in parts:
            first_pictures(subject, found)
        if "memory" in parts:
            memory(subject, found, given.minutes)
        found.add("device app, memory", family_memory(subject.device), "MiB")
        others = noise.share()
    is_whole = {*every} <= {*parts}
    wanted = TARGETS if is_whole else {w: t for w, t in TARGETS.items() if w in found.values}
    text, missed = compare(found, wanted, {})
    print(text)
    print(f"\nTargets missed: {', '.join(missed) or 'none'}.")
    print(f"Others used {others:.0f} % of this machine meanwhile. ({time.monotonic() - began:.0f} s.)")  # fmt: skip
    return 1 if missed else 0
