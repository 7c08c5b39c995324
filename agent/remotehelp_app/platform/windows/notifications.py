"""Notices on Windows: there are none. An invitation brings the app's own window forward instead."""

from __future__ import annotations

from collections.abc import Callable

from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _


class NoNotifier:
    """Implements `Notifier` for a system whose own notices (toasts) nobody could try: Wine has none."""

    async def check(self) -> None:
        raise UnavailableError(_nothing())

    async def show(self, key: str, title: str, text: str, pressed: Callable[[], None]) -> None:
        raise UnavailableError(_nothing())

    async def withdraw(self, key: str) -> None:
        """Nothing was shown."""

    async def close(self) -> None:
        """Nothing was shown."""


def _nothing() -> str:
    return _(
        "On Windows this app shows no notifications. The app's own window comes forward instead."
    )
