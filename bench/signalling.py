"""What one relayed signal costs the server, with and without thousands of idle sockets beside it.

The site's web part against a relay that does nothing else, on the same Daphne, in the same run; each once
alone and once with idle sockets of sessions beside the talking ones. CPU time of the server process, not
wall clock, so that neighbours on the machine matter less. Rounds alternate; the figures are medians.

Before each measurement the sockets talk for a moment: one that was silent for a while asks the database
once how its session stands, and how often that happens has nothing to do with the number of messages.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.load import Load, Result, Seat
from bench.processes import allow_open_files, free_port, resident_bytes, run, serving
from bench.tables import table, verdict

PAIRS = 50
IDLE = 3000
ROUNDS = 5
SECONDS = 2.0
WARM = 0.5
SETTINGS = "remotehelp_site.settings.embedded"
Pairs = list[tuple[str, str, str]]


@dataclass
class Subject:
    """One server with what was measured of it."""

    name: str
    pid: int
    idle: int
    results: list[Result] = field(default_factory=list)
    bytes_per_idle: float = 0.0
    connects: float = 0.0

    @property
    def cost(self) -> float:
        return median(result.microseconds for result in self.results)

    @property
    def spread(self) -> str:
        found = [result.microseconds for result in self.results]
        return f"{min(found):.0f} to {max(found):.0f}"


def _bare_seats(port: int, numbers: range) -> list[Seat]:
    sides = ("helper", "sharer")
    return [Seat(f"ws://127.0.0.1:{port}/{n}/{side}", {}) for n in numbers for side in sides]


def _site_seats(port: int, pairs: Pairs) -> list[Seat]:
    origin = f"http://127.0.0.1:{port}"
    return [
        Seat(
            f"ws://127.0.0.1:{port}/ws/sessions/{pk}/",
            {"Cookie": f"sessionid={cookie}", "Origin": origin},
        )
        for pk, *cookies in pairs
        for cookie in cookies
    ]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "REMOTEHELP_VAR": str(folder),
        # A person sends a few signals; this load sends thousands on each socket.
        "REMOTEHELP_SOCKET_BURST": "1000000000",
        "LOG_LEVEL": "ERROR",
    }


class _Stage:
    """The four servers and the load on them."""

    def __init__(self, idle: int, stack: contextlib.ExitStack) -> None:
        self.idle, self._stack = idle, stack
        self.load = Load()
        stack.callback(self.load.close)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="remotehelp-")))

    def prepare(self) -> Pairs:
        first = self.folder / "0"
        first.mkdir()
        pairs = self.folder / "pairs.json"
        number = str(PAIRS + self.idle // 2)
        run("bench.people", number, str(pairs), env=_environment(first))
        shutil.copytree(first, self.folder / str(self.idle))
        read: Pairs = json.loads(pairs.read_text())
        return read

    def start(self, kind: str, idle: int, pairs: Pairs) -> Subject:
        port, name = free_port(), f"{kind}, {idle} idle"
        env = _environment(self.folder / str(idle))
        pid = self._stack.enter_context(serving("bench.serve", kind, str(port), port=port, env=env))
        subject = Subject(name, pid, idle)
        if kind == "bare":
            talking = _bare_seats(port, range(PAIRS))
            others = _bare_seats(port, range(PAIRS, PAIRS + idle // 2))
        else:
            talking = _site_seats(port, pairs[:PAIRS])
            others = _site_seats(port, pairs[PAIRS:][: idle // 2])
        self.load.open(name, talking)
        self.load.talk(name, pid, WARM)
        if idle:
            before, at = resident_bytes(pid), time.monotonic()
            self.load.idle(name, others)
            subject.connects = idle / (time.monotonic() - at)
            subject.bytes_per_idle = (resident_bytes(pid) - before) / idle
        return subject


def measure(idle: int) -> list[Subject]:
    with contextlib.ExitStack() as stack:
        stage = _Stage(idle, stack)
        pairs = stage.prepare()
        subjects = [
            stage.start(kind, number, pairs) for number in (0, idle) for kind in ("bare", "site")
        ]
        for _ in range(ROUNDS):
            for subject in subjects:
                stage.load.talk(subject.name, subject.pid, WARM)
                subject.results.append(stage.load.talk(subject.name, subject.pid, SECONDS))
        return subjects


def main() -> int:
    allowed = allow_open_files(2 * IDLE + 1000)
    idle = IDLE if allowed >= 2 * IDLE + 1000 else (allowed - 1000) // 2 // 2 * 2
    if idle < IDLE:
        print(f"Only {allowed} open files are allowed here: {idle} idle sockets instead of {IDLE}.")
    if not sys.platform.startswith("linux"):
        print("This benchmark reads CPU and memory from Linux.")
        return 1
    began = time.monotonic()
    bare, site, bare_idle, site_idle = subjects = measure(idle)
    rows = [
        [
            s.name,
            f"{s.cost:.0f}",
            s.spread,
            f"{1e6 / s.cost:.0f}",
            f"{s.bytes_per_idle / 1000:.1f}" if s.idle else "-",
            f"{s.connects:.0f}" if s.idle else "-",
        ]
        for s in subjects
    ]
    head = ["server", "µs CPU/message", "lowest to highest", "messages/s per core"]
    print(table([*head, "kB per idle socket", "connects/s"], rows))
    growth = site_idle.cost / site.cost
    print()
    print(f"The site against a bare relay: {site.cost / bare.cost:.2f} times, alone;")
    print(f"  {site_idle.cost / bare_idle.cost:.2f} times, with {idle} idle sockets.")
    print(f"With {idle} idle sockets against none, a bare relay: {bare_idle.cost / bare.cost:.2f}.")
    print(f"The same, the site: {growth:.2f}: {verdict(growth, must=1.25, aim=1.05)}")
    memory = site_idle.bytes_per_idle / 1000
    print(f"Memory for each idle socket: {memory:.1f} kB: {verdict(memory, must=35, aim=20)}")
    print(f"({ROUNDS} rounds of {SECONDS:g} s, {PAIRS} pairs; {time.monotonic() - began:.0f} s.)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
