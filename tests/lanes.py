"""The whole gate, in lanes: lint, SQLite, PostgreSQL with Redis, and last real browsers, desktops and Windows.

    python tests/lanes.py                    every lane
    python tests/lanes.py sqlite -- -k code  one lane, the rest for pytest

Plain standard library. Starts the services that a lane needs on free ports in a temporary folder and stops
them again, whatever happens. Each lane writes var/lanes/<name>.log.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "var" / "lanes"
BIN = Path(sys.executable).parent
AT_ONCE = 2
LANE_LIMIT = 35 * 60
SERVICE_LIMIT = 60
TAIL = 12
IS_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# What production settings need to be read; nothing of it is ever connected to.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "remotehelp_site.settings.production",
    "SECRET_KEY": "for `check --deploy` only: long enough, and used by nobody at all",
    "ALLOWED_HOSTS": "help.example.org",
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}

# What runs on Windows only, and what of the tests runs on it under Wine; file by file, because mypy's settings leave them
# out. All of the app is looked at with its entry.
WIN32 = [str(path) for path in sorted(ROOT.glob("agent/remotehelp_app/platform/windows/*.py"))]
WIN32 += [str(ROOT / f"tests/windows/{name}.py") for name in ("parts", "target")]
WIN32 += [str(ROOT / "agent/remotehelp_app/cli.py")]
WIN32_CACHE = ".mypy_cache/win32"

stopping = threading.Event()
running: set[subprocess.Popen[bytes]] = set()
guard = threading.Lock()


class LaneError(Exception):
    """The lane could not do its work; the text says why."""


@dataclass
class Lane:
    """One lane's run: what it says goes to its log, what went wrong is collected."""

    name: str
    arguments: Sequence[str]
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    def log_of(self, service: str) -> Path:
        """Services talk elsewhere, so that pytest has the last word in the lane's own log."""
        return LOGS / f"{self.name}-{service}.log"

    def write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text + "\n")

    def run(self, *command: str, env: dict[str, str] | None = None) -> int:
        """Run a command into the log; gives its exit code."""
        if stopping.is_set():
            raise LaneError("stopped")
        self.write(f"$ {' '.join(command)}")
        with self.log.open("ab") as log:
            process = start(command, out=log, env=env)
            try:
                return process.wait(LANE_LIMIT)
            except subprocess.TimeoutExpired as error:
                raise LaneError(f"no end after {LANE_LIMIT // 60} minutes: {command[0]}") from error
            finally:
                stop(process)

    def require(self, what: str, *command: str, env: dict[str, str] | None = None) -> None:
        """Run a command that has to succeed; the lane goes on, so that one run shows every fault."""
        if self.run(*command, env=env) != 0:
            self.faults.append(what)

    def tool(self, what: str, *command: str, env: dict[str, str] | None = None) -> None:
        self.require(what, str(BIN / command[0]), *command[1:], env=env)


# --- processes ------------------------------------------------------------------------------------


