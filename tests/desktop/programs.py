"""Programs on the device that keep what was typed into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import until

if TYPE_CHECKING:
    from tests.desktop.desk import Desktop


class Terminal:
    """xterm with a program that writes down each character as it comes, in the lower left of the screen."""

    place = (300, 700)

    def __init__(self, device: Desktop, *options: str) -> None:
        self._file: Path = device.folder / "typed.txt"
        command = "stty -icanon min 1 -isig -ixon -echo; printf ready > ready.txt; cat > typed.txt"
        device.start("xterm", "-geometry", "90x20+0-0", *options, "-e", command)
        until((device.folder / "ready.txt").exists, "the terminal is there")

    def has(self, wanted: str) -> None:
        """Exactly this was typed so far, as soon as that much was."""
        until(lambda: len(self.typed()) >= len(wanted), lambda: f"{wanted!r}, not {self.typed()!r}")
        assert self.typed() == wanted

    def typed(self) -> str:
        return self._file.read_text() if self._file.exists() else ""


def prompt(device: Desktop, name: str) -> Callable[[], str]:
    """A window that asks for a privilege, all green, around (420, 400); gives what was typed into it."""
    device.start("xterm", "-class", name.title(), "-name", name, "-geometry", "60x12+300+300",
                 "-bg", "#00ff00", "-fg", "#00ff00", "-e", "cat > prompted.txt", log="prompt.log")  # fmt: skip
    typed = device.folder / "prompted.txt"
    return lambda: typed.read_text() if typed.exists() else ""
