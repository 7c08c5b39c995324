"""What the engine runs on: an event loop in a thread of its own, and one place where what goes wrong is shown."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from remotehelp_app.platform.system import System
from remotehelp_app.server.errors import ServerError, SignInEndedError
from remotehelp_app.session.journal import Journal
from remotehelp_app.status import Problem, Status
from remotehelp_app.texts import gettext as _

log = logging.getLogger(__name__)

Show = Callable[[Status], None]


class EngineLoop:
    """`show` is called from the engine's thread, with each status."""

    def __init__(self, show: Show, system: System) -> None:
        self._show, self._system = show, system
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._stopping = asyncio.Event()
        self._status = Status(notices=system.notices)
        self._journal = Journal(system.event_log())
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Ends what is live and waits for it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(seconds)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        """All that is done, until `_stopping` is set."""
        raise NotImplementedError

    async def _signed_out(self, why: ServerError | None = None) -> None:
        """The sign-in is worth nothing any more."""
        raise NotImplementedError

    def _change(self, **changes: Any) -> None:
        self._status = replace(self._status, revision=self._status.revision + 1, **changes)
        self._show(self._status)

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """From any thread: runs it on the loop, and shows what went wrong."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._spawn(work()))

    def _now(self, work: Callable[[], None]) -> None:
        """From any thread: the same for what needs no waiting."""

        async def do() -> None:
            work()

        self._do(do)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except SignInEndedError as error:
            await self._signed_out(error)
        except ServerError as error:
            self._say(error)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("something went wrong")
            self._journal.problem("", "an unexpected error")
            self._change(
                problem=Problem(
                    "unexpected",
                    _("Something went wrong in this app."),
                    _(
                        "Try again. If it comes back, tell your help desk; the log on this device has the details."
                    ),
                )
            )

    def _say(self, error: ServerError) -> None:
        self._journal.problem("", f"refused or out of reach: {error.code}")
        self._change(problem=Problem(error.code, error.message, error.remedy))

    @staticmethod
    def _cancel(*tasks: asyncio.Task[None] | None) -> None:
        for task in tasks:
            if task is not None:
                task.cancel()
