"""Starting processes to be measured, and reading from the kernel what they cost."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 60


def cpu_seconds(pid: int) -> float:
    """What the process has used of the CPU since it started, all threads, user and system."""
    return time.clock_gettime((~pid << 3) | 2)  # Linux: the id of another process's CPU clock


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no memory")


def family(pid: int) -> list[int]:
    """The process and all that descend from it and live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                children.setdefault(int(parent), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def family_cpu(pid: int) -> float:
    """Seconds of the CPU that the process and its living descendants have used."""
    total = 0.0
    for one in family(pid):
        with contextlib.suppress(OSError):
            total += cpu_seconds(one)
    return total


def family_memory(pid: int) -> float:
    """MiB of the process and its descendants. What several share counts once (the kernel's proportional set size)."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


class Noise:
    """How much of the machine others used meanwhile; figures of a busy machine are to be read as such."""

    def __init__(self) -> None:
        self._at, self._machine, self._own = time.monotonic(), _machine_cpu(), self._family()

    @staticmethod
    def _family() -> float:
        return family_cpu(os.getpid())

    def share(self) -> float:
        """Percent of all its processors, since this was made."""
        busy, own = _machine_cpu() - self._machine, self._family() - self._own
        there = (time.monotonic() - self._at) * (os.cpu_count() or 1)
        return max(0.0, busy - own) / there * 100


def _machine_cpu() -> float:
    """Seconds that the processors did not idle, were taken away by the host, or waited for a disk."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _wait, irq, soft, stolen = fields[:8]
    return (user + nice + system + irq + soft + stolen) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def allow_open_files(wanted: int) -> int:
    """Raise the limit on open files for us and those whom we start; gives what is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def run(*module: str, env: dict[str, str]) -> None:
    """Run one of our modules to its end."""
    subprocess.run([sys.executable, "-m", *module], cwd=ROOT, env={**os.environ, **env}, check=True)


@contextlib.contextmanager
def serving(*module: str, port: int, env: dict[str, str]) -> Iterator[int]:
    """A server that answers on that port while the block runs; gives its process id."""
    process = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env={**os.environ, **env})
    try:
        deadline = time.monotonic() + START_LIMIT
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(module)} does not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.kill()  # thousands of sockets need not be said goodbye to
        process.wait()


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
