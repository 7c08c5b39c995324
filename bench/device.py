"""The device app's media and input, into a real Chromium: key press to pixel, input alone, frames, and a still screen.

The app's own session (`session/live.py`) on an X server of the benchmark's own, 1920 x 1080, in a process of its own so that
its processor time is its alone; the helper's browser shares the machine. The page is the benchmark's: what
the site's page adds is measured by `first_picture`. Beside the figures stand the targets of product.md 8.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from bench.processes import ROOT
from bench.tables import table, verdict

SIZE = (1920, 1080)
TRIALS = 50
STILL_FOR = 8.0
MOVING_FOR = 6.0
HERE = Path(__file__).parent
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]
PAGE = """<!doctype html><video muted autoplay playsinline></video><script>
const video = document.querySelector("video");
window.answer = async (sdp) => {
  const pc = (window.pc = new RTCPeerConnection());
  pc.ontrack = ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0;
    receiver.playoutDelayHint = 0;
    video.srcObject = new MediaStream([track]);
    video.play();
  };
  const talk = pc.createDataChannel("talk", { negotiated: true, id: 0 });
  window.input = pc.createDataChannel("input", { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 });
  talk.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "screen") window.view = message.view;
  };
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  if (pc.iceGatheringState !== "complete") {
    await new Promise((done) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
    });
  }
  return pc.localDescription.sdp;
};
const canvas = new OffscreenCanvas(8, 8);
const context = canvas.getContext("2d", { willReadFrequently: true });
const isLight = () => {
  context.drawImage(video, 960, 540, 8, 8, 0, 0, 8, 8);
  return context.getImageData(4, 4, 1, 1).data[1] > 128;
};
let number = 0;
const press = (key) => {
  number += 2;
  const events = [["key", "", key, true, 0], ["key", "", key, false, 0]];
  input.send(JSON.stringify({ view: window.view, n: number - 1, events }));
};
window.trial = (key) => new Promise((done) => {
  const before = isLight();
  const began = performance.now();
  press(key);
  const look = () => {
    if (isLight() !== before) done(performance.now() - began);
    else if (performance.now() - began > 3000) done(null);
    else video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
});
window.acknowledged = () => new Promise((done) => {
  const began = performance.now();
  input.addEventListener("message", () => done(performance.now() - began), { once: true });
  press("n");
});
window.received = async () => {
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp") {
      return { frames: report.framesDecoded, bytes: report.bytesReceived, keys: report.keyFramesDecoded };
    }
  }
};
</script>"""


@contextlib.contextmanager
def screen() -> Iterator[str]:
    reading, writing = os.pipe()
    program = shutil.which("Xvfb") or "Xvfb"
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with open(reading, "rb", buffering=0) as numbers:
        yield f":{numbers.readline().strip().decode()}"
    server.terminate()
    server.wait(10)


class Part:
    """A process of the device: it says and hears lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def heard(self) -> dict[str, Any]:
        if self.process.stdout is None:
            raise RuntimeError("the process was started without a pipe")
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        return dict(json.loads(line))

    def say(self, message: dict[str, Any]) -> None:
        if self.process.stdin is None:
            raise RuntimeError("the process was started without a pipe")
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


@contextlib.asynccontextmanager
async def part(name: str, display: str) -> AsyncIterator[Part]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "device_parts.py"),
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DISPLAY": display, "PYTHONPATH": f"{ROOT}:{ROOT / 'agent'}"},
        limit=1 << 20,
    )
    try:
        yield Part(process)
    finally:
        process.terminate()
        await process.wait()


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


async def measure(display: str, page: Any) -> bool:
    rows: list[list[str]] = []
    is_good: bool = True

    def judge(what: str, value: float, unit: str, must: float, aim: float) -> None:
        nonlocal is_good
        is_good = is_good and value <= must
        rows.append([what, f"{value:.1f} {unit}", verdict(value, must=must, aim=aim)])

    async with part("target", display) as target, part("device", display) as device:
        await target.heard()
        offer = await device.heard()
        device.say({"sdp": await page.evaluate("(sdp) => answer(sdp)", offer["sdp"])})
        await page.wait_for_function(
            "window.view > 0 && document.querySelector('video').videoWidth > 0"
        )
        await page.wait_for_timeout(2000)  # until the picture has become sharp

        for key, what, limits in (
            ("t", "key to pixel, page of text", ((50, 30), (70, 45))),
            ("c", "key to pixel, plain colour", ((30, 20), (45, 25))),
        ):
            times = [
                t for _n in range(TRIALS) if (t := await page.evaluate("(k) => trial(k)", key))
            ]
            if len(times) < TRIALS:
                rows.append([what, f"{TRIALS - len(times)} of {TRIALS} never came", "MISSED"])
                is_good = False
            judge(f"{what}, median", quantile(times, 0.5), "ms", *limits[0])
            judge(f"{what}, p95", quantile(times, 0.95), "ms", *limits[1])
        legs = [await page.evaluate("acknowledged()") for _n in range(TRIALS)]
        rows.append(["event acknowledged, median / p95", f"{quantile(legs, 0.5):.1f} / {quantile(legs, 0.95):.1f} ms", "there and back"])  # fmt: skip

        await page.wait_for_timeout(3000)
        before, used = await page.evaluate("received()"), device.processor_seconds()
        await page.wait_for_timeout(STILL_FOR * 1000)
        after = await page.evaluate("received()")
        still = (after["bytes"] - before["bytes"]) / STILL_FOR / 1000
        judge("still screen, wire", still, "kB/s", 20, 1.5)
        judge("still screen, processor", (device.processor_seconds() - used) / STILL_FOR * 100, "%", 1.5, 0.5)  # fmt: skip

        target.say({"fps": 30})
        await page.wait_for_timeout(1500)
        before, used = await page.evaluate("received()"), device.processor_seconds()
        await page.wait_for_timeout(MOVING_FOR * 1000)
        after = await page.evaluate("received()")
        shown = (after["frames"] - before["frames"]) / MOVING_FOR
        is_good = is_good and shown >= 28
        rows.append(["30 drawn, shown", f"{shown:.1f} fps", "target reached" if shown >= 28 else "MISSED (must >= 28)"])  # fmt: skip
        judge("30 fps, processor", (device.processor_seconds() - used) / MOVING_FOR * 100, "%", 50, 35)  # fmt: skip
        judge("30 fps, wire", (after["bytes"] - before["bytes"]) / MOVING_FOR / 1000, "kB/s", 1000, 900)  # fmt: skip
        judge("memory, without the window", device.memory_mib(), "MiB", 120, 90)
    print(table(["what", "found", "against the target"], rows))
    return is_good


async def run() -> bool:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.route(
            "http://bench.localhost/",
            lambda route: route.fulfill(body=PAGE, content_type="text/html"),
        )
        await page.goto("http://bench.localhost/")
        with screen() as display:
            is_good = await measure(display, page)
        await browser.close()
    return is_good


def main() -> int:
    return 0 if asyncio.run(run()) else 1
