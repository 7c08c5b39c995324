"""The device's own log on a real journald, in a mount namespace of its own, and as somebody who may not read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.desktop
ROOT = Path(__file__).resolve().parents[2]
# Told as arguments: the person's state folder, and Python.
SCRIPT = """
set -eu
mount -t tmpfs none /run
mount -t tmpfs none /var/log
mkdir -p /run/systemd/journal /run/log
/lib/systemd/systemd-journald 2>/dev/null &
journald=$!
trap 'kill "$journald"' EXIT
tries=0
until [ -S /run/systemd/journal/socket ]; do
    tries=$((tries + 1)); [ "$tries" -lt 500 ]; sleep 0.02
done
export XDG_STATE_HOME="$1"
"$2" -c '
from remotehelp_app.platform.linux.event_log import best_event_log
from remotehelp_app.session.journal import Journal
journal = Journal(best_event_log())
journal.session_started("s-1", "Eve\\nMESSAGE=forged\\x1b[2J", "full_control")
journal.connection_lost("s-1")
'
journalctl --sync
journalctl SYSLOG_IDENTIFIER=remotehelp-app REMOTEHELP_SESSION=s-1 -o json -q
echo ---
"$2" -m remotehelp_app log
echo ---
rm -r "$1"/remotehelp
"$2" -m remotehelp_app log
"""


def test_the_journal_has_the_session_and_the_person_reads_it(tmp_path: Path):
    names = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run(
        [*names, "sh", "-c", SCRIPT, "sh", str(tmp_path), sys.executable],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "agent"), "LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    in_journal, by_file, by_journal = done.stdout.split("---\n")
    started, lost = (json.loads(line) for line in in_journal.splitlines())
    assert started["MESSAGE"] == "Session with Eve MESSAGE=forged [2J allowed: full control."
    assert (started["PRIORITY"], started["REMOTEHELP_KIND"]) == ("6", "full_control")
    assert (lost["PRIORITY"], lost["REMOTEHELP_SESSION"]) == ("4", "s-1")
    # The person's own file; and where none could be kept, the journal itself.
    for shown in (by_file, by_journal):
        first, second = shown.splitlines()[:2]
        assert first.endswith(": Session with Eve MESSAGE=forged [2J allowed: full control.")
        assert second.endswith(": The connection was interrupted unexpectedly.")
