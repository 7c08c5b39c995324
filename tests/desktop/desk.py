"""A desktop of a test's own: X server, window manager, message bus, and the device app on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remotehelp_app.platform.x11.connect import connect
from remotehelp_app.platform.x11.positions import KEYCODES
from Xlib import X
from Xlib import display as xdisplay

from tests.browser.conftest import until

HERE = Path(__file__).parent
APP = Path(sys.executable).parent / "remotehelp-app"
SIZE = (1280, 800)


@contextmanager
def x_server(size: tuple[int, int] = SIZE, *options: str) -> Iterator[str]:
    """An Xvfb that chooses its own number; gives its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24"),
            *("-nolisten", "tcp", "-noreset", *options),
        ],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with open(reading, "rb", buffering=0) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number.decode()}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def xephyr(outer: Desktop) -> Iterator[str]:
    """An X server as a window on another: it has a mouse and a keyboard that are not of XTEST."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            "Xephyr",
            "-displayfd",
            str(writing),
            "-screen",
            f"{SIZE[0]}x{SIZE[1]}",
            "-nolisten",
            "tcp",
        ],
        env=outer.env,
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


@contextmanager
def window_manager(display: str) -> Iterator[None]:
    """openbox, from the moment that it manages the screen."""
    process = subprocess.Popen(
        ["openbox"],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    look = xdisplay.Display(display)
    atom = look.intern_atom("_NET_SUPPORTING_WM_CHECK")
    try:
        until(
            lambda: look.screen().root.get_full_property(atom, X.AnyPropertyType),
            "the window manager is there",
        )
        yield
    finally:
        look.close()
        process.terminate()
        process.wait(10)


@contextmanager
def message_bus(folder: Path) -> Iterator[str]:
    """A session bus with nobody else on it; gives its address."""
    process = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    try:
        yield address
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def open_keyring(env: dict[str, str]) -> Iterator[None]:
    """gnome-keyring with a keyring that is unlocked, as after a person's sign-in."""
    process = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(b"a keyring of the test")
    process.stdin.close()
    try:
        until(lambda: _owns(env, "org.freedesktop.secrets"), "the keyring is there")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _owns(env: dict[str, str], name: str) -> bool:
    asked = subprocess.run(
        [
            *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus"),
            *("/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", f"string:{name}"),
        ],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return "boolean true" in asked.stdout


@dataclass
class Target:
    log: Path
    forgotten: int = 0

    def events(self, *names: str) -> list[dict[str, Any]]:
        """All that it wrote down, or all of these names, since it last had to forget."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        told = [json.loads(line) for line in lines[self.forgotten :] if line.endswith("}")]
        return [event for event in told if not names or event["event"] in names]

    def keys(self, *names: str) -> list[str]:
        """The places of the keys that went down or up."""
        codes = {keycode: code for code, keycode in KEYCODES.items()}
        told = self.events(*(names or ("key down", "key up")))
        return [codes.get(event["detail"], str(event["detail"])) for event in told]

    def is_at_rest(self) -> bool:
        """Something was pressed, and everything that was is up again."""
        return 0 < len(self.events("key down")) == len(self.events("key up"))

    def forget(self) -> None:
        self.forgotten = len(self.log.read_text().splitlines())


@dataclass
class Notices(Target):
    """The desktop's notification service, and the person who sees its notices."""

    person: subprocess.Popen[str] = field(kw_only=True)

    def shown(self, title: str) -> dict[str, Any]:
        """The notice with this title, from the moment that it is there."""

        def find() -> dict[str, Any] | None:
            closed = {event["number"] for event in self.events("closed")}
            mine = [e for e in self.events("shown") if e["title"] == title]
            return next((e for e in mine if e["number"] not in closed), None)

        found: dict[str, Any] = until(find, lambda: f"{title!r} in {self.events()}")
        return found

    def press(self, number: int) -> None:
        assert self.person.stdin is not None
        self.person.stdin.write(f"press {number}\n")
        self.person.stdin.flush()


@dataclass
class Desktop:
    """What runs on it finds it by `env`."""

    display: str
    env: dict[str, str]
    folder: Path
    asks: subprocess.Popen[str] | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    # --- the app as a screen reader meets it ------------------------------------------------------

    def ask(self, **question: Any) -> Any:
        if self.asks is None:
            self.asks = subprocess.Popen(
                ["/usr/bin/python3", str(HERE / "at_spi.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.stack.enter_context((self.folder / "at_spi.log").open("w")),
                text=True,
                env=self.env,
            )
        assert self.asks.stdin is not None
        assert self.asks.stdout is not None
        self.asks.stdin.write(json.dumps(question) + "\n")
        self.asks.stdin.flush()
        line = self.asks.stdout.readline()
        assert line, (self.folder / "at_spi.log").read_text()
        return json.loads(line)

    def until_done(self, seconds: float = 20, **question: Any) -> dict[str, Any]:
        """Asks until there is an answer."""

        def missing() -> str:
            tree = [f"{n['role']}: {n['name']}" for n in self.ask(do="tree")]
            log = (
                (self.folder / "app.log").read_text() if (self.folder / "app.log").exists() else ""
            )
            return f"{question} in {tree}\n{log[-3000:]}"

        answer: dict[str, Any] = until(lambda: self.ask(**question), missing, seconds)
        return answer

    def find(self, role: str, name: str, seconds: float = 20) -> dict[str, Any]:
        return self.until_done(seconds, do="find", role=role, name=name)

    def focused(self) -> list[tuple[str, str]]:
        """Role and name of what has the keyboard."""
        found = [node for node in self.ask(do="tree") if "focused" in node["states"]]
        return [(node["role"], node["name"]) for node in found]

    def has_focus(self, role: str, name: str) -> bool:
        return any(r == role and n.startswith(name) for r, n in self.focused())

    def is_at(self, role: str, name: str) -> None:
        """Waits until that has the keyboard."""
        until(lambda: self.has_focus(role, name), lambda: f"{role} {name!r}, not {self.focused()}")

    def find_enabled(self, role: str, name: str) -> None:
        until(
            lambda: (
                "enabled" in (self.ask(do="find", role=role, name=name) or {"states": []})["states"]
            ),
            f"{name!r} can be pressed",
        )

    def press(self, name: str) -> None:
        self.until_done(do="press", role="push button", name=name)

    def fill(self, name: str, text: str) -> None:
        self.until_done(do="fill", role="text", name=name, text=text)

    def reads(self, text: str, seconds: float = 20) -> None:
        """Waits until something shown begins with this text."""

        def there() -> bool:
            return any(node["name"].startswith(text) for node in self.ask(do="tree"))

        until(there, lambda: f"{text!r} in {[n['name'] for n in self.ask(do='tree')]}", seconds)

    # --- programs --------------------------------------------------------------------------------

    def start(self, *command: str, log: str = "program.log") -> subprocess.Popen[bytes]:
        """A program on this desktop; it ends with the test."""
        out = self.stack.enter_context((self.folder / log).open("ab"))
        process = subprocess.Popen(command, env=self.env, stdout=out, stderr=out, cwd=self.folder)
        self.stack.callback(_stop, process)
        self.processes.append(process)
        return process

    def start_app(self, *arguments: str) -> subprocess.Popen[bytes]:
        return self.start(str(APP), "--verbose", *arguments, log="app.log")

    def browser_asked(self) -> str:
        """The address that the app had the browser open."""
        asked = self.folder / "browser.txt"
        return str(
            until(lambda: asked.exists() and asked.read_text().strip(), "the app opens the browser")
        )

    def target(self, *place: int) -> Target:
        """A window that writes down what it gets, with the keyboard."""
        self.start(sys.executable, str(HERE / "target.py"), *map(str, place), log="target.jsonl")
        made = Target(self.folder / "target.jsonl")
        until(lambda: made.events("ready"), "the target is there")
        return made

    def notices(self, *abilities: str) -> Notices:
        """A notification service of this desktop; without `actions` among its abilities nothing can be pressed."""
        log = self.folder / "notices.jsonl"
        out = self.stack.enter_context(log.open("ab"))
        process = subprocess.Popen(
            ["/usr/bin/python3", str(HERE / "notices.py"), *(abilities or ("body", "actions"))],
            env=self.env, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True,
        )  # fmt: skip
        self.stack.callback(_stop, process)
        made = Notices(log, person=process)
        until(lambda: made.events("ready"), "the notification service is there")
        return made

    def active_window(self) -> int:
        """The window that the window manager gives the keyboard, 0 for none."""
        look = connect(self.display)
        try:
            atom = look.intern_atom("_NET_ACTIVE_WINDOW")
            found = look.screen().root.get_full_property(atom, X.AnyPropertyType)
            return int(found.value[0]) if found is not None and len(found.value) else 0
        finally:
            look.close()

    def split(self, *monitors: str) -> None:
        """Lets the screen count as these monitors: name, and place as xrandr writes it."""
        for number, each in enumerate(monitors):
            name, place = each.split()
            output = "none" if number else "screen"
            self.xrandr("--setmonitor", name, place, output)

    def resize(self, width: int, height: int) -> None:
        """Another resolution; an Xvfb knows none that is larger than its first."""
        name = f"{width}x{height}"
        if name not in self.xrandr("--query"):
            sides = [[str(side), "0", "0", str(side)] for side in (width, height)]
            self.xrandr("--newmode", name, "0", *sides[0], *sides[1])
            self.xrandr("--addmode", "screen", name)
        self.xrandr("--output", "screen", "--mode", name)

    def xrandr(self, *arguments: str) -> str:
        command = ["xrandr", *arguments]
        return subprocess.run(
            command, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def keys_down(self) -> list[int]:
        """The keycodes that are down at the X server, whoever holds them."""
        look = xdisplay.Display(self.display)
        try:
            bits = look.query_keymap()
        finally:
            look.close()
        return [code for code in range(256) if bits[code // 8] >> code % 8 & 1]

    def close(self) -> None:
        self.stack.close()
        if self.asks is not None and self.asks.stdin is not None and self.asks.stdout is not None:
            self.asks.stdin.close()
            self.asks.stdout.close()
            self.asks.wait(10)


def _stop(process: subprocess.Popen[Any]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextmanager
def desktop(
    folder: Path,
    size: tuple[int, int] = SIZE,
    keyring: Callable[[dict[str, str]], AbstractContextManager[None]] = open_keyring,
    server: AbstractContextManager[str] | None = None,
) -> Iterator[Desktop]:
    """X server, window manager and bus, with a home of their own and the keyring that is wanted."""
    runtime, home = folder / "runtime", folder / "home"
    runtime.mkdir(mode=0o700)
    home.mkdir()
    browser = folder / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{folder}/browser.txt"\n')
    browser.chmod(0o755)
    with server or x_server(size) as display, window_manager(display), message_bus(runtime) as bus:
        env = {
            **os.environ,
            "DISPLAY": display,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_STATE_HOME": str(home / ".state"),
            "DBUS_SESSION_BUS_ADDRESS": bus,
            "BROWSER": f"{browser} %s",
            "NO_AT_BRIDGE": "0",
            "LANG": "C.UTF-8",
        }
        with keyring(env):
            made = Desktop(display, env, folder)
            try:
                yield made
            finally:
                made.close()
