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
