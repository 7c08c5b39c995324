"""`remotehelp up --demo` in a folder of its own, for benchmarks that look at the site as people do."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.processes import ROOT, free_port, listens

if TYPE_CHECKING:
    from tests.browser.conftest import Site

PATIENCE = 60


@contextlib.contextmanager
def demo_site() -> Iterator[Site]:
    """Running while the block does, with its people."""
    from tests.browser.conftest import Site

    with tempfile.TemporaryDirectory(prefix="remotehelp-") as name:
        folder = Path(name)
        port = free_port()
        env = {
            **os.environ,
            "REMOTEHELP_VAR": name,
            "PORT": str(port),
            # Every session of a benchmark comes from the same address.
            "REMOTEHELP_CODE_TRIES_PER_ADDRESS": "1000",
        }
        env.pop("DJANGO_SETTINGS_MODULE", None)
        with (folder / "site.log").open("wb") as log:
            command = [str(Path(sys.executable).parent / "remotehelp"), "up", "--demo"]
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
            try:
                deadline = time.monotonic() + PATIENCE
                while not listens(port):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError((folder / "site.log").read_text())
                    time.sleep(0.1)
                demo = json.loads((folder / "demo.json").read_text())
                yield Site(demo["url"], {person["role"]: person for person in demo["people"]})
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