def start(
    command: Sequence[str],
    *,
    out: IO[bytes],
    env: dict[str, str] | None = None,
    user: str | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that it can be stopped with all its children."""
    process = subprocess.Popen(
        command,
        stdout=out,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=ROOT if user is None else "/",
        env={**os.environ, **(env or {})},
        start_new_session=True,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        pass_fds=pass_fds,
    )
    with guard:
        running.add(process)
    return process


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM) -> None:
    """Stop the process and what it has started; first asking, then not."""
    for number in (by, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue
        break
    with guard:
        running.discard(process)


def stop_everything(number: int, frame: object) -> None:
    """On Ctrl-C or SIGTERM: no lane starts anything more, and each one tidies up as it ends."""
    stopping.set()
    with guard:
        processes = list(running)
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, is_ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SERVICE_LIMIT
    while not is_ready():
        if process.poll() is not None:
            raise LaneError(f"{what} did not start; see its log in var/lanes")
        if stopping.is_set() or time.monotonic() > until:
            raise LaneError(f"{what} was not ready in time")
        stopping.wait(0.1)


def find(name: str, *, pattern: str = "") -> str:
    """Where a program is, the newest version first."""
    found = sorted(Path("/").glob(pattern)) if pattern else []
    where = str(found[-1]) if found else shutil.which(name)
    if where is None:
        raise LaneError(f"{name} is missing; run tests/packages.sh")
    return where


# --- services -------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgresql(lane: Lane, folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own; gives its address. Root may not run one, so root lends it to `postgres`."""
    user = "postgres" if os.geteuid() == 0 else None
    pattern = "usr/lib/postgresql/*/bin/"
    data, port = folder / "postgresql", free_port()
    data.mkdir()
    if user is not None:
        folder.chmod(0o711)
        shutil.chown(data, user)
    with lane.log_of("postgresql").open("wb") as log:
        initdb = find("initdb", pattern=pattern + "initdb")
        options = ["--auth=trust", "--username=suite", "--encoding=UTF8", "--no-sync"]
        making = start([initdb, *options, f"--pgdata={data}"], out=log, user=user)
        if making.wait(SERVICE_LIMIT) != 0:
            raise LaneError("initdb failed; see its log in var/lanes")
        stop(making)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
        }
        server = start(
            [
                find("postgres", pattern=pattern + "postgres"),
                "-D",
                str(data),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            out=log,
            user=user,
        )
        try:
            ready = [find("pg_isready", pattern=pattern + "pg_isready"), "-q", "-h", "127.0.0.1"]
            ready += ["-p", str(port)]
            wait_for(
                "PostgreSQL", lambda: subprocess.run(ready, check=False).returncode == 0, server
            )
            yield f"postgres://suite@127.0.0.1:{port}/postgres"
        finally:
            stop(server, by=signal.SIGINT)


@contextlib.contextmanager
def redis(lane: Lane, folder: Path) -> Iterator[str]:
    """A Redis of our own that keeps nothing; gives its address."""
    port = free_port()
    command = [find("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(folder)]

    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    with lane.log_of("redis").open("wb") as log:
        server = start(command, out=log)
        try:
            wait_for("Redis", answers, server)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            stop(server)


@contextlib.contextmanager
def display(lane: Lane) -> Iterator[str]:
    """An X display of our own; the server chooses a free number itself."""
    reading, writing = os.pipe()
    command = [find("Xvfb"), "-displayfd", str(writing), "-screen", "0", "1920x1080x24"]
    command += ["-nolisten", "tcp", "-noreset"]
    with lane.log_of("display").open("wb") as log, open(reading, "rb", buffering=0) as numbers:
        server = start(command, out=log, pass_fds=[writing])
        os.close(writing)
        try:
            number = numbers.readline().strip()
            if not number:
                raise LaneError("Xvfb did not start; see its log in var/lanes")
            yield f":{number.decode()}"
        finally:
            stop(server)


# --- lanes ----------------------------------------------------------------------------------------


def lint(lane: Lane) -> None:
    test = {"DJANGO_SETTINGS_MODULE": "remotehelp_site.settings.test"}
    manage = ("python", "manage.py")
    lane.tool("format", "ruff", "format", "--check", ".")
    lane.tool("ruff", "ruff", "check", ".")
    lane.tool("types", "mypy", ".")
    # Beside the others' cache: what mypy knows of a file differs between the systems.
    lane.tool("types on Windows", "mypy", "--platform", "win32", "--cache-dir", WIN32_CACHE, *WIN32)
    lane.tool("contracts", "lint-imports")
    templates = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("templates/**/*.html"))
    templates += sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("apps/**/templates/**/*.html"))
    if templates:
        lane.tool("templates", "djade", "--target-version", "5.2", "--check", *templates)
    lane.tool("migrations", *manage, "makemigrations", "--check", "--dry-run", env=test)
    lane.tool(
        "production settings",
        *manage,
        *("check", "--deploy", "--fail-level", "WARNING"),
        env=PRODUCTION,
    )
    api_schema(lane, env=test)


def api_schema(lane: Lane, *, env: dict[str, str]) -> None:
    kept = ROOT / "docs" / "openapi.yaml"
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "openapi.yaml")
        lane.tool(
            "API schema",
            *("python", "manage.py", "spectacular", "--validate", "--file", str(made)),
            env=env,
        )
        if not kept.is_file():
            lane.faults.append("docs/openapi.yaml is missing")
        elif made.is_file():
            lane.require("API schema differs from docs", "diff", "-u", str(kept), str(made))


def pytest(lane: Lane, *options: str, env: dict[str, str]) -> None:
    """Run pytest and believe its report: no test at all, and in CI a skipped one, is a failure."""
    report = LOGS / f"{lane.name}.xml"
    report.unlink(missing_ok=True)
    command = (str(BIN / "python"), "-m", "pytest", "-q", "-ra", "--color=no", *options)
    code = lane.run(*command, f"--junitxml={report}", *lane.arguments, env=env)
    if code != 0:
        lane.faults.append("no test was collected" if code == 5 else f"pytest ended with {code}")
        return
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 pytest wrote it just now
    skipped = [
        f"{case.get('classname')}.{case.get('name')}"
        for case in cases
        if case.find("skipped") is not None
    ]
    if not cases:
        lane.faults.append("no test was collected")
    if skipped and IS_CI:
        lane.faults.append(f"{len(skipped)} skipped or expected to fail: {', '.join(skipped[:5])}")


