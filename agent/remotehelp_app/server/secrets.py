"""What may be known to this person on this device only: the sign-in and the device's key, in the system's keyring.

There is no file to fall back to. Without an open keyring the app works until it is closed and remembers nothing.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import keyring
import keyring.backend
import keyring.errors

from remotehelp_app.server.proof import DeviceKey
from remotehelp_app.texts import gettext as _

log = logging.getLogger(__name__)

_SERVICE = "Remote Help"
# Only stores that encrypt with the person's own login: others of the library keep plain text in files.
_TRUSTED = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.Windows",
)


# Seconds for the person to unlock the keyring when the system asks them to.
_PATIENCE = 60.0

_T = TypeVar("_T")


class KeyringError(Exception):
    """Nothing can be kept; `args[0]` says why and what to do."""


def _backend() -> keyring.backend.KeyringBackend:
    found: Any = keyring.get_keyring()
    candidates = [found, *getattr(found, "backends", [])]
    for candidate in candidates:
        if type(candidate).__module__.startswith(_TRUSTED):
            trusted: keyring.backend.KeyringBackend = candidate
            return trusted
    raise KeyringError(
        _(
            "This system has no keyring, so nothing is remembered: you sign in again after each start. Install one,"
            " for instance gnome-keyring."
        )
    )


def _in_time(ask: Callable[[], _T]) -> _T:
    """The answer, or TimeoutError: a keyring that waits for its password does so for ever.

    The thread that asked is left behind then; it is a daemon, so it keeps nothing from ending.
    """
    answers: queue.Queue[tuple[_T | None, BaseException | None]] = queue.Queue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:  # noqa: BLE001 it is raised again by whoever asked
            answers.put((None, error))

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        answer, error = answers.get(timeout=_PATIENCE)
    except queue.Empty as empty:
        raise TimeoutError from empty
    if error is not None:
        raise error
    return cast("_T", answer)


@dataclass(slots=True)
class Secrets:
    """One site's secrets. `problem` says why nothing is kept; empty while it is."""

    site: str
    problem: str = ""
    _here: dict[str, str] = field(default_factory=dict)

    def _name(self, kind: str) -> str:
        return f"{kind} {self.site}"

    def _read(self, kind: str) -> str:
        if kind in self._here:
            return self._here[kind]
        try:
            found = _in_time(lambda: _backend().get_password(_SERVICE, self._name(kind))) or ""
        except KeyringError as error:
            self.problem = str(error)
            return ""
        except (keyring.errors.KeyringError, OSError, RuntimeError):
            self._locked()
            return ""
        self._here[kind] = found
        return found

    def _write(self, kind: str, value: str) -> None:
        self._here[kind] = value
        try:
            _in_time(lambda: self._put(kind, value))
            self.problem = ""
        except KeyringError as error:
            self.problem = str(error)
        except (keyring.errors.KeyringError, OSError, RuntimeError):
            self._locked()

    def _put(self, kind: str, value: str) -> None:
        backend = _backend()
        if value:
            backend.set_password(_SERVICE, self._name(kind), value)
        elif backend.get_password(_SERVICE, self._name(kind)) is not None:
            backend.delete_password(_SERVICE, self._name(kind))

    def _locked(self) -> None:
        log.warning("the system keyring is locked or does not answer")
        self.problem = _(
            "The system's keyring is locked, so nothing is remembered. Unlock it, then start the app again."
        )

    @property
    def refresh_token(self) -> str:
        return self._read("sign-in")

    def keep_refresh_token(self, token: str) -> None:
        """An empty one forgets the sign-in."""
        self._write("sign-in", token)

    @property
    def device_key(self) -> DeviceKey | None:
        kept = self._read("device")
        if not kept:
            return None
        try:
            return DeviceKey.read(kept)
        except (ValueError, KeyError):
            log.warning("the device key in the keyring cannot be read; a new one is made")
            return None

    def keep_device_key(self, key: DeviceKey) -> None:
        self._write("device", key.kept())

    def forget_device_key(self) -> None:
        self._write("device", "")
