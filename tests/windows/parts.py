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
from remotehelp_app.platform.windows.input import WindowsInput
from remotehelp_app.platform.windows.local_use import WindowsLocalUse
from remotehelp_app.platform.windows.win32 import user32
from remotehelp_app.platform.windows.windows import has_secure_desktop

stands_in = threading.Event()
desktop = WindowsDesktop(lambda: stands_in.is_set() or has_secure_desktop())
hands = WindowsInput()
uses: list[float] = []
local_use = WindowsLocalUse()


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


def tap(code: str, key: str, modifiers: int = 0) -> None:
    hands.key(code, key, is_down=True, modifiers=modifiers)
    hands.key(code, key, is_down=False, modifiers=modifiers)


def type_each(text: str) -> None:
    """As a helper's page says it who types it on an American keyboard."""
    for character in text:
        tap("", character, int(character.isupper()))


def click(x: int, y: int, button: int = 0) -> None:
    hands.move(x, y)
    hands.button(button, is_down=True)
    hands.button(button, is_down=False)


def down() -> list[int]:
    """The virtual keys and buttons that are down, whoever holds them."""
    return [number for number in range(1, 255) if user32.GetAsyncKeyState(number) < 0]


def watch() -> None:
    local_use.start(lambda: uses.append(0.0))


def main() -> None:
    answer_with(
        {
            "secure": secure,
            "tap": tap,
            "type_each": type_each,
            "text": hands.text,
            "key": hands.key,
            "move": hands.move,
            "button": hands.button,
            "wheel": hands.wheel,
            "click": click,
            "has_focus": hands.has_focus,
            "attention": hands.attention,
            "release_all": hands.release_all,
            "down": down,
            "watch": watch,
            "uses": lambda: len(uses),
            "unwatch": local_use.stop,
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
    hands.close()


if __name__ == "__main__":
    main()
