"""What people would use instead, beside ours in the same run: TigerVNC with noVNC, and selkies.

On the same target, read in the same browser in the same way. They come without a session, a permission or a person who
consents: only the picture and the input are compared. A peer that is not installed is named, with how to get it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import device
from bench.figures import Figures, compare
from bench.observing import PARTS, Subject, target_program
from bench.processes import START_LIMIT, Noise, family_memory, free_port, listens

if TYPE_CHECKING:
    from playwright.sync_api import Page

NOVNC = Path("/usr/share/novnc")
SETTLED = 2000  # ms after the first picture
# Whichever element is as large as the screen is marked.
_SHOWN = """([width, height]) => [...document.querySelectorAll("video, canvas")].some((shown) => {
  const isIt = (shown.videoWidth ?? shown.width) === width && (shown.videoHeight ?? shown.height) === height;
  if (isIt) shown.dataset.shown = "";
  return isIt;
})"""
_RECEIVED = """async () => {
  let sum = 0;
  for (const peer of window.seen.peers) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "transport") sum += report.bytesReceived;
    }
  }
  return sum;
}"""


@dataclass(frozen=True, slots=True)
class Running:
    """A peer that shows its display: what to open, which process does it, and how many bytes have reached the page."""

    address: str
    process: int
    wire: Callable[[Page], float]


@dataclass(frozen=True, slots=True)
class Peer:
    """One that may be installed; `missing` says how to get what is not there."""

    name: str
    missing: Callable[[], str]
    run: Callable[[str, ExitStack], Running]


def _start(stack: ExitStack, env: dict[str, str], port: int, *command: str) -> int:
    """Runs until the stack ends; returns when it answers on that port."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, stdout=silent, stderr=silent)

    def end() -> None:
        process.terminate()
        process.wait(10)

    stack.callback(end)
    deadline = time.monotonic() + START_LIMIT
    while not listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{command[0]} does not start")
        time.sleep(0.1)
    return process.pid


def _sent_from(port: int) -> float:
    """Bytes that TCP connections of this port have carried to their other ends (`ss` of iproute2)."""
    command = ["ss", "-tinH", "sport", "=", f":{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(sum(int(word.split(":")[1]) for word in told if word.startswith("bytes_acked:")))


def _vnc_missing() -> str:
    there = shutil.which("X0tigervnc") and shutil.which("websockify") and NOVNC.is_dir()
    return "" if there else "apt-get install tigervnc-scraping-server websockify novnc"


def _vnc(display: str, stack: ExitStack) -> Running:
    env = {**os.environ, "DISPLAY": display}
    screen, page = free_port(), free_port()
    server = _start(
        stack, env, screen,
        "X0tigervnc", "-display", display, "-rfbport", str(screen), "-SecurityTypes", "None", "-localhost",
    )  # fmt: skip
    _start(stack, env, page, "websockify", "--web", str(NOVNC), str(page), f"127.0.0.1:{screen}")
    address = f"http://127.0.0.1:{page}/vnc.html?autoconnect=true&resize=off"
    return Running(address, server, lambda _page: _sent_from(page))


def _selkies_missing() -> str:
    return "" if shutil.which("selkies") else "pip install selkies, with its `selkies` on the PATH"


def _selkies(display: str, stack: ExitStack) -> Running:
    home = stack.enter_context(tempfile.TemporaryDirectory(prefix="remotehelp-"))
    env = {**os.environ, "DISPLAY": display, "HOME": home}
    port = free_port()
    width, height = device.SIZE
    process = _start(
        stack, env, port,
        "selkies", "--addr", "127.0.0.1", "--port", str(port), "--mode", "webrtc", "--enable-basic-auth=false",
        "--audio-enabled=false", "--is-manual-resolution-mode=true",
        f"--manual-width={width}", f"--manual-height={height}",
    )  # fmt: skip

    def wire(page: Page) -> float:
        return float(page.evaluate(_RECEIVED))

    return Running(f"http://127.0.0.1:{port}/", process, wire)


PEERS = (
    Peer("TigerVNC + noVNC", _vnc_missing, _vnc),
    Peer("selkies (WebRTC)", _selkies_missing, _selkies),
)


@contextmanager
def showing(peer: Peer) -> Iterator[Subject]:
    """The peer on an X server of its own with the target, and a page that shows it."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import OBSERVE, QUIET
    from tests.desktop.desk import window_manager, x_server

    with ExitStack() as stack:
        display = stack.enter_context(x_server(device.SIZE))
        stack.enter_context(window_manager(display))
        running = peer.run(display, stack)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        stack.callback(browser.close)
        width, height = device.SIZE
        page: Any = browser.new_page(viewport={"width": width, "height": height}, bypass_csp=True)
        page.add_init_script(OBSERVE)
        target = stack.enter_context(target_program({**os.environ, "DISPLAY": display}))
        page.goto(running.address)
        page.wait_for_function(_SHOWN, arg=[width, height], timeout=device.PATIENCE)
        page.wait_for_timeout(SETTLED)
        page.mouse.click(width // 2, height // 2)  # to give it the keyboard
        subject = Subject(
            page=page,
            selector="[data-shown]",
            target=target,
            display=display,
            device=running.process,
            wire=lambda: running.wire(page),
        )
        subject.observe()
        yield subject


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts alone")
    parts = parser.parse_args(arguments).only or list(PARTS)
    noise, columns = Noise(), dict[str, Figures]()
    for peer in PEERS:
        if missing := peer.missing():
            print(f"{peer.name} is not installed, so it was not measured ({missing}).")
            continue
        with showing(peer) as subject:
            columns[peer.name] = subject.measure(parts)
            columns[peer.name].add("device app, memory", family_memory(subject.device), "MiB")
    with device.session() as subject:
        device.ready(subject)
        ours = subject.measure(parts)
        ours.add("device app, memory", family_memory(subject.device), "MiB")
    targets = {what: aim for what, aim in device.TARGETS.items() if what in ours.values}
    text, missed = compare(ours, targets, columns)
    print(text)
    print(f"\nTargets missed by ours: {', '.join(missed) or 'none'}.")
    print(f"Others used {noise.share():.0f} % of this machine meanwhile.")
    return 1 if missed else 0
