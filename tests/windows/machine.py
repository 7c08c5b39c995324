"""A machine of Windows: a Wine prefix, an X server that is its screen, and programs of the Windows Python on it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Xlib import display as xdisplay
from Xlib.protocol import display as xprotocol
from Xlib.protocol import event as xevent

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
KEYRING = r"HKCU\Software\Wine\Credential Manager"


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
        shutil.rmtree(folder / "prefix", ignore_errors=True)  # 700 MB, which pytest would keep


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
        self._answers: queue.Queue[str] = queue.Queue()
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._listen, self._copy)
        ]
        for reader in self._readers:
            reader.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self._answers.put(line)
        self._answers.put("")

    def _copy(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stderr, self._log.open("a") as log:
            for line in stderr:
                log.write(line)
                log.flush()

    def said(self) -> str:
        """What it has written to its standard error."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def ask(self, do: str, **question: Any) -> Any:
        """What it answers; the error that it says is raised here."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and no answer comes
            self._process.stdin.write(json.dumps({"do": do, **question}) + "\n")
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=ANSWER_WITHIN)
        except queue.Empty:
            line = ""
        if not line:
            said = self.said()[-4000:]
            raise AssertionError(f"no answer to {do!r}; it said:\n{said}")
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["answer"]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def close(self) -> None:
        """May be called twice."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        for reader in self._readers:
            reader.join(10)


class RefusedError(Exception):
    """UnavailableError with its sentence, or RefusedError, as the other side had it."""


@dataclass
class Machine:
    display: str
    env: dict[str, str]
    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)

    def forget_app(self) -> None:
        """As before the app was ever started: no settings, no log, nothing in the keyring (Wine's, in its registry)."""
        for folder in Path(self.env["WINEPREFIX"], "drive_c", "users").glob(
            "*/AppData/*/Remote Help"
        ):
            shutil.rmtree(folder)
        # An app that was just ended may still be writing there, and the delete then leaves something behind.
        until(self._has_no_keyring, "the keyring is empty", ANSWER_WITHIN)

    def _has_no_keyring(self) -> bool:
        for what, options in (("delete", ["/f"]), ("query", [])):
            done = subprocess.run(
                [WINE, "reg", what, KEYRING, *options],
                env=self.env,
                check=False,
                capture_output=True,
                timeout=120,
            )
        return done.returncode != 0

    @contextmanager
    def at_the_screen(self) -> Iterator[Any]:
        """A connection to the X server: what is injected there is, for Windows, the person's own."""
        _forget_other_servers()
        connection = xdisplay.Display(self.display)
        try:
            yield connection
        finally:
            connection.close()

    def registry(self, path: str, name: str, kind: str, value: str) -> None:
        _wine(self.env, *("reg", "add", path, "/v", name, "/t", kind, "/d", value, "/f"))

    def run(self, *arguments: str) -> str:
        """What Python says that is run so, to its end; it has to end well."""
        command = [WINE, str(windows_python() / "python.exe"), "-X", "utf8", *arguments]
        done = subprocess.run(
            command,
            env=self.env,
            input="",
            capture_output=True,
            encoding="utf-8",
            timeout=ANSWER_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def program(
        self, name: str, *arguments: str, called: str = "python.exe", **env: str
    ) -> Program:
        """`name` of this folder, in a process that is called as wanted; it ends with the machine at the latest."""
        python = windows_python() / called
        if not python.exists():
            shutil.copy(windows_python() / "python.exe", python)
        script = windows_path(HERE / f"{name}.py")
        command = [WINE, str(python), "-X", "utf8", script, *arguments]
        made = Program(command, {**self.env, **env}, self.folder / f"{name}.log")
        self.stack.callback(made.close)
        until(lambda: made.ask("hello") == "hello", f"{name} is there", ANSWER_WITHIN)
        return made


def _forget_other_servers() -> None:
    """python-xlib keeps the numbers of events with its class, and those of another X server are others."""
    xprotocol.Display.event_classes = xevent.event_class.copy()


@contextmanager
def _first_program(env: dict[str, str]) -> Iterator[None]:
    """The first one starts Wine's desktop, which keeps that program's streams open and lives while one program does."""
    script = "import ctypes, sys; ctypes.windll.user32.GetDesktopWindow(); print(1, flush=True); sys.stdin.read()"
    first = subprocess.Popen(
        [WINE, str(windows_python() / "python.exe"), "-c", script],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert first.stdin is not None
    assert first.stdout is not None
    assert first.stderr is not None
    with first.stdin, first.stdout, first.stderr:
        assert first.stdout.readline(), first.stderr.read()
        yield
    first.wait(20)


@contextmanager
def machine(env: dict[str, str], folder: Path, display: str) -> Iterator[Machine]:
    """Windows on that X server, with a window manager. One at a time in a prefix: they would share Wine's desktop."""
    _forget_other_servers()
    with managed(display):
        made = Machine(display, {**env, "DISPLAY": display}, folder)
        try:
            with _first_program(made.env), made.stack:
                yield made
        finally:
            end(env)
