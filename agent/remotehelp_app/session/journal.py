"""What the device's own log tells of sessions (S11, M6): in English, in one line each, and never what was said, typed or shown."""

from __future__ import annotations

from remotehelp_app.platform.interfaces import EventLog, Level

_KINDS = {"view_screen": "view screen", "full_control": "full control"}


class Journal:
    """A session is named by its id, so that the lines of one can be put together."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def _write(self, level: Level, message: str, session_id: str, **fields: str) -> None:
        if session_id:
            fields["session"] = session_id
        self._log.write(level, message, fields)

    def session_started(self, session_id: str, helper: str, kind: str) -> None:
        words = _KINDS.get(kind, kind)
        self._write(
            "info",
            f"Session with {helper} allowed: {words}.",
            session_id,
            helper=helper,
            kind=kind,
        )

    def session_ended(self, session_id: str, helper: str, reason: str) -> None:
        is_sound = reason not in ("connection_lost", "not_connected")
        self._write(
            "info" if is_sound else "warning",
            f"Session with {helper} ended: {reason.replace('_', ' ') or 'unknown reason'}.",
            session_id,
            helper=helper,
            reason=reason,
        )

    def connection_lost(self, session_id: str) -> None:
        self._write("warning", "The connection was interrupted unexpectedly.", session_id)

    def elevation(self, session_id: str, answer: str) -> None:
        self._write("info", f"Elevation {answer}.", session_id, elevation=answer)

    def signing_out(self, session_id: str) -> None:
        self._write("info", "Signing the person out of this device.", session_id)

    def problem(self, session_id: str, what: str) -> None:
        self._write("error", f"Problem: {what}.", session_id)
