"""One session of the sharer, from the code to the end: what the site says, what the person does, what is live.

Runs on the engine's event loop. The site is believed about the state of the session and never about what was
allowed: consent and elevation count when the person at the device pressed the button here, and only for the kind
that they were shown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from remotehelp_app.platform.interfaces import Area, UnavailableError
from remotehelp_app.platform.system import System
from remotehelp_app.server.api import Api
from remotehelp_app.server.errors import ServerError, SignInEndedError
from remotehelp_app.server.shapes import Card, SessionInfo
from remotehelp_app.server.signals import Signals
from remotehelp_app.session.endings import ending
from remotehelp_app.session.journal import Journal
from remotehelp_app.session.live import Live, LiveListener
from remotehelp_app.status import ChatLine, Kind, Person, Problem, Session, Step
from remotehelp_app.texts import gettext as _

log = logging.getLogger(__name__)

# The site lets a broken session live for 30 s (product.md 5.8); without it we end what is live a little later.
_LOST_FOR_GOOD_AFTER = 35.0
_STEPS = {
    "introduced": Step.INTRODUCED,
    "requested": Step.REQUESTED,
    "connecting": Step.CONNECTING,
    "active": Step.ACTIVE,
    "ended": Step.ENDED,
}


class Help:
    """`told` is called with step and session whenever anything changed; `over` once, when it has ended."""

    def __init__(
        self,
        api: Api,
        system: System,
        journal: Journal,
        told: Callable[[Step, Session], None],
        problem: Callable[[Problem], None],
        *,
        own_window: int = 0,
        is_relay_only: bool = False,
    ) -> None:
        self._own_window = own_window
        self._api, self._system, self._journal = api, system, journal
        self._told, self._problem = told, problem
        self._is_relay_only = is_relay_only
        self._info: SessionInfo | None = None
        self._session: Session | None = None
        self._signals: Signals | None = None
        self._live: Live | None = None
        self._servers: list[dict[str, Any]] = []
        self._allowed: Kind | None = None  # by the person at this device
        self._is_elevated = False
        self._has_left = False
        self._areas: tuple[Area, ...] = ()
        self._refreshing = asyncio.Lock()
        self._turn = 0
        self._watch: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_over(self) -> bool:
        return self._info is not None and self._info.state == "ended"

    # --- the whole of it -------------------------------------------------------------------------

    async def run(self, info: SessionInfo) -> None:
        """From a redeemed code or an opened invitation to the end; whatever happens, nothing stays live."""
        self._session = Session(id=info.id, helper=await person_of(self._api, info.helper))
        try:
            await self._take(info)
            async with Signals(self._api, info.id) as self._signals:
                async for message in self._signals:
                    await self._hear(message)
                    if self.is_over:
                        break
                if self._signals.was_taken_over:
                    self._over_here("taken_over")
            if not self.is_over:
                await self._refresh()
        except SignInEndedError:
            self._over_here("signed_out")
            raise
        finally:
            await self._end()

    async def _end(self) -> None:
        self._cancel_watch()
        await self._close_live()
        for task in list(self._tasks):
            task.cancel()
        info, session = self._info, self._session
        if info is None or session is None:
            return
        if info.state != "ended":
            # The site is out of reach or has let go of us: for this device the session is over all the same.
            self._info = replace(
                info, state="ended", end_reason=info.end_reason or "connection_lost"
            )
            self._show()
        self._journal.session_ended(
            session.id, session.helper.full_name, self._info.end_reason if self._info else ""
        )
        self._sign_out_if_due()

    def _over_here(self, reason: str) -> None:
        """For this device it is over; elsewhere it may go on. Nothing was lost on the way."""
        if self._info is not None and not self.is_over:
            self._info = replace(self._info, state="ended", end_reason=reason)
            self._show()

    # --- what the site says ----------------------------------------------------------------------

    async def _hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "session.joined":
            self._servers = message["ice_servers"]
            await self._refresh()
            if self._live is not None and not self._live.peer.is_flowing:
                self._later(self._live.peer.offer())
            elif self._live is not None:
                self._signal({"type": "media.flowing"})
        elif kind == "session.changed":
            await self._refresh()
        elif kind == "session.taken_over":
            self._over_here("taken_over")
        elif self._live is not None:
            await self._hear_peer(self._live, message)

    async def _hear_peer(self, live: Live, message: dict[str, Any]) -> None:
        match message["type"]:
            case "answer":
                await live.peer.answered(message["attempt"], message["sdp"])
            case "candidate":
                await live.peer.candidate(message["attempt"], message["candidate"])
            case "ready" | "peer.joined":
                if not live.peer.is_flowing:
                    self._later(live.peer.offer())
            case "restart":
                live.peer.lost(message["attempt"])
            case _:
                pass

    async def _refresh(self) -> None:
        """What the session is like now. A site out of reach changes nothing: the socket tells when it is back."""
        if self._session is None:
            return
        async with self._refreshing:
            turn = -1
            while (
                turn != self._turn
            ):  # a step was taken meanwhile, so the answer may be older than it
                turn = self._turn
                try:
                    info = await self._api.session(self._session.id)
                except ServerError as error:
                    if error.is_temporary:
                        return
                    raise
            await self._take(info)

    async def _step(self, work: Awaitable[SessionInfo]) -> SessionInfo:
        """A step at the site; whatever was asked before it counts no more."""
        self._turn += 1
        try:
            return await work
        finally:
            self._turn += 1

    async def _take(self, info: SessionInfo) -> None:
        """Takes over what the site says, as far as it may be believed."""
        self._info = info
        if info.state in ("connecting", "active"):
            await self._go_live(info)
        elif self._live is not None:
            await self._close_live()
        if info.state in ("introduced", "requested"):
            self._allowed = None
        if self._is_elevated and info.elevation != "granted":
            self._set_elevated(is_granted=False)  # less than allowed is always fine
        self._show()

    def _show(self) -> None:
        info, session = self._info, self._session
        if info is None or session is None:
            return
        is_live = info.state in ("connecting", "active")
        self._session = replace(
            session,
            kind=self._allowed if is_live else info.kind,
            is_consented=self._allowed is not None,
            elevation="granted" if self._is_elevated else _without_granted(info.elevation),
            was_elevated=session.was_elevated or self._is_elevated,
            is_chat_allowed=info.is_chat_allowed,
            signs_out=is_live
            and (session.was_elevated or self._is_elevated or info.sign_out_at_end),
            expires_at=info.expires_at,
            active_since=info.active_at,
            end_reason=info.end_reason,
            end_text=ending(info) if info.state == "ended" else "",
        )
        self._told(_STEPS.get(info.state, Step.ENDED), self._session)

    def _change(self, **changes: Any) -> None:
        if self._session is not None and self._info is not None:
            self._session = replace(self._session, **changes)
            self._told(_STEPS.get(self._info.state, Step.ENDED), self._session)

    # --- what is live ----------------------------------------------------------------------------

    async def _go_live(self, info: SessionInfo) -> None:
        if self._live is not None or self._has_left:
            return
        if self._allowed is None or info.consented_kind != self._allowed:
            # Nobody allowed this here. Whoever says otherwise gets nothing.
            self._journal.problem(
                info.id, "the site claims a consent that was not given on this device"
            )
            await self._leave_quietly()
            return
        live = Live(
            self._system,
            self._allowed,
            LiveListener(
                signal=self._signal,
                flowing=self._flowing,
                broken=self._broken,
                chat=self._chatted,
                prompt_open=lambda is_open: self._change(is_prompt_open=is_open),
                input_paused=lambda is_paused: self._change(is_input_paused=is_paused),
                failed=self._failed,
            ),
            own_window=self._own_window,
            is_relay_only=self._is_relay_only,
        )
        self._live = live
        live.protect(self._areas)
        if self._session is not None:
            self._journal.session_started(
                self._session.id, self._session.helper.full_name, self._allowed
            )
        await live.start(self._servers)
        self._watch_connection()

    async def _close_live(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            await live.close()

    def _signal(self, message: dict[str, Any]) -> None:
        if self._signals is not None:
            self._later(self._signals.send(message))

    def _flowing(self) -> None:
        self._cancel_watch()
        self._signal({"type": "media.flowing"})
        self._change(is_connected=True, lost_since=None)

    def _broken(self) -> None:
        self._signal({"type": "media.lost"})
        if self._session is not None:
            self._journal.connection_lost(self._session.id)
        self._change(is_connected=False, lost_since=time.time())
        self._watch_connection()

    def _watch_connection(self) -> None:
        """The site ends a session that stays broken; when the site is out of reach too, we do."""
        self._cancel_watch()
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(_LOST_FOR_GOOD_AFTER, lambda: self._later(self._give_up()))

    def _cancel_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _give_up(self) -> None:
        await self._refresh()
        if self._info is not None and not self.is_over:
            if self._info.state == "connecting":
                self._watch_connection()  # nothing is shown; the site's own limit for it is longer
                return
            self._info = replace(self._info, state="ended", end_reason="connection_lost")
            await self._close_live()
            self._show()
            if self._signals is not None:
                await self._signals.close()

    def _failed(self, part: str, why: str) -> None:
        """The screen or the input of this system broke."""
        if self._session is not None:
            self._journal.problem(self._session.id, f"{part} failed")
        if part == "screen":
            message = why or _("The screen can no longer be read.")
            self._problem(Problem("screen_failed", message, _("The session has ended.")))
            self._later(self.leave())
        else:
            message = why or _("Mouse and keyboard can no longer be controlled.")
            remedy = _("The helper still sees the screen.")
            self._problem(Problem("input_failed", message, remedy))

    # --- chat ------------------------------------------------------------------------------------

    def _chatted(self, text: str) -> None:
        if self._session is not None and self._session.is_chat_allowed:
            self._add_line(ChatLine(text, is_mine=False, at=time.time()))

    def say(self, text: str) -> None:
        text = text.strip()
        if not text or self._live is None:
            return
        if self._live.say(text):
            self._add_line(ChatLine(text, is_mine=True, at=time.time()))
        else:
            self._problem(
                Problem(
                    "not_connected",
                    _("The message was not sent: there is no connection right now."),
                )
            )

    def _add_line(self, line: ChatLine) -> None:
        if self._session is not None:
            self._change(chat=(*self._session.chat, line)[-500:])

    # --- what the person does --------------------------------------------------------------------

    async def allow(self, kind: Kind) -> None:
        """Exactly what was shown. The site may refuse; then nothing was allowed."""
        info = self._info
        if info is None or info.state != "requested" or info.kind != kind:
            return
        self._allowed = kind
        try:
            answered = await self._step(self._api.allow(info.id, kind))
        except ServerError:
            self._allowed = None
            raise
        self._allowed = kind
        await self._take(answered)

    async def decline(self) -> None:
        if self._info is not None and self._info.state == "requested":
            await self._take(await self._step(self._api.decline(self._info.id)))

    async def answer_elevation(self, *, is_granted: bool) -> None:
        info = self._info
        if info is None or info.elevation != "asked" or self._live is None:
            return
        if not is_granted:
            self._journal.elevation(info.id, "refused")
            await self._take(await self._step(self._api.elevation(info.id, "refuse")))
            return
        answered = await self._step(self._api.elevation(info.id, "grant"))
        if answered.elevation == "granted" and self._live is not None:
            self._set_elevated(is_granted=True)
            self._journal.elevation(info.id, "granted")
        await self._take(answered)

    async def revoke_elevation(self) -> None:
        """At once here; the site hears of it after."""
        if self._info is None or not self._is_elevated:
            return
        self._set_elevated(is_granted=False)
        self._journal.elevation(self._info.id, "revoked")
        self._show()
        await self._take(await self._step(self._api.elevation(self._info.id, "revoke")))

    def _set_elevated(self, *, is_granted: bool) -> None:
        self._is_elevated = is_granted
        if self._live is not None:
            self._live.elevate(is_granted=is_granted)
        if is_granted and self._session is not None:
            self._session = replace(self._session, was_elevated=True)

    async def leave(self) -> None:
        """Nothing is shown or held from now on, whether or not the site can be told."""
        if self._info is None or self.is_over:
            return
        self._has_left = True
        was_live = self._live is not None
        await self._close_live()
        try:
            answered = await self._step(self._api.leave(self._info.id))
        except ServerError as error:
            log.warning("the site could not be told that the session was left: %s", error.code)
            answered = replace(
                self._info, state="ended", end_reason="sharer_left", ended_by="sharer"
            )
        self._info = answered
        self._show()
        if was_live or self.is_over:
            await self._stop_listening()

    async def _leave_quietly(self) -> None:
        self._has_left = True
        with suppress(ServerError):
            self._info = await self._api.leave(self._info.id) if self._info else None
        await self._stop_listening()

    async def _stop_listening(self) -> None:
        if self._signals is not None:
            await self._signals.close()

    # --- our own windows -------------------------------------------------------------------------

    def protect(self, areas: tuple[Area, ...]) -> None:
        self._areas = areas
        if self._live is not None:
            self._live.protect(areas)

    # --- after it --------------------------------------------------------------------------------

    def _sign_out_if_due(self) -> None:
        """S8: when the sharer ended an elevated session; with the tenant's setting, after every session that was live."""
        info, session = self._info, self._session
        if info is None or session is None or info.active_at is None:
            return
        is_ours = info.ended_by == "sharer" and session.was_elevated
        if not is_ours and not info.sign_out_at_end:
            return
        self._journal.signing_out(session.id)
        try:
            self._system.sign_out().sign_out()
        except UnavailableError as error:
            self._journal.problem(session.id, "the sign-out of the device failed")
            self._problem(
                Problem("sign_out_failed", str(error), _("Sign out of this device yourself now."))
            )

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except ServerError as error:
            log.warning("not done: %s", error.code)


async def person_of(api: Api | None, card: Card) -> Person:
    """The trust card, with the picture if there is one and it can be had."""
    picture = None
    if card.picture and api is not None:
        with suppress(ServerError):  # initials do as well
            picture = await api.picture(card.picture)
    return Person(
        full_name=card.full_name,
        initials=card.initials,
        job_title=card.job_title,
        company=card.company,
        verified_domain=card.verified_domain,
        picture=picture,
    )


def _without_granted(state: Any) -> Any:
    """The site's word alone grants nothing on this device."""
    return "none" if state == "granted" else state
