"""The live socket of one side of a session: presence, and signalling passed on unread.

The handshake:
1. The origin was checked before we are asked (`asgi.py`).
2. Nobody signed in, no such session, not a participant, or a session that has ended: refused before it is
   accepted, all alike.
3. The socket takes over its side of the session; an older one of the same person is told so.
4. Accepted: the page is told the state, the ICE servers, and whether the other side is there.
5. From then on only messages of the closed set (`messages.py`) come in, at a limited rate; anything else ends
   the socket. Steps of the session (ask, allow, leave) go over HTTP and arrive here as notices.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.exceptions import ChannelFull
from django.conf import settings

from apps.common.errors import RuleError
from apps.devices.selectors import is_connected
from apps.sessions import messages, selectors, services
from apps.sessions.consumers.base import BAD_MESSAGE, TAKEN_OVER, ProductConsumer
from apps.sessions.heartbeat import Pulse, heartbeat
from apps.sessions.ice import ice_servers
from apps.sessions.models import HelpSession, Side
from apps.sessions.states import State, may_signal
from apps.tenants.models import User
from apps.tenants.signed_in import AnySignIn


class SessionConsumer(ProductConsumer):
    """One side's socket. It holds no rule: it asks the services and passes signals on."""

    RECHECK_AFTER = 15.0  # seconds for which a state heard of is believed without asking again

    side: Side

    async def connect(self) -> None:
        self.joined = False
        self.peer_channel = ""
        self.about_device: dict[str, bool] = {}
        self._timer: asyncio.Task[None] | None = None
        # Of person and session only the ids are kept: thousands of sockets do nothing for hours.
        self.person_id: Any = self.scope.get("person_id")
        self.session_id: uuid.UUID = self.scope["url_route"]["kwargs"]["pk"]
        if self.person_id is None:
            await self.close()
            return
        try:
            joined = await database_sync_to_async(self._join)()
        except RuleError:
            await self.close()
            return
        self.joined = True
        self.peer_channel = joined.peer_channel
        self._believe(State(joined.session.state))
        sign_in = cast("AnySignIn | None", self.scope.get("sign_in"))
        heartbeat.add(
            self.channel_name,
            Pulse(self.side, sign_in, self.session_is_stale, self.signed_out),
        )
        await self.accept()
        await self.send_json(
            {
                "type": "session.joined",
                "side": self.side.value,
                "state": self.state.value,
                "is_peer_here": bool(self.peer_channel),
                "ice_servers": ice_servers(str(self.person_id)),
                **self.about_device,
            }
        )
        if not self.peer_channel and may_signal(self.state):
            self._watch()

    def _join(self) -> services.Joined:
        person, session, self.side = self._mine()
        joined = services.join_session(
            actor=person,
            session=services.settle(session),
            side=self.side,
            channel=self.channel_name,
        )
        aimed_at = joined.session.aimed_at_id
        if aimed_at is not None and joined.session.is_aimed:
            # Asked after joining: what changes from now on is told.
            self.about_device = {
                "is_device_here": is_connected(aimed_at),
                "is_notice_shown": selectors.is_notice_shown(joined.session),
            }
        return joined

    def _mine(self) -> tuple[User, HelpSession, Side]:
        """Person, session and side as they are now; refuses whoever is not let in any more."""
        person = User.objects.get(pk=self.person_id)
        session, side = selectors.session_for(person, self.session_id)
        return person, session, side

    async def disconnect(self, code: int) -> None:
        if not self.joined:
            return
        self._stop_watching()
        heartbeat.remove(self.channel_name)
        await database_sync_to_async(services.part_session)(
            session_id=self.session_id, side=self.side, channel=self.channel_name
        )

    # --- from the page ---------------------------------------------------------------------------

    async def hear(self, message: dict[str, Any], text: str) -> None:
        kind = message["type"]
        wrong_side = messages.ONLY_HELPER if self.side is Side.SHARER else messages.ONLY_SHARER
        if kind in wrong_side:
            await self.refuse("wrong_side", BAD_MESSAGE)
        elif not await self._may_signal():
            await self.send_json({"type": "refused", "code": "not_now"})
        elif kind in messages.REPORTED:
            await self._report(kind)
        else:
            await self._pass_on(text)

    async def _may_signal(self) -> bool:
        """By the state last heard of; asked anew when that says no or is old."""
        is_fresh = time.monotonic() - self._believed_at < self.RECHECK_AFTER
        if not (is_fresh and may_signal(self.state)):
            state = await database_sync_to_async(services.settled_state)(self.session_id)
            self._believe(state)
        return may_signal(self.state)

    async def _report(self, kind: str) -> None:
        try:
            await database_sync_to_async(self._note)(kind)
        except RuleError as error:
            await self.send_json({"type": "refused", "code": error.code})
            return
        if kind == "media.lost":
            self._watch()

    def _note(self, kind: str) -> None:
        person, session, side = self._mine()
        note = services.confirm_media if kind == "media.flowing" else services.report_media_lost
        note(actor=person, session=session, side=side)

    async def _pass_on(self, text: str) -> None:
        if not self.peer_channel:
            await self.send_json({"type": "peer.absent"})
            return
        try:
            await self.channel_layer.send(
                self.peer_channel, {"type": "signal.passed", "text": text}
            )
        except ChannelFull:
            await self.send_json({"type": "refused", "code": "peer_busy"})

    # --- from the other side and from the services -----------------------------------------------

    async def signal_passed(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])

    async def session_changed(self, event: dict[str, Any]) -> None:
        self._believe(State(event["state"]))
        await self.send_json({"type": "session.changed", "state": self.state.value})
        if self.state is State.ENDED:
            await self.close()

    async def peer_joined(self, event: dict[str, Any]) -> None:
        self.peer_channel = event["peer_channel"]
        if self.state is State.CONNECTING:
            self._stop_watching()  # later on the picture has to come back too
        await self.send_json({"type": "peer.joined"})

    async def peer_left(self, event: dict[str, Any]) -> None:
        if event["peer_channel"] != self.peer_channel:
            return  # it has already been replaced by a newer one
        self.peer_channel = ""
        await self.send_json({"type": "peer.left"})
        if may_signal(self.state):
            self._watch()

    async def device_changed(self, event: dict[str, Any]) -> None:
        """The device that the session waits for came or went."""
        await self.send_json({"type": "device.changed", "is_here": event["is_here"]})

    async def notice_shown(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "notice.shown"})

    async def session_is_stale(self) -> None:
        """The heartbeat found that this socket speaks for its side no more, and no notice said so."""
        state = await database_sync_to_async(services.settled_state)(self.session_id)
        if state is State.ENDED:
            await self.session_changed({"state": state})
        else:
            await self.socket_taken_over({})

    async def socket_taken_over(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "session.taken_over"})
        await self.close(TAKEN_OVER)

    # --- small things ----------------------------------------------------------------------------

    def _believe(self, state: State) -> None:
        self.state = state
        self._believed_at = time.monotonic()

    def _watch(self) -> None:
        """Look at the session again when the time to reconnect is over; the worker is the net under this."""
        self._stop_watching()
        self._timer = asyncio.create_task(self._settle_later())

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _settle_later(self) -> None:
        await asyncio.sleep(settings.REMOTEHELP_RECONNECT_WITHIN.total_seconds() + 0.2)
        await database_sync_to_async(services.settled_state)(self.session_id)
