"""One live session on the device: screen, connection, gate and hands, from consent to the end.

Runs on the engine's event loop; the screen and the hands have threads of their own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from remotehelp_app.media import talk
from remotehelp_app.media.encoder import Encoded
from remotehelp_app.media.peer import Peer, PeerListener
from remotehelp_app.media.screen import Listener, Screen, View
from remotehelp_app.platform.interfaces import Area, Cursor
from remotehelp_app.platform.system import System
from remotehelp_app.session.feed import Feed
from remotehelp_app.session.gate import LOCAL_USER_HAS_IT_FOR, Gate
from remotehelp_app.session.hands import Hands
from remotehelp_app.status import Kind

log = logging.getLogger(__name__)

_KEY_FRAME_AT_MOST_EVERY = 0.3
_SHARP_AT_MOST_EVERY = 1.0
_POINTER_EVERY = 1 / 30


@dataclass(slots=True)
class LiveListener:
    """What the engine is told, on its event loop."""

    signal: Callable[[dict[str, Any]], None]
    flowing: Callable[[], None]
    broken: Callable[[], None]
    chat: Callable[[str], None]
    prompt_open: Callable[[bool], None]
    input_paused: Callable[[bool], None]
    failed: Callable[[str, str], None]  # part ("screen" or "input") and a sentence


class Live:
    """Made when the person at the device has allowed `kind`; nothing can make it another kind later."""

    def __init__(
        self,
        system: System,
        kind: Kind,
        listener: LiveListener,
        *,
        own_window: int = 0,
        is_relay_only: bool = False,
    ) -> None:
        self._own_window = own_window
        self._loop = asyncio.get_running_loop()
        self._system, self._kind, self._tell = system, kind, listener
        self.gate = Gate()
        self._feed = Feed()
        self._hands: Hands | None = None
        self._local_use = system.local_use() if kind == "full_control" else None
        self._said_why: str | None = None
        self._view: View | None = None
        self._cursor: Cursor | None = None
        self._is_prompt_open = False
        self._key_frame_at = self._sharp_at = 0.0
        self._is_closed = False
        self.peer = Peer(
            PeerListener(
                signal=listener.signal,
                flowing=self._flowing,
                broken=self._broken,
                talked=self._talked,
                input=self._input,
                opened=self._opened,
                key_frame_wanted=self._key_frame_wanted,
                rate=self._rate,
                sent=self._sent,
            ),
            is_relay_only=is_relay_only,
        )
        self.screen = Screen(
            system.desktop,
            Listener(
                packet=partial(self._from_thread, self._packet),
                view=partial(self._from_thread, self._viewed),
                cursor=partial(self._from_thread, self._pointed),
                prompts=partial(self._from_thread, self._prompted),
                failed=partial(self._from_thread, partial(listener.failed, "screen")),
                hidden=self.gate.prompts,
            ),
        )

    def _from_thread(self, told: Callable[..., None], *values: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told, told, values)

    def _told(self, told: Callable[..., None], values: tuple[Any, ...]) -> None:
        if not self._is_closed:
            told(*values)

    # --- from beginning to end -------------------------------------------------------------------

    async def start(self, servers: list[dict[str, Any]]) -> None:
        """Begins to read the screen and offers a connection."""
        self.peer.use_servers(servers)
        if self._kind == "full_control":
            self.gate.control_allowed()
            self._hands = Hands(
                self._system.input,
                self.gate,
                partial(self._from_thread, partial(self._tell.failed, "input")),
            )
            self._hands.own_window = self._own_window
            self._hands.start()
            if self._local_use is not None:
                self._local_use.start(self._used_locally, self.gate.failed)
        self.screen.pause(is_paused=True)
        self.screen.start()
        await self.peer.offer()

    async def close(self) -> None:
        """Nothing is shown and nothing held from this moment on; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self.gate.close()
        if self._hands is not None:
            self._hands.stop()
        if self._local_use is not None:
            self._local_use.stop()
        self.screen.stop()
        await self.peer.close()
        for thread in (self._hands, self.screen):
            if thread is not None and thread.is_alive():
                await asyncio.to_thread(thread.join, 3.0)

    # --- what the person at the device does ------------------------------------------------------

    def elevate(self, *, is_granted: bool) -> None:
        """Only by the person's own press: shows privilege prompts and lets input reach them, or no more."""
        self.gate.elevation(is_granted=is_granted)
        self.screen.show_prompts(may=self.gate.may_show_prompts)
        self._say_prompt()
        self._say_input()

    def protect(self, areas: tuple[Area, ...]) -> None:
        self.gate.protect(areas)

    def say(self, text: str) -> bool:
        """Chat, end to end; False when there is no connection."""
        return self.peer.tell(talk.chat(text))

    # --- the connection --------------------------------------------------------------------------

    def _flowing(self) -> None:
        self.gate.connected(is_connected=True)
        self.screen.pause(is_paused=False)
        self._tell.flowing()

    def _broken(self) -> None:
        """Everything held is let go of, and input counts anew on the next connection."""
        self.gate.connected(is_connected=False)
        self.screen.pause(is_paused=True)
        if self._hands is not None:
            self._hands.let_go()
        self._tell.broken()

    def _opened(self) -> None:
        self._feed = Feed()
        self._said_why = None
        self.peer.tell({"type": "sharing", "isOn": True})
        self._say_screen()
        if self._cursor is not None:
            self.peer.tell(talk.cursor(self._cursor))
        self._say_prompt()
        self._say_input()

    def _talked(self, message: talk.Heard) -> None:
        if message["type"] == "chat":
            self._tell.chat(message["text"])
        elif message["type"] == "show":
            self.screen.show(message["monitor"])
        elif time.monotonic() > self._sharp_at + _SHARP_AT_MOST_EVERY:
            self._sharp_at = time.monotonic()
            self.screen.want_key_frame()

    def _input(self, data: object) -> None:
        before = self._feed.refused
        events = self._feed.take(data)
        if self._feed.refused != before:
            return
        self.peer.answer_input({"ack": self._feed.acknowledged})
        if self._hands is None:
            if events:
                self._say_input()
            return
        if events:
            self._hands.act(events)
            self._say_input()
        else:
            self._hands.heard()

    def _key_frame_wanted(self) -> None:
        now = time.monotonic()
        if now > self._key_frame_at + _KEY_FRAME_AT_MOST_EVERY:
            self._key_frame_at = now
            self.screen.want_key_frame()

    def _rate(self, bits: int) -> None:
        self.screen.set_rate(bits)

    def _sent(self) -> None:
        self.screen.sent()

    # --- the screen ------------------------------------------------------------------------------

    def _packet(self, packet: Encoded) -> None:
        if not self.peer.send_frame(packet):
            self.screen.sent()

    def _viewed(self, view: View) -> None:
        self._view = view
        if self._hands is not None:
            self._hands.view = view
        self._say_screen()

    def _pointed(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.peer.tell(talk.cursor(cursor))

    def _prompted(self, is_open: bool) -> None:
        self._is_prompt_open = is_open
        self._tell.prompt_open(is_open)
        self._say_prompt()
        self._say_input()

    # --- the local user --------------------------------------------------------------------------

    def _used_locally(self) -> None:
        """From the thread that watches the device's own mouse and keyboard."""
        was_open = self.gate.is_open
        self.gate.used_locally()
        if was_open:
            self._from_thread(self._pause_for_local_user)

    def _pause_for_local_user(self) -> None:
        if self._hands is not None:
            self._hands.let_go()
        self._say_input()
        self._tell.input_paused(True)
        self._loop.call_later(LOCAL_USER_HAS_IT_FOR, self._look_at_local_user)

    def _look_at_local_user(self) -> None:
        if self._is_closed:
            return
        if self.gate.why() == "local_user":
            self._loop.call_later(0.2, self._look_at_local_user)
            return
        self._say_input()
        self._tell.input_paused(False)

    # --- what is said ----------------------------------------------------------------------------

    def _say_screen(self) -> None:
        if self._view is not None:
            self.peer.tell(
                talk.screen(
                    self._view,
                    can_control=self._kind == "full_control",
                    has_attention=self._system.has_attention,
                )
            )

    def _say_prompt(self) -> None:
        is_hidden = self._is_prompt_open and not self.gate.may_show_prompts
        self.peer.tell({"type": "prompt", "isOpen": self._is_prompt_open, "isHidden": is_hidden})

    def _say_input(self) -> None:
        """Whether input is acted on; only when it is another answer than last time."""
        why = self.gate.said_why()
        if why != self._said_why and self.peer.tell({"type": "input", "isOn": not why, "why": why}):
            self._said_why = why
