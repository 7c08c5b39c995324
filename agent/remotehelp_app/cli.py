"""`remotehelp-app`: opens the window; `log` shows what this device has noted; `doctor` says what works here."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from remotehelp_app import VERSION
from remotehelp_app.config import Config
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.system import System, this_system
from remotehelp_app.texts import choose_language
from remotehelp_app.texts import gettext as _

# How long a busy thread keeps the others waiting. At Python's own 5 ms the picture falls to a third of its frames
# while other work goes on (docs/decisions/device-media.md).
_SWITCH_INTERVAL = 0.0005


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code: 0 done, 1 something failed and was said, 2 another copy is running or a wrong argument."""
    choose_language()
    _speak_on_any_terminal()
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if parsed.verbose else logging.WARNING,
        format="%(asctime)s %(name)s: %(message)s",
    )
    # These tell of addresses and sizes of every packet; none of it is for a log.
    logging.getLogger("aioice").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        system = this_system()
    except UnavailableError as error:
        return _fail(str(error))
    if parsed.command == "log":
        return _log(system, parsed.lines)
    if parsed.command == "doctor":
        from remotehelp_app.doctor import examine

        return examine(system, parsed.server or Config.load().server)
    return _open(system, parsed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="remotehelp-app", description=_("Get help from your organisation's help desk.")
    )
    parser.add_argument(
        "--version", action="version", version=VERSION, help=_("show the version and exit")
    )
    parser.add_argument("--server", default="", help=_("the address of your Remote Help site"))
    parser.add_argument("--verbose", action="store_true", help=_("say more on the terminal"))
    parser.add_argument("--relay-only", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", title=_("commands"), metavar=_("COMMAND"))
    log = commands.add_parser("log", help=_("show what this device has noted of sessions"))
    log.add_argument("--lines", type=int, default=200, help=_("how many of the newest entries"))
    commands.add_parser("doctor", help=_("say what works on this device and what does not"))
    return parser


def _speak_on_any_terminal() -> None:
    """A terminal that knows too few characters shows others in their place; nothing fails of it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _log(system: System, lines: int) -> int:
    entries = system.event_log().read(max(1, min(lines, 10_000)))
    sys.stdout.write(
        "".join(f"{entry}\n" for entry in entries) or _("Nothing was noted yet.") + "\n"
    )
    return 0


def _open(system: System, parsed: argparse.Namespace) -> int:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return _fail(_("There is no desktop to open a window on: DISPLAY is not set."))
    try:
        system.check_desktop()
    except UnavailableError as error:
        return _fail(str(error))
    from remotehelp_app.one_copy import AlreadyRunningError, OneCopy, this_desktop

    try:
        with OneCopy():
            return _run(system, parsed)
    except AlreadyRunningError as error:
        sentence = _("Remote Help is already running on this desktop.")
        if error.display not in ("", this_desktop()):
            sentence = _(
                "Remote Help is already running for you on another desktop (%(display)s). Use it there, or close it there first."
            ) % {"display": error.display}
        sys.stderr.write(f"{sentence}\n")
        return 2


def _run(system: System, parsed: argparse.Namespace) -> int:
    from remotehelp_app.engine import Engine
    from remotehelp_app.window.app import run_window

    sys.setswitchinterval(_SWITCH_INTERVAL)
    config = Config.load()
    if parsed.server:
        config.server = parsed.server
    return run_window(lambda show: Engine(show, system, config, is_relay_only=parsed.relay_only))


if __name__ == "__main__":
    sys.exit(main())
