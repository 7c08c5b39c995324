"""Several threads of the app open their connections to the X server at the same moment, in a new process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.desktop
# python-xlib imports each extension with the first connection, so only a new process can show it.
AT_ONCE = """
import sys, threading
from remotehelp_app.platform.x11.cursor import CursorWatch
from remotehelp_app.platform.x11.monitors import MonitorWatch
from remotehelp_app.platform.x11.windows import WindowWatch

parts = [WindowWatch, MonitorWatch, CursorWatch] * 3
barrier = threading.Barrier(len(parts))
wrong = []

def use(part):
    barrier.wait()
    try:
        made = part(sys.argv[1])
        if part is WindowWatch:
            made.start()
        elif part is MonitorWatch:
            assert made.list()
        else:
            assert made.changed() is not None
        made.close()
    except BaseException as error:
        wrong.append(repr(error))

threads = [threading.Thread(target=use, args=(part,)) for part in parts]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("\\n".join(wrong) or 0)
"""


def test_connections_opened_at_once_are_whole(device):
    for _time in range(5):
        done = subprocess.run(
            [sys.executable, "-c", AT_ONCE, device.display],
            env={**device.env, "PYTHONPATH": "agent"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
