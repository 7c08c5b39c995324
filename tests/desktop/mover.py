"""A window whose picture moves and never repeats: what a video costs the most bits.

python tests/desktop/mover.py x y width height
"""

from __future__ import annotations

import random
import sys
import time

from Xlib import X
from Xlib import display as xdisplay

FRAMES_PER_SECOND = 25
EDGE = 16


def main(x: int, y: int, width: int, height: int) -> None:
    display = xdisplay.Display()
    screen = display.screen()
    window = screen.root.create_window(
        x, y, width, height, 0, screen.root_depth, X.InputOutput,
        background_pixel=0, override_redirect=True,
    )  # fmt: skip
    window.map()
    pen, dice = window.create_gc(), random.Random(3)  # noqa: S311 the same picture in every run
    while True:
        for _square in range(400):
            pen.change(foreground=dice.getrandbits(24))
            left, top = dice.randrange(width // EDGE), dice.randrange(height // EDGE)
            window.fill_rectangle(pen, left * EDGE, top * EDGE, EDGE, EDGE)
        display.flush()
        time.sleep(1 / FRAMES_PER_SECOND)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:5]))
