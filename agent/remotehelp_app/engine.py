"""What the app does, on an event loop in a thread of its own: sign-in, the device, and one session at a time.

The window sees `Status` and calls `Actions` (`status.py`); nothing here knows of the window.
"""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from remotehelp_app import VERSION
from remotehelp_app.at_rest import RESTING, RestingEngine
from remotehelp_app.config import Config
from remotehelp_app.platform.interfaces import Area
from remotehelp_app.platform.system import System
from remotehelp_app.running import Show
from remotehelp_app.server import sign_in
from remotehelp_app.server.access import Access
from remotehelp_app.server.api import Api
from remotehelp_app.server.errors import ServerError, SignInEndedError
from remotehelp_app.server.secrets import Secrets
from remotehelp_app.server.shapes import Me, SessionInfo
from remotehelp_app.server.site import Site, checked_address
from remotehelp_app.session.help import Help
from remotehelp_app.status import Kind, Person, Problem, Session, SignInPrompt, Step
from remotehelp_app.texts import language

_IN_SESSION = frozenset({Step.INTRODUCED, Step.REQUESTED, Step.CONNECTING, Step.ACTIVE})


class Engine(RestingEngine):
    """Implements the window's `WindowEngine`."""

    def __init__(
        self,
        show: Show,
        system: System,
        config: Config,
        *,
        open_browser: Callable[[str], Any] = webbrowser.open,
        on_quit: Callable[[], None] = lambda: None,
        is_relay_only: bool = False,
    ) -> None:
        super().__init__(show, system)
        self._config = config
        self._open_browser, self._on_quit = open_browser, on_quit
        self._is_relay_only = is_relay_only
        self._site: Site | None = None
        self._help: Help | None = None
        self._signing_in: asyncio.Task[None] | None = None
        self._session_task: asyncio.Task[None] | None = None
        self._areas: tuple[Area, ...] = ()
        self._own_window = 0

    async def _main(self) -> None:
        self._spawn(self._begin())
        await self._stopping.wait()
        await self._end_session()
        await self._invitations.close()
        tasks = [task for task in (self._signing_in, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._site is not None:
            await self._site.close()

    async def _begin(self) -> None:
        if not self._config.server:
            self._change(step=Step.NO_SERVER)
            return
        await self._use_server(self._config.server)

    # --- the site and the sign-in ----------------------------------------------------------------

    async def _use_server(self, address: str) -> None:
        address = checked_address(address)
        if self._site is not None:
            await self._site.close()
        self._site = Site(address, language())
        self._secrets = Secrets(address)
        self._config.server = address
        self._config.save()
        self._change(server=address, step=Step.STARTING, problem=None)
        token = await asyncio.to_thread(lambda: self._secrets.refresh_token)
        self._show_notices()
        self._change(step=Step.SIGNED_OUT)
        if token:
            await self._enter(Access(self._site, token, self._secrets.keep_refresh_token))

    async def _sign_in(self, road: Callable[..., Coroutine[Any, Any, dict[str, Any]]]) -> None:
        if self._site is None:
            return
        self._change(step=Step.SIGNING_IN, sign_in=None, problem=None)
        try:
            tokens = await road(self._site, self._shown)
            access = Access(self._site, "", self._secrets.keep_refresh_token)
            access.take(tokens)
            await self._enter(access)
        except (ServerError, asyncio.CancelledError):
            self._change(step=Step.SIGNED_OUT, sign_in=None)
            raise

    def _shown(self, prompt: SignInPrompt) -> None:
        self._change(sign_in=prompt)
        if not prompt.code:
            self._open_browser(prompt.address)

    async def _enter(self, access: Access) -> None:
        """Signed in: who it is, which device this is, and listening for invitations."""
        api = Api(access)
        try:
            me = await api.me()
        except SignInEndedError:
            self._secrets.keep_refresh_token("")
            self._change(step=Step.SIGNED_OUT, sign_in=None)
            return
        self._api = api
        self._change(step=Step.HOME, sign_in=None, person=_person(me), problem=None)
        self._care_for_device(api)
        await self._advise(api)

    async def _advise(self, api: Api) -> None:
        with suppress(ServerError):
            versions = await api.versions()
            if _is_older(VERSION, versions.mandatory):
                self._change(version_advice="mandatory")
            elif _is_older(VERSION, versions.recommended):
                self._change(version_advice="recommended")

    async def _signed_out(self, why: ServerError | None = None) -> None:
        """Nothing of the person stays."""
        await self._forget_device()
        await self._end_session()
        self._api = None
        self._secrets.keep_refresh_token("")
        problem = Problem(why.code, why.message, why.remedy) if why is not None else None
        self._change(
            step=Step.SIGNED_OUT,
            person=None,
            device="",
            is_enrolled=False,
            has_to_enrol=False,
            device_problem=None,
            is_called_elsewhere=False,
            invitations=(),
            due=None,
            session=None,
            problem=problem,
        )

    # --- a session -------------------------------------------------------------------------------

    async def _redeem(self, code: str) -> None:
        if self._api is None or self._status.step not in (*RESTING, Step.ENDED):
            return
        self._change(step=Step.REDEEMING, problem=None)
        await self._join(self._api, lambda api: api.redeem(code))

    async def _join(
        self, api: Api, join: Callable[[Api], Coroutine[Any, Any, SessionInfo]]
    ) -> None:
        try:
            info = await join(api)
        except ServerError:
            self._change(step=self._resting_step())
            raise
        self._help = Help(
            api,
            self._system,
            self._journal,
            self._told,
            lambda problem: self._change(problem=problem),
            own_window=self._own_window,
            is_relay_only=self._is_relay_only,
        )
        self._help.protect(self._areas)
        self._session_task = self._spawn(self._go_through(self._help, info))

    async def _go_through(self, help_: Help, info: SessionInfo) -> None:
        try:
            await help_.run(info)
        finally:
            if self._help is help_:
                self._help = None

    def _told(self, step: Step, session: Session) -> None:
        self._change(step=step, session=session)

    async def _end_session(self) -> None:
        if self._help is not None:
            with suppress(ServerError):
                await self._help.leave()
        task = self._session_task
        if task is not None and task is not asyncio.current_task():
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(task, 5)

    # --- Actions ---------------------------------------------------------------------------------

    def set_server(self, address: str) -> None:
        self._do(lambda: self._use_server(address))

    def sign_in(self) -> None:
        self._do(lambda: self._start_sign_in(sign_in.by_loopback))

    def sign_in_with_code(self) -> None:
        self._do(lambda: self._start_sign_in(sign_in.by_code))

    async def _start_sign_in(
        self, road: Callable[..., Coroutine[Any, Any, dict[str, Any]]]
    ) -> None:
        self._cancel(self._signing_in)
        self._signing_in = self._spawn(self._sign_in(road))

    def cancel_sign_in(self) -> None:
        async def cancel() -> None:
            self._cancel(self._signing_in)

        self._do(cancel)

    def sign_out(self) -> None:
        self._do(self._sign_out)

    async def _sign_out(self) -> None:
        api = self._api
        await self._signed_out()
        if api is not None:
            with suppress(ServerError):  # the tokens are forgotten here in any case
                await api.access.revoke()

    def redeem(self, code: str) -> None:
        self._do(lambda: self._redeem(code))

    def allow(self, kind: Kind) -> None:
        self._with_help(lambda help_: help_.allow(kind))

    def decline(self) -> None:
        self._with_help(lambda help_: help_.decline())

    def leave(self) -> None:
        self._with_help(lambda help_: help_.leave())

    def answer_elevation(self, *, is_granted: bool) -> None:
        self._with_help(lambda help_: help_.answer_elevation(is_granted=is_granted))

    def revoke_elevation(self) -> None:
        self._with_help(lambda help_: help_.revoke_elevation())

    def say(self, text: str) -> None:
        async def say(help_: Help) -> None:
            help_.say(text)

        self._with_help(say)

    def _with_help(self, step: Callable[[Help], Coroutine[Any, Any, None]]) -> None:
        async def do() -> None:
            if self._help is not None:
                await step(self._help)

        self._do(do)

    def dismiss_problem(self) -> None:
        self._now(lambda: self._change(problem=None))

    def done(self) -> None:
        def done() -> None:
            if self._status.step not in _IN_SESSION and self._status.person is not None:
                self._change(step=self._resting_step(), session=None, problem=None)

        self._now(done)

    def quit(self) -> None:
        self._on_quit()

    # --- the window's own places -----------------------------------------------------------------

    def areas_changed(self, areas: tuple[Area, ...]) -> None:
        """At once, not by way of the loop: the gate must know before the helper's next click."""
        self._areas = areas
        if self._help is not None:
            self._help.protect(areas)

    def own_window(self, number: int) -> None:
        self._own_window = number


def _person(me: Me) -> Person:
    words = me.full_name.split()
    initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
    return Person(me.full_name, initials, verified_domain=me.verified_domain)


def _is_older(ours: str, wanted: str) -> bool:
    """Versions as numbers with dots; one that is not compares as none."""

    def numbers(version: str) -> list[int]:
        parts = version.split(".")
        return [int(p) for p in parts] if all(p.isdigit() for p in parts) else []

    return bool(numbers(wanted)) and numbers(ours) < numbers(wanted)
