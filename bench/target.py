"""The program on the shared desktop: a full-screen window that draws what it is told to, and says when.

    python -m bench.target

Reads lines of JSON (`{"draw": "motion", "fps": 30}`; "still" ends it) and writes lines of JSON: `{"ready": true}`,
`{"key": "t", "at": ms}` for a key that came, `{"frame": 7, "at": ms}` for a picture that was drawn; times since 1970.

Keys: `t` turns a page of text over, `c` a plain colour, `b` the block in the middle alone, whatever moves around it.
Each numbered picture carries its number as black and white squares on the lower edge (bench/observer.js reads them).
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
import time
from typing import Any

LINES, WORDS, LINE_HEIGHT = 60, 22, 18
SQUARE, BITS = 40, 16
BLOCK = 200
PAPER, INK = 0xF0F0F0, 0x101010
TILE, SPRITE, SPRITES = 24, 160, 10
_STEP = 13  # pixels a frame


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def now() -> float:
    return time.time() * 1000


class Target:
    """One window. Everything that moves is copied within the X server, so drawing costs this process little."""

    def __init__(self) -> None:
        from Xlib import X
        from Xlib import display as xdisplay

        self.x = X
        self.display = xdisplay.Display()
        screen = self.display.screen()
        self.depth = screen.root_depth
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        self.window = screen.root.create_window(
            0, 0, self.width, self.height, 0, self.depth, X.InputOutput,
            background_pixel=PAPER, override_redirect=True, event_mask=X.KeyPressMask | X.ExposureMask,
        )  # fmt: skip
        self.context = self.window.create_gc(foreground=INK, background=PAPER, graphics_exposures=0)
        self.random = random.Random(7)  # noqa: S311 the same pictures in every run
        self.pages = [self._text_page(PAPER, INK), self._text_page(INK, PAPER)]
        self.scenery = self._scenery()
        self.long_page = self._text_page(PAPER, INK, height=2 * self.height)
        self.is_light, self.is_block_light = True, False
        self.draw, self.fps, self.number, self.next_at = "still", 0.0, 0, 0.0
        self.begun_line = b""
        self.window.map()
        self.display.flush()

    # --- pictures that are made once -------------------------------------------------------------

    def _text_page(self, paper: int, ink: int, height: int = 0) -> Any:
        height = height or self.height
        page = self.window.create_pixmap(self.width, height, self.depth)
        self.context.change(foreground=paper)
        page.fill_rectangle(self.context, 0, 0, self.width, height)
        self.context.change(foreground=ink)
        for y in range(0, height - LINE_HEIGHT, LINE_HEIGHT):
            if abs(y + LINE_HEIGHT / 2 - self.height / 2) < 2 * LINE_HEIGHT:
                continue  # where the page looks, there is paper only
            words = " ".join(f"{self.random.randrange(1 << 24):06x}" for _word in range(WORDS))
            page.poly_text(self.context, 10, y + 14, [words.encode()])
        self.display.flush()
        return page

    def _scenery(self) -> Any:
        """Twice as wide as the screen: soft colours in small tiles, so that it is neither flat nor noise."""
        wide = self.window.create_pixmap(2 * self.width, self.height, self.depth)
        for left in range(0, 2 * self.width, TILE):
            for top in range(0, self.height, TILE):
                red = 128 + 90 * left // (2 * self.width) + self.random.randrange(24)
                green = 60 + 120 * top // self.height + self.random.randrange(24)
                blue = 100 + self.random.randrange(60)
                self.context.change(foreground=red << 16 | green << 8 | blue)
                wide.fill_rectangle(self.context, left, top, TILE, TILE)
            self.display.flush()
        return wide

    # --- drawing ---------------------------------------------------------------------------------

    def turn(self, *, is_text: bool) -> None:
        self.is_light = not self.is_light
        if is_text:
            self._copy(self.pages[0 if self.is_light else 1], 0, 0, 0, 0, self.width, self.height)
        else:
            self._fill(PAPER if self.is_light else INK, 0, 0, self.width, self.height)
        self.display.flush()

    def block(self) -> None:
        self._fill(PAPER if self.is_block_light else INK, *self._block_area())

    def _block_area(self) -> tuple[int, int, int, int]:
        return (self.width - BLOCK) // 2, (self.height - BLOCK) // 2, BLOCK, BLOCK

    def _fill(self, colour: int, *area: int) -> None:
        self.context.change(foreground=colour)
        self.window.fill_rectangle(self.context, *area)

    def _copy(self, picture: Any, x: int, y: int, to_x: int, to_y: int, width: int, height: int) -> None:  # fmt: skip
        self.window.copy_area(self.context, picture, x, y, width, height, to_x, to_y)

    def step(self) -> None:
        """The next picture of what moves, and its number."""
        self.number += 1
        {"motion": self._move, "scroll": self._scroll, "typing": self._type}[self.draw]()
        if self.draw != "typing":
            self.block()
        self._write_number()
        self.display.flush()
        say({"frame": self.number, "at": now()})

    def _move(self) -> None:
        """The scenery passes by while things cross it in other directions."""
        shift = self.number * _STEP % self.width
        self._copy(self.scenery, shift, 0, 0, 0, self.width, self.height)
        for sprite in range(SPRITES):
            x = (sprite * 397 + self.number * (5 + 3 * sprite)) % (self.width - SPRITE)
            y = (sprite * 211 + self.number * (11 - 2 * sprite)) % (self.height - SPRITE)
            self._copy(self.long_page, 10 + sprite * SPRITE, 0, x, y, SPRITE, SPRITE)

    def _scroll(self) -> None:
        self._copy(self.long_page, 0, self.number * _STEP % self.height, 0, 0, self.width, self.height)  # fmt: skip

    def _type(self) -> None:
        """One more letter in a line of its own."""
        place = self.number % 180
        if place == 0:
            self._fill(PAPER, 0, 900, self.width, LINE_HEIGHT)
        self.context.change(foreground=INK)
        letter = chr(ord("a") + self.number % 26)
        self.window.poly_text(self.context, 10 + place * 9, 914, [letter.encode()])

    def _write_number(self) -> None:
        for bit in range(BITS):
            is_set = self.number >> bit & 1
            self._fill(PAPER if is_set else INK, bit * SQUARE, self.height - SQUARE, SQUARE, SQUARE)

    # --- being told ------------------------------------------------------------------------------

    def _event(self, event: Any) -> None:
        if event.type == self.x.Expose:
            self.window.set_input_focus(self.x.RevertToParent, self.x.CurrentTime)
            self.turn(is_text=True)
            self.display.sync()
            say({"ready": True})
        elif event.type == self.x.KeyPress:
            at = now()
            key = chr(self.display.keycode_to_keysym(event.detail, 0) & 0xFF)
            if key in ("t", "c"):
                self.turn(is_text=key == "t")
            elif key == "b":
                self.is_block_light = not self.is_block_light
                self.block()
                self.display.flush()
            say({"key": key, "at": at})

    def _orders(self) -> bool:
        """Takes those that came; False when there will be no more. Not by `readline`, whose buffer hides a second one."""
        came = os.read(0, 65536)
        *lines, self.begun_line = (self.begun_line + came).split(b"\n")
        for line in lines:
            self._order(json.loads(line))
        return bool(came)

    def _order(self, order: dict[str, Any]) -> None:
        self.draw, self.fps = order["draw"], float(order.get("fps", 0))
        self.next_at = time.monotonic()
        if self.draw == "typing":
            self.is_light = True
            self._copy(self.pages[0], 0, 0, 0, 0, self.width, self.height)

    def run(self) -> None:
        while True:
            while self.display.pending_events():
                self._event(self.display.next_event())
            wait = max(0.0, self.next_at - time.monotonic()) if self.fps else None
            ready, _out, _bad = select.select([self.display.fileno(), 0], [], [], wait)
            if 0 in ready and not self._orders():
                return
            if self.fps and time.monotonic() >= self.next_at:
                self.next_at += 1 / self.fps
                self.step()


if __name__ == "__main__":
    Target().run()
