"""The event log of Windows (M6, S11), and beside it a file of this person's own, which `remotehelp-app log` shows.

Run under Wine, which takes entries and keeps none; never seen in Windows' Event Viewer. There the text of an entry stands
behind a remark that the source is not registered, because registering one takes an administrator.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from remotehelp_app.platform.file_log import FileLog, one_line
from remotehelp_app.platform.interfaces import Level, UnavailableError
from remotehelp_app.platform.windows.win32 import advapi32
from remotehelp_app.texts import gettext as _

SOURCE: Final = "Remote Help"
_KINDS: Final[dict[Level, int]] = {"info": 4, "warning": 2, "error": 1}  # EVENTLOG_*_TYPE
_EVENT: Final = 1


class WindowsEventLog:
    """Implements `EventLog`: the log *Application*, from the source *Remote Help*."""

    def __init__(self, own: FileLog | None = None) -> None:
        self._own = own or FileLog()

    def write(self, level: Level, message: str, fields: Mapping[str, str]) -> None:
        about = [f"{name}: {one_line(value)}" for name, value in fields.items()]
        with suppress(UnavailableError):
            _report(_KINDS[level], [one_line(message), *about])
        self._own.write(level, message, fields)

    def read(self, limit: int) -> list[str]:
        return self._own.read(limit)

    def where(self) -> str:
        said = _("Windows' event log (Application, source %(source)s), and %(path)s")
        return said % {"source": SOURCE, "path": self._own.where()}


def _report(kind: int, lines: list[str]) -> None:
    source = advapi32.RegisterEventSourceW(None, SOURCE)
    if not source:
        return
    texts = (ctypes.c_wchar_p * len(lines))(*lines)
    try:
        advapi32.ReportEventW(source, kind, 0, _EVENT, None, len(lines), 0, texts, None)
    finally:
        advapi32.DeregisterEventSource(source)
