"""Key press in the helper's page to changed pixel there, over networks that lose and delay.

The picture and the keys go through a line of the tests' own (tests/network.py), at 1080p, as in `bench.device`; the page
sends with the product's own module. Beside each figure stands what the line alone takes in the same run: an echo through it,
asked again every 40 ms until it is answered.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import statistics
import time
from pathlib import Path
from typing import Any

from bench.device import FLAGS, part, quantile, screen
from bench.tables import verdict
from tests.network import Line, Network, network

TRIALS = 50
ROOT = Path(__file__).resolve().parents[1]
WAYS = (
    # loss, round trip, and what product.md 8 asks of the p95
    (0.0, 0.0, (70, 45)),
    (0.02, 0.05, (250, 150)),
    (0.05, 0.2, None),
)
PAGE = """<!doctype html><video muted autoplay playsinline></video><script type="module">
import { InputSender } from "/input.js";
const video = document.querySelector("video");
const sender = new InputSender();
window.answer = async (sdp) => {
  const pc = (window.pc = new RTCPeerConnection());
  pc.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0;
    receiver.playoutDelayHint = 0;
    video.srcObject = new MediaStream([track]);
    video.play();
  };
  const talk = pc.createDataChannel("talk", { negotiated: true, id: 0 });
  sender.use(pc.createDataChannel("input", { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 }));
  talk.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "screen") sender.view = window.view = message.view;
  };
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
};
const canvas = new OffscreenCanvas(8, 8);
const context = canvas.getContext("2d", { willReadFrequently: true });
const isLight = () => {
  context.drawImage(video, 960, 540, 8, 8, 0, 0, 8, 8);
  return context.getImageData(4, 4, 1, 1).data[1] > 128;
};
window.trial = (key) => new Promise((done) => {
  const before = isLight();
  const began = performance.now();
  sender.send(["key", "", key, true, 0]);
  sender.send(["key", "", key, false, 0]);
  const look = () => {
    if (isLight() !== before) done(performance.now() - began);
    else if (performance.now() - began > 10000) done(null);
    else video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  setTimeout(() => done(null), 10000);
});
window.received = async () => {
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp") {
      const { framesDecoded, bytesReceived, keyFramesDecoded, nackCount, pliCount, freezeCount } = report;
      return { framesDecoded, bytesReceived, keyFramesDecoded, nackCount, pliCount, freezeCount };
    }
  }
};
window.isReady = true;
</script>"""


class Rows:
    """A table that is printed while it grows: the ways take minutes."""

    def add(self, cells: list[str]) -> None:
        print(f"{cells[0]:<40} {cells[1]:>16}  {cells[2]}".rstrip(), flush=True)


def through(made: Network, sdp: str) -> tuple[str, Line]:
    """The offer with one candidate only: a line that leads to the device's first."""
    found = re.findall(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*\r\n", sdp, re.MULTILINE)  # fmt: skip
    host, port = found[0]
    line = made.line((host, int(port)))
    kept: list[str] = []
    for row in sdp.splitlines(keepends=True):
        if f" {host} {port} typ host" in row:
            kept.append(row.replace(f" {port} typ", f" {line.port} typ"))
        elif not row.startswith("a=candidate:"):
            kept.append(row)
    return "".join(kept), line


def without_candidates(sdp: str) -> str:
    """The answer: the device learns of the page from what comes through the line."""
    rows = sdp.splitlines(keepends=True)
    return "".join(r for r in rows if not r.startswith(("a=candidate:", "a=end-of-candidates")))


def echoes(made: Network) -> list[float]:
    """What the line alone takes, in ms, there and back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.setblocking(False)
        line = made.line(far.getsockname())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
            near.connect(("127.0.0.1", line.port))
            near.setblocking(False)
            return [_echo(near, far, number) for number in range(TRIALS)]


def _echo(near: socket.socket, far: socket.socket, number: int) -> float:
    began, asked_at = time.perf_counter(), float("-inf")
    question = number.to_bytes(4, "big")
    while True:
        now = time.perf_counter()
        if now > asked_at + 0.04:
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


async def measure(made: Network, display: str, page: Any) -> bool:
    rows = Rows()
    is_good = True
    async with part("target", display) as target, part("device", display) as device:
        await target.heard()
        offer, _line = through(made, (await device.heard())["sdp"])
        answer = await page.evaluate("(sdp) => answer(sdp)", offer)
        device.say({"sdp": without_candidates(answer)})
        await page.wait_for_function(
            "window.view > 0 && document.querySelector('video').videoWidth > 0"
        )
        for loss, trip, limits in WAYS:
            made.way.loss, made.way.trip = loss, trip
            await page.wait_for_timeout(
                3000
            )  # until the picture has become sharp, and the loss is known
            name = f"{loss:.0%} loss, {trip * 1000:.0f} ms"
            alone = await asyncio.to_thread(echoes, made)
            figures = f"{quantile(alone, 0.5):.0f} / {quantile(alone, 0.95):.0f} ms"
            rows.add([f"{name}: the line alone", figures, "there and back"])
            for key, what in (("t", "page of text"), ("c", "plain colour")):
                before = await page.evaluate("received()")
                times = [t for _n in range(TRIALS) if (t := await page.evaluate("(k) => trial(k)", key))]  # fmt: skip
                after = await page.evaluate("received()")
                middle, late = statistics.median(times), quantile(times, 0.95)
                said = "" if limits is None else verdict(late, must=limits[0], aim=limits[1])
                is_good = is_good and (limits is None or late <= limits[0])
                if len(times) < TRIALS:
                    is_good, said = False, f"MISSED: {TRIALS - len(times)} of {TRIALS} never came"
                rows.add([f"{name}: key to pixel, {what}", f"{middle:.0f} / {late:.0f} ms", said])  # fmt: skip
                counts = ", ".join(f"{after[k] - before[k]} {word}" for k, word in (("nackCount", "asked again"), ("pliCount", "key frames asked"), ("freezeCount", "freezes")))  # fmt: skip
                rows.add(["", f"worst {max(times):.0f} ms", counts])
    return is_good


async def run() -> bool:
    from playwright.async_api import async_playwright

    module = (ROOT / "apps/sessions/static/help_sessions/input.js").read_text()
    pages = {"/": (PAGE, "text/html"), "/input.js": (module, "text/javascript")}

    async def serve(route: Any) -> None:
        body, kind = pages.get(route.request.url.removeprefix("http://bench.localhost"), ("", ""))
        await route.fulfill(body=body, content_type=kind or "text/plain")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.route("http://bench.localhost/**", serve)
        await page.goto("http://bench.localhost/")
        await page.wait_for_function("window.isReady")
        with screen() as display, network() as made:
            is_good = await measure(made, display, page)
        await browser.close()
    return is_good


def main() -> int:
    return 0 if asyncio.run(run()) else 1