def sqlite(lane: Lane) -> None:
    pytest(
        lane,
        "-m",
        "not browser and not desktop and not windows and not services",
        env={"TEST_DATABASE_URL": "", "TEST_REDIS_URL": ""},
    )


@contextlib.contextmanager
def services(lane: Lane) -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Redis of the lane's own, as the tests find them."""
    with (
        tempfile.TemporaryDirectory(prefix="remotehelp-", ignore_cleanup_errors=True) as name,
        postgresql(lane, Path(name)) as database,
        redis(lane, Path(name)) as broker,
    ):
        yield {"TEST_DATABASE_URL": database, "TEST_REDIS_URL": broker}


def postgresql_and_redis(lane: Lane) -> None:
    with services(lane) as env:
        pytest(lane, "-m", "not browser and not desktop and not windows", env=env)


def browser(lane: Lane) -> None:
    if not (ROOT / "tests" / "browser").is_dir():
        raise LaneError("tests/browser is missing")
    with services(lane) as env, display(lane) as name:
        pytest(lane, "tests/browser", "-m", "browser", env={**env, "DISPLAY": name})


def desktop(lane: Lane) -> None:
    """The device app, on X servers that each test starts for itself."""
    pytest(
        lane,
        "tests/desktop",
        "-m",
        "desktop",
        env={"TEST_DATABASE_URL": "", "TEST_REDIS_URL": ""},
    )


def windows(lane: Lane) -> None:
    """The device app's Windows parts, by a Windows Python under Wine (docs/decisions/windows-under-wine.md)."""
    with services(lane) as env:
        pytest(lane, "tests/windows", "-m", "windows", env=env)


LANES: dict[str, Callable[[Lane], None]] = {
    "lint": lint,
    "sqlite": sqlite,
    "postgresql": postgresql_and_redis,
    "browser": browser,
    "desktop": desktop,
    "windows": windows,
}
# Browsers and desktops share the machine with nobody: their tests look at pictures arriving in time.
ALONE = ("browser", "desktop", "windows")


def drive(lane: Lane) -> Lane:
    began = time.monotonic()
    lane.log.write_bytes(b"")
    try:
        LANES[lane.name](lane)
    except (LaneError, OSError, ElementTree.ParseError) as error:
        lane.faults.append(str(error))
    if stopping.is_set() and "stopped" not in lane.faults:
        lane.faults.append("stopped")
    lane.seconds = time.monotonic() - began
    return lane


def show(lane: Lane) -> None:
    """The whole log of a lane that failed, the closing lines of one that did not."""
    text = lane.log.read_text(errors="replace") if lane.log.exists() else ""
    lines = text.rstrip().splitlines()
    if not lane.faults:
        lines = lines[-TAIL:]
    verdict = f"FAILED ({'; '.join(lane.faults)})" if lane.faults else "passed"
    head = f"===== {lane.name}: {verdict} in {lane.seconds:.0f} s ====="
    sys.stdout.write("\n".join(["", head, *lines, head if lane.faults else "", ""]))
    sys.stdout.flush()


def drive_all(names: Sequence[str], arguments: Sequence[str]) -> list[Lane]:
    together = [Lane(name, arguments) for name in names if name not in ALONE]
    done: list[Lane] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures: list[Future[Lane]] = [pool.submit(drive, lane) for lane in together]
        for future in as_completed(futures):
            done.append(future.result())
            show(done[-1])
    for name in ALONE:
        if name in names:
            done.append(drive(Lane(name, arguments)))
            show(done[-1])
    return done


def main(arguments: Sequence[str]) -> int:
    given = list(arguments)
    cut = given.index("--") if "--" in given else len(given)
    names, rest = given[:cut] or list(LANES), given[cut + 1 :]
    if unknown := [name for name in names if name not in LANES]:
        sys.stderr.write(f"No lane {', '.join(unknown)}. There are: {', '.join(LANES)}.\n")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_everything)
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    say = functools.partial(sys.stdout.write)
    say(f"Lanes: {', '.join(names)}. Logs in {LOGS.relative_to(ROOT)}/.\n")
    sys.stdout.flush()
    done = drive_all(names, rest)
    failed = [lane.name for lane in done if lane.faults]
    times = ", ".join(f"{lane.name} {lane.seconds:.0f} s" for lane in done)
    verdict = f"Failed: {', '.join(failed)}." if failed else "All lanes passed."
    say(f"\n{verdict} {times}; {time.monotonic() - began:.0f} s in all.\n")
    return 130 if stopping.is_set() else int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
