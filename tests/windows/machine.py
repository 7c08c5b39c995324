"""A machine of Windows: a Wine prefix, an X server that is its screen, and programs of the Windows Python on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.conftest import until
from tests.desktop.desk import window_manager as managed
from tests.desktop.desk import x_server
from tests.windows.wheels import shims, windows_path, windows_python

HERE = Path(__file__).parent
# `wine` is a script on Debian that looks for a 32-bit Wine; there is none, and none is needed.
WINE = "/usr/lib/wine/wine64"
SERVER = "/usr/lib/wine/wineserver64"
# The standard streams of a program are files and pipes; a debugger's window would wait for somebody to close it.
OVERRIDES = ["mscoree,mshtml=", "winemenubuilder.exe,winedbg.exe=d", f"{','.join(shims())}=n"]
ANSWER_WITHIN = 60.0


@contextmanager
def prefix(folder: Path) -> Iterator[dict[str, str]]:
    """A Windows 10 of a test's own; gives the environment of its programs. Nothing of it runs on afterwards."""
    env = {
        **os.environ,
        "HOME": str(folder),
        "WINEPREFIX": str(folder / "prefix"),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": ";".join(OVERRIDES),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
        "DISPLAY": "",
    }
    try:
        _wine(env, "wineboot", "--init")
        _wine(env, "reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f")
        end(env)
        yield env
    finally:
        end(env)


def _wine(env: dict[str, str], *command: str) -> None:
    subprocess.run([WINE, *command], env=env, check=True, capture_output=True, timeout=120)


def end(env: dict[str, str]) -> None:
    """Ends every program of the prefix, and the prefix's own."""
    for option in ("-k", "-w"):
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([SERVER, option], env=env, check=False, timeout=30)


@contextmanager
def two_monitors(
    left: tuple[int, int] = (1280, 800), right: tuple[int, int] = (1024, 768)
) -> Iterator[str]:
    """An X server whose Xinerama says so: Wine makes monitors of that. Xephyr draws it on an Xvfb."""
    size = (left[0] + right[0], max(left[1], right[1]))
    with x_server(size) as outer:
        reading, writing = os.pipe()
        screens = [*("-origin", "0,0", "-screen", f"{left[0]}x{left[1]}")]
        screens += [*("-origin", f"{left[0]},0", "-screen", f"{right[0]}x{right[1]}")]
        server = subprocess.Popen(
            ["Xephyr", "-displayfd", str(writing), *screens, "+xinerama", "-extension", "RANDR"],
            env={**os.environ, "DISPLAY": outer},
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        try:
            with open(reading, "rb", buffering=0) as numbers:
                number = numbers.readline().strip()
            assert number, "Xephyr did not start"
            yield f":{number.decode()}"
        finally:
            server.terminate()
            server.wait(10)


class Program:
    """A program under Wine that answers a line of JSON with a line of JSON."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._log = log
        # Pipes: Python under Wine does not start with a file for one of its streams.
        self._process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._copier = threading.Thread(target=self._copy, daemon=True)
        self._copier.start()

    def _copy(self) -> None:
        assert self._process.stderr is not None
        with self._log.open("a") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()

    def said(self) -> str:
        """What it has written to its standard error."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def ask(self, do: str, **question: Any) -> Any:
        """What it answers; the error that it says is raised here."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": do, **question}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            self._copier.join(10)
            raise AssertionError(f"the program has ended:\n{self.said()[-4000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["answer"]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._copier.join(10)
        if self._process.stderr is not None:
            self._process.stderr.close()


class RefusedError(Exception):
    """UnavailableError, as the other side had it."""


@dataclass
class Machine:
    display: str
    env: dict[str, str]
    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)

    def program(self, name: str, *arguments: str, called: str = "python.exe") -> Program:
        """`name` of this folder, in a process that is called as wanted; it ends with the machine at the latest."""
        python = windows_python() / called
        if not python.exists():
            shutil.copy(windows_python() / "python.exe", python)
        script = windows_path(HERE / f"{name}.py")
        command = [WINE, str(python), "-X", "utf8", script, *arguments]
        made = Program(command, self.env, self.folder / f"{name}.log")
        self.stack.callback(made.close)
        until(lambda: made.ask("hello") == "hello", f"{name} is there", ANSWER_WITHIN)
        return made


@contextmanager
def machine(env: dict[str, str], folder: Path, display: str) -> Iterator[Machine]:
    """Windows on that X server, with a window manager."""
    with managed(display):
        made = Machine(display, {**env, "DISPLAY": display}, folder)
        try:
            with made.stack:
                yield made
        finally:
            end(env)
