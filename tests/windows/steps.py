"""What the person at a Windows device does in the app's windows."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.conftest import until
from tests.windows.machine import Machine, Program
from tests.windows.wheels import windows_path, windows_python

# Each Windows that starts takes in the certificates of its host anew, with the app's first connection.
WITHIN = 90


@dataclass
class Device:
    """As much of `tests.desktop.desk.Desktop` as the steps of a session need."""

    pc: Machine
    app: Program | None = None

    def start_app(self, *arguments: str) -> Program:
        browser, asked = self.pc.folder / "browser.py", self.pc.folder / "browser.txt"
        browser.write_text("import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])")
        asked.unlink(missing_ok=True)
        parts = (windows_python() / "python.exe", browser, asked)
        command = " ".join(windows_path(part).replace("\\", "/") for part in parts)
        self.app = self.pc.program("app", "--verbose", *arguments, BROWSER=f"{command} %s")
        return self.app

    def browser_asked(self) -> str:
        """The address that the app had the browser open."""
        asked = self.pc.folder / "browser.txt"
        return str(until(lambda: asked.exists() and asked.read_text().strip(), self.said, WITHIN))

    def _shown(self) -> list[list[str]]:
        assert self.app is not None
        found: list[list[str]] = self.app.ask("tree") or []
        return found

    def said(self) -> str:
        """For a failure: what is shown, what was logged, and what each thread is at."""
        assert self.app is not None
        shown = self._shown()
        self.app.ask("say_stacks")
        return f"{shown}\n{self.app.said()[-8000:]}"

    def find(self, role: str, name: str) -> None:
        self.reads(name, role)

    def reads(self, text: str, role: str = "") -> None:
        """Waits until something shown begins with this text."""

        def is_there() -> bool:
            return any(
                name.startswith(text) and (not role or role == kind) for kind, name in self._shown()
            )

        until(is_there, lambda: f"{text!r} in {self.said()}", WITHIN)

    def press(self, name: str) -> None:
        app = self.app
        assert app is not None
        until(lambda: app.ask("press", name=name), lambda: f"{name!r} in {self.said()}", WITHIN)

    def fill(self, name: str, text: str) -> None:
        app = self.app
        assert app is not None
        until(
            lambda: app.ask("fill", name=name, text=text),
            lambda: f"{name!r} in {self.said()}",
            WITHIN,
        )
