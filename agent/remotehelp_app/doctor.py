"""`remotehelp-app doctor`: what works on this device, what does not, and what to do about it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.platform.system import System
from remotehelp_app.server.reach import look
from remotehelp_app.texts import gettext as _


def examine(system: System, server: str) -> int:
    """Says a line for each part of this device and of the way to the site; 1 when one does not work."""
    checks: list[tuple[str, Callable[[], Any]]] = [
        (_("The screen can be read"), lambda: _closed(system.desktop())),
        (_("Mouse and keyboard can be controlled"), lambda: _closed(system.input())),
        (_("Facts about the system can be found out"), system.facts),
    ]
    results = [_examined(name, check) for name, check in checks]
    results.append(_log(system))
    results.append(_network(server))
    for notice in (*system.notices, *asyncio.run(_without_notices(system))):
        sys.stdout.write(f"!  {notice}\n")
    sys.stdout.write("".join(f"{sentence}\n" for sentence in _tried()))
    return 0 if all(results) else 1


def _tried() -> tuple[str, ...]:
    """What the app was run on, and what nobody could try."""
    return (
        _("Run and tested: Linux with X11."),
        _(
            "Run under Wine only, which is not Windows: screen, monitors, mouse and keyboard, event log, and a whole session"
            " of viewing and control."
        ),
        _(
            "Never run: Windows itself, with its prompts for an administrator (UAC), programs that run as an administrator"
            " (UIPI), scaled monitors (DPI) and a service of the system's; macOS; Wayland."
        ),
    )


async def _without_notices(system: System) -> list[str]:
    """A desktop without notifications lacks a comfort, and nothing that has to work."""
    notifier = system.notifier()
    try:
        await notifier.check()
    except UnavailableError as error:
        return [str(error)]
    finally:
        await notifier.close()
    return []


def _network(server: str) -> bool:
    if not server:
        said = _("No site is set, so the network was not looked at. Name it: %(command)s")
        command = "remotehelp-app --server https://help.example.org doctor"
        sys.stdout.write(f"!  {said % {'command': command}}\n")
        return True
    findings = asyncio.run(look(server))
    for finding in findings:
        mark = {True: "✓", False: "✗", None: "!"}[finding.is_well]
        parts = (
            f"{finding.name}: {finding.said}" if finding.said else finding.name,
            finding.remedy,
        )
        sys.stdout.write(f"{mark}  {'. '.join(part.rstrip('.') for part in parts if part)}\n")
    return all(finding.is_well is not False for finding in findings)


def _log(system: System) -> bool:
    name = _("What happens is noted on this device")
    try:
        sys.stdout.write(f"✓  {name}: {system.event_log().where()}\n")
    except UnavailableError as error:
        sys.stdout.write(f"✗  {name}: {error}\n")
        return False
    return True


def _closed(part: Any) -> None:
    part.close()


def _examined(name: str, check: Callable[[], Any]) -> bool:
    try:
        check()
    except UnavailableError as error:
        sys.stdout.write(f"✗  {name}: {error}\n")
        return False
    sys.stdout.write(f"✓  {name}\n")
    return True
