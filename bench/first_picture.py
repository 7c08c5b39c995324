"""From the press on *Allow* to the first frame on the helper's page, in two real Chromium browsers.

Beside it the floor in the same browser and run: the same screen captured and shown through two connections
within one page, without a site, a person or a network between. What is left is ours.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.site import PATIENCE, demo_site
from bench.tables import table, verdict

if TYPE_CHECKING:
    from tests.browser.conftest import Site

RUNS = 10
SCREEN = "1920x1080x24"

# When the press came, and when the first frame of a video was painted; both in ms since 1970.
WATCH = """
  window.bench = { pressed: 0, painted: 0 };
  const at = (now) => performance.timeOrigin + now;
  addEventListener("click", (event) => {
    if (event.target.closest("[data-allow]")) window.bench.pressed = at(event.timeStamp);
  }, { capture: true });
  const known = new WeakSet();
  new MutationObserver(() => {
    const video = document.querySelector("video");
    if (!video || known.has(video)) return;
    known.add(video);
    video.requestVideoFrameCallback((now, frame) => {
      window.bench.painted = at(frame.expectedDisplayTime);
    });
  }).observe(document, { childList: true, subtree: true });
"""
# As capture.js and peer.js do it, in one page.
FLOOR = """async () => {
  const began = performance.now();
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 30, max: 60 }, cursor: "always" }, audio: false,
  });
  const captured = performance.now();
  const [track] = stream.getVideoTracks();
  track.contentHint = "detail";
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate ?? undefined);
  to.onicecandidate = ({ candidate }) => from.addIceCandidate(candidate ?? undefined);
  const video = document.createElement("video");
  Object.assign(video, { muted: true, autoplay: true });
  document.body.replaceChildren(video);
  const painted = new Promise((resolve) =>
    video.requestVideoFrameCallback((now, frame) => resolve(frame.expectedDisplayTime)));
  to.ontrack = ({ streams }) => { video.srcObject = streams[0]; };
  from.addTrack(track, stream);
  const isH264 = (codec) => codec.mimeType.toLowerCase() === "video/h264";
  const { codecs } = RTCRtpSender.getCapabilities("video");
  from.getTransceivers()[0].setCodecPreferences(
    [...codecs.filter(isH264), ...codecs.filter((c) => !isH264(c))]);
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription);
  const seen = await painted;
  track.stop();
  from.close();
  to.close();
  return [captured - began, seen - began];
}"""


@dataclass
class Times:
    """Milliseconds of each run."""

    capture: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    allow: list[float] = field(default_factory=list)
    reopened: list[float] = field(default_factory=list)


def _p95(found: list[float]) -> float:
    return sorted(found)[max(0, -(-len(found) * 95 // 100) - 1)]


@contextlib.contextmanager
def _display() -> Iterator[None]:
    """An X screen of our own."""
    program = shutil.which("Xvfb")
    if program is None:
        raise SystemExit("Xvfb is missing: apt-get install xvfb")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with open(reading, "rb", buffering=0) as numbers:
            os.environ["DISPLAY"] = f":{numbers.readline().decode().strip()}"
        yield
    finally:
        process.terminate()
        process.wait()


def _painted(page: Any) -> float:
    page.wait_for_function("window.bench?.painted > 0", timeout=PATIENCE * 1000)
    return float(page.evaluate("window.bench.painted"))


def _run_once(helper: Any, sharer: Any, stage: Any, times: Times) -> None:
    from tests.browser.steps import ask_to_view, introduce

    capture, floor = stage.evaluate(FLOOR)
    times.capture.append(capture)
    times.floor.append(floor)
    introduce(helper, sharer)
    ask_to_view(helper)
    sharer.get_by_role("button", name="Allow", exact=True).click()
    painted = _painted(helper)
    times.allow.append(painted - float(sharer.evaluate("window.bench.pressed")))
    helper.locator("body[data-state=active]").wait_for(state="attached")
    # Somebody who opens the page of a session that runs already.
    helper.reload()
    times.reopened.append(_painted(helper) - float(helper.evaluate("performance.timeOrigin")))
    helper.get_by_role("button", name="Leave").click()
    helper.locator("[data-ended]").wait_for()


def measure(site: Site, runs: int) -> Times:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import QUIET, Desk

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        start = playwright.chromium.launch
        shows = [*QUIET, "--auto-select-desktop-capture-source=Entire screen"]
        seeing = start(executable_path=chromium, args=QUIET)
        showing = start(executable_path=chromium, args=shows, headless=False)
        desk = Desk(site)
        options: dict[str, Any] = {"no_viewport": True, "viewport": None}
        # `bypass_csp` lets us wait for a condition in the page; nothing of the page depends on it.
        helper = desk.page(seeing, "helper", bypass_csp=True)
        sharer = desk.page(showing, "sharer", bypass_csp=True, **options)
        for page in (helper, sharer):
            page.context.add_init_script(WATCH)
        stage = showing.new_context(bypass_csp=True, **options).new_page()
        stage.goto(f"{site.url}/accounts/login/")
        _run_once(helper, sharer, stage, Times())  # warm
        times = Times()
        for _ in range(runs):
            _run_once(helper, sharer, stage, times)
        seeing.close()
        showing.close()
    return times


def main() -> int:
    began = time.monotonic()
    with _display(), demo_site() as site:
        times = measure(site, RUNS)
    rows = [
        [name, f"{median(found):.0f}", f"{_p95(found):.0f}", f"{min(found):.0f}"]
        for name, found in (
            ("choosing the screen alone", times.capture),
            ("floor: captured and shown within one page", times.floor),
            ("press on Allow to first picture", times.allow),
            ("session page opened to first picture", times.reopened),
        )
    ]
    print(table(["ms", "median", "p95", "lowest"], rows))
    print()
    ratio = median(times.allow) / median(times.floor)
    print(f"Press on Allow to first picture against the floor: {ratio:.2f}.")
    allow, reopened = _p95(times.allow) / 1000, median(times.reopened) / 1000
    print(f"Press to picture, p95: {allow:.2f} s: {verdict(allow, must=3, aim=3)}")
    print(f"Page to picture, median: {reopened:.2f} s: {verdict(reopened, must=1, aim=0.7)}")
    print(f"({len(times.allow)} runs, {SCREEN} screen; {time.monotonic() - began:.0f} s.)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
