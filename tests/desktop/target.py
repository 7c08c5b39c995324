"""A full-screen window that writes down every event that it gets, one JSON line each: what the device's programs see.

python tests/desktop/target.py [x y width height]
"""

from __future__ import annotations

import json
import sys
from typing import Any

from Xlib import X
from Xlib import display as xdisplay

NAMES = {
    X.KeyPress: "key down",
    X.KeyRelease: "key up",
    X.ButtonPress: "down",
    X.ButtonRelease: "up",
    X.MotionNotify: "move",
}


def main(x: int, y: int, width: int, height: int) -> None:
    display = xdisplay.Display()
    screen = display.screen()
    mask = X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask
    window = screen.root.create_window(
        x, y, width, height, 0, screen.root_depth, X.InputOutput,
        background_pixel=0x204060, override_redirect=True,
        event_mask=mask | X.PointerMotionMask | X.ExposureMask,
    )  # fmt: skip
    window.map()
    display.sync()
    is_told = False
    while True:
        event: Any = display.next_event()
        if event.type == X.Expose and not is_told:
            is_told = True
            window.set_input_focus(X.RevertToParent, X.CurrentTime)
            display.sync()
            say({"event": "ready"})
        if event.type in NAMES:
            say(
                {
                    "event": NAMES[event.type],
                    "detail": int(event.detail),
                    "x": event.root_x,
                    "y": event.root_y,
                    "state": event.state,
                    "time": event.time,
                }
            )


def say(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:5])) if len(sys.argv) > 4 else main(0, 0, 1280, 800)
