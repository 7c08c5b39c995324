"""What the window needs of the engine beside `Actions`: to be told where our own windows are.

The helper's mouse must not press *Allow elevation*, and the helper's keys must not type into our windows. So the window tells the places of
its own windows, and the system's number of one of them, before anything can happen there.
"""

from __future__ import annotations

from typing import Protocol

from remotehelp_app.platform.interfaces import Area
from remotehelp_app.status import Actions


class WindowEngine(Actions, Protocol):
    def start(self) -> None: ...

    def stop(self) -> None:
        """Ends what is live and waits for it, some seconds at most."""
        ...

    def areas_changed(self, areas: tuple[Area, ...]) -> None: ...

    def attend(self) -> None:
        """The person is at this window now."""
        ...

    def own_window(self, number: int) -> None:
        """The system's own number of a window of ours, by which the keyboard's owner is told."""
        ...
