"""The processes of `bench.device`: the device app's session, and a program that draws when a key is pressed.

python bench/device_parts.py device | target
"""

from __future__ import annotations

import asyncio
import json
import random
import select
import sys
import time
from typing import Any

LINES, WORDS = 60, 22


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def device() -> None:
    """Offers, is answered, and shows and controls the screen until it is ended."""
    from remotehelp_app.platform.system import this_system
    from remotehelp_app.session.live import Live, LiveListener

    sys.setswitchinterval(0.0005)
    attempts: list[int] = []

    def signal(message: dict[str, Any]) -> None:
        attempts.append(message["attempt"])
        say(message)

    def nothing(*values: object) -> None:
        """The benchmark looks at the page, not at what the window is told."""

    live = Live(
        this_system(),
        "full_control",
        LiveListener(signal, nothing, nothing, nothing, nothing, nothing, nothing),
    )
    await live.start([])
    answer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    await live.peer.answered(attempts[-1], answer["sdp"])
    await asyncio.Event().wait()


class Target:
    """A full-screen window: `t` turns a page of text over, `c` a plain colour; {"fps": 30} keeps it moving."""

    def __init__(self) -> None:
        from Xlib import X
        from Xlib import display as xdisplay

        self.x = X
        self.display = xdisplay.Display()
        screen = self.display.screen()
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        self.window = screen.root.create_window(
            0, 0, self.width, self.height, 0, screen.root_depth, X.InputOutput,
            background_pixel=0, override_redirect=True, event_mask=X.KeyPressMask | X.ExposureMask,
        )  # fmt: skip
        self.window.map()
        self.context = self.window.create_gc(foreground=0xFFFFFF, background=0)
        self.rng = random.Random(7)  # noqa: S311 the same text in every run
        self.is_light, self.fps, self.shift, self.next_at = False, 0.0, 0, 0.0

    def turn(self, *, is_text: bool) -> None:
        self.is_light = not self.is_light
        paper, ink = (0xF0F0F0, 0x101010) if self.is_light else (0x101010, 0xF0F0F0)
        self.context.change(foreground=paper)
        self.window.fill_rectangle(self.context, 0, 0, self.width, self.height)
        self.context.change(foreground=ink)
        for line in range(LINES if is_text else 0):
            words = " ".join(f"{self.rng.randrange(1 << 24):06x}" for _word in range(WORDS))
            if not 530 < line * 18 < 560:  # where the page looks, there is paper only
                self.window.poly_text(self.context, 10, line * 18 + 14, [words.encode()])
        self.display.flush()

    def step(self) -> None:
        self.shift = (self.shift + 13) % 400
        for stripe in range(0, self.width, 400):
            self.context.change(foreground=(self.shift * 40503 + stripe * 77) & 0xFFFFFF)
            place = (stripe + self.shift) % self.width
            self.window.fill_rectangle(self.context, place, 0, 200, self.height)
        self.display.flush()

    def take(self, event: Any) -> None:
        if event.type == self.x.Expose:
            self.window.set_input_focus(self.x.RevertToParent, self.x.CurrentTime)
            self.display.sync()
            say({"ready": True})
        elif event.type == self.x.KeyPress:
            key = self.display.keycode_to_keysym(event.detail, 0)
            if key in (ord("t"), ord("c")):
                self.turn(is_text=key == ord("t"))

    def run(self) -> None:
        while True:
            while self.display.pending_events():
                self.take(self.display.next_event())
            wait = max(0.0, self.next_at - time.monotonic()) if self.fps else None
            ready, _out, _bad = select.select([self.display.fileno(), sys.stdin], [], [], wait)
            if sys.stdin in ready:
                self.fps = float(json.loads(sys.stdin.readline())["fps"])
                self.next_at = time.monotonic()
            if self.fps and time.monotonic() >= self.next_at:
                self.next_at += 1 / self.fps
                self.step()


if __name__ == "__main__":
    if sys.argv[1] == "device":
        asyncio.run(device())
    else:
        Target().run()
