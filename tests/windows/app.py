"""Runs under Wine: the app as it is. Beside it a thread reads its windows and presses their buttons, for tests to ask.

On Linux a screen reader's way (AT-SPI) does that from outside; Wine has none, so it is done from inside.
"""

from __future__ import annotations

import faulthandler
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from remotehelp_app import cli

from tests.windows.answering import answer_with

ANSWER_WITHIN = 30
ROLES = {QPushButton: "push button", QLineEdit: "text", QLabel: "label"}


class Reader(QObject):
    """Does what it is asked in the windows' own thread."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(self.do, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def do(self, work: Callable[[], None]) -> None:
        work()

    def through(self, look: Callable[..., Any]) -> Callable[..., Any]:
        """None while the windows are busy, as they are for long on a busy machine; then nothing was done."""

        def ask(**question: Any) -> Any:
            answers: queue.Queue[Any] = queue.Queue()
            is_over = threading.Event()

            def work() -> None:
                if not is_over.is_set():
                    answers.put(look(**question))

            self.asked.emit(work)
            try:
                return answers.get(timeout=ANSWER_WITHIN)
            except queue.Empty:
                is_over.set()
                return None

        return ask


def shown() -> Iterator[tuple[str, str, QWidget]]:
    """Role, name and widget of what can be seen and read."""
    for window in QApplication.topLevelWidgets():
        for widget in window.findChildren(QWidget):
            role = next((role for kind, role in ROLES.items() if isinstance(widget, kind)), "")
            if role and widget.isVisible():
                yield role, widget.accessibleName(), widget


def tree() -> list[list[str]]:
    return [[role, name] for role, name, _widget in shown()]


def press(name: str) -> bool:
    for role, called, widget in shown():
        is_it = role == "push button" and called.startswith(name)
        if is_it and isinstance(widget, QPushButton) and widget.isEnabled():
            widget.click()
            return True
    return False


def fill(name: str, text: str) -> bool:
    for role, called, widget in shown():
        if role == "text" and called.startswith(name) and isinstance(widget, QLineEdit):
            widget.setText(text)
            return True
    return False


def main() -> int:
    reader = Reader()
    # Not `quit`, which asks the windows first: in a session they ask back.
    close = reader.through(QApplication.exit)

    def answer() -> None:
        looks: dict[str, Callable[..., Any]] = {
            look.__name__: reader.through(look) for look in (tree, press, fill)
        }
        answer_with({"say_stacks": faulthandler.dump_traceback, **looks})
        close()

    threading.Thread(target=answer, daemon=True).start()
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
