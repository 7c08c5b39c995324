"""Runs under Wine: the parts of the platform, for tests to ask."""

from __future__ import annotations

import ctypes
import sys
import threading
from dataclasses import asdict
from typing import Any

from remotehelp_app.platform.interfaces import Area

from tests.windows.answering import answer_with

if sys.platform != "win32":
    raise ImportError("for Windows only")

from remotehelp_app.platform.windows.desktop import WindowsDesktop
from remotehelp_app.platform.windows.windows import has_secure_desktop

stands_in = threading.Event()
desktop = WindowsDesktop(lambda: stands_in.is_set() or has_secure_desktop())


def pixel(x: int, y: int) -> list[int]:
    """Red, green and blue, out of a picture of 2 x 2."""
    address, stride = desktop.grab(Area(x, y, 2, 2))
    assert stride >= 8
    return [*ctypes.string_at(address, 3)][::-1]


def cursor() -> dict[str, Any] | None:
    found = desktop.cursor()
    if found is None:
        return None
    clear = sum(alpha == 0 for alpha in found.rgba[3::4])
    return {**asdict(found), "rgba": len(found.rgba), "clear": clear}


def grab(x: int, y: int, width: int, height: int) -> int:
    """The bytes in a row."""
    return desktop.grab(Area(x, y, width, height))[1]


def secure(*, is_there: bool) -> None:
    """As if the secure desktop were there, which Wine has not."""
    stands_in.set() if is_there else stands_in.clear()


def main() -> None:
    answer_with(
        {
            "secure": secure,
            "monitors": lambda: [asdict(monitor) for monitor in desktop.monitors()],
            "has_new_shape": desktop.has_new_shape,
            "wait": desktop.wait,
            "pixel": pixel,
            "grab": grab,
            "cursor": cursor,
            "pointer": desktop.pointer,
            "prompts": lambda: [asdict(area) for area in desktop.prompts()],
            "hidden": lambda: [asdict(area) for area in desktop.hidden()],
        }
    )


if __name__ == "__main__":
    main()
