"""Runs under Wine: the parts of the platform, for tests to ask."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from remotehelp_app.platform.interfaces import Area, Reach

from tests.windows.answering import answer_with, told_of

if sys.platform != "win32":
    raise ImportError("for Windows only")

from remotehelp_app.platform.windows.desktop import WindowsDesktop
from remotehelp_app.platform.windows.event_log import WindowsEventLog
from remotehelp_app.platform.windows.facts import facts
from remotehelp_app.platform.windows.input import WindowsInput
from remotehelp_app.platform.windows.local_use import WindowsLocalUse
from remotehelp_app.platform.windows.notifications import NoNotifier
from remotehelp_app.platform.windows.sign_out import WindowsSignOut
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


def guarded(
    act: str, arguments: dict[str, Any], own_window: int = 0, at_most: int = 1000
) -> list[tuple[bool, bool | None]]:
    """With a gate that lets nothing reach a prompt or a window of ours; gives what it was asked."""
    asked: list[tuple[bool, bool | None]] = []

    def may(reach: Reach) -> bool:
        asked.append((reach.is_prompt, reach.is_ours))
        return len(asked) <= at_most and not reach.is_prompt and not reach.is_ours

    with hands.guarded(may, own_window):
        doers[act](**arguments)
    return asked


def down() -> list[int]:
    """The virtual keys and buttons that are down, whoever holds them."""
    return [number for number in range(1, 255) if user32.GetAsyncKeyState(number) < 0]


def watch() -> None:
    local_use.start(lambda: uses.append(0.0), lambda: None)


doers: dict[str, Callable[..., Any]] = {
    "secure": secure,
    "guarded": guarded,
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
    "log": lambda **entry: WindowsEventLog().write(**entry),
    "read_log": lambda: WindowsEventLog().read(100),
    "log_place": lambda: WindowsEventLog().where(),
    "facts": lambda: asdict(facts()),
    "sign_out": lambda: WindowsSignOut().sign_out(),
    "check_notices": lambda: asyncio.run(NoNotifier().check()),
    "monitors": lambda: [asdict(monitor) for monitor in desktop.monitors()],
    "has_new_shape": desktop.has_new_shape,
    "wait": desktop.wait,
    "pixel": pixel,
    "grab": grab,
    "cursor": lambda: told_of(desktop.cursor()),
    "pointer": desktop.pointer,
    "prompts": lambda: [asdict(area) for area in desktop.prompts()],
    "hidden": lambda: [asdict(area) for area in desktop.hidden()],
}


def main() -> None:
    answer_with(doers)
    hands.close()


if __name__ == "__main__":
    main()
