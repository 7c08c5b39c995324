"""The WebRTC connection of the device: it offers, and begins anew when the connection broke.

Each connection is an attempt with a number; answers and candidates of another attempt are ignored. aiortc
cannot restart ICE on a standing connection, so mending is a new attempt. All of it runs on one event loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.rtcconfiguration import RTCBundlePolicy, RTCIceTransportPolicy
from aiortc.sdp import candidate_from_sdp

from remotehelp_app.media import relays, sender, talk
from remotehelp_app.media.encoder import Encoded
from remotehelp_app.media.rate import Rate

log = logging.getLogger(__name__)

ANEW_EVERY = 6.0  # seconds given to an attempt before the next, while nothing flows
# A browser reports once a second. ICE itself would notice only after half a minute, and by short questions that a path
# with much delay answers too late; so ours is the one that counts.
SILENCE = 6.0
_LOOK_EVERY = 0.5
_NO_WAY_YET = 1.0  # seconds until the next attempt when not one address was found to offer
_CLOSING_FOR = 1.0  # seconds that the end of a session may take; a relay out of reach would hold it for a minute
_FULL = 1_000_000  # bytes waiting on a channel: the other side does not read


@dataclass(slots=True)
class PeerListener:
    """Called on the event loop."""

    signal: Callable[[dict[str, Any]], None]  # to the other side, by the session's socket
    flowing: Callable[[], None]
    broken: Callable[[], None]
    talked: Callable[[talk.Heard], None]
    input: Callable[[object], None]
    opened: Callable[[], None]  # the talk channel of a new connection is open
    key_frame_wanted: Callable[[], None]
    rate: Callable[[int], None]
    sent: Callable[[], None]


class Peer:
    """From the first `offer` to `close`."""

    def __init__(self, listener: PeerListener, *, is_relay_only: bool = False) -> None:
        sender.install()
        relays.install()
        self._tell = listener
        self._policy = RTCIceTransportPolicy.RELAY if is_relay_only else RTCIceTransportPolicy.ALL
        self._servers: list[RTCIceServer] = []
        self._pc: RTCPeerConnection | None = None
        self._track: sender.ScreenTrack | None = None
        self._channels: dict[str, RTCDataChannel] = {}
        self._attempt = 0
        self._is_flowing = False
        self._anew: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._is_offering = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def use_servers(self, servers: list[dict[str, Any]]) -> None:
        """STUN and TURN servers as the site names them, for the next attempt."""
        self._servers = [
            RTCIceServer(
                urls=server["urls"],
                username=server.get("username"),
                credential=server.get("credential"),
            )
            for server in servers
        ]

    @property
    def is_flowing(self) -> bool:
        return self._is_flowing

    # --- signals ---------------------------------------------------------------------------------

    async def offer(self) -> None:
        """Begins a new attempt; the one before is forgotten. While one is being made already, that one has to do: to
        find its addresses takes seconds where much is blocked, and whoever asked meanwhile has it soon.
        """
        if self._is_offering or self._is_closed:
            return
        self._is_offering = True
        try:
            await self._offer()
        finally:
            self._is_offering = False

    async def _offer(self) -> None:
        self._drop()
        self._attempt = max(self._attempt + 1, int(time.time() * 1000))
        attempt, pc = self._attempt, self._begin()
        await pc.setLocalDescription(await pc.createOffer())
        if pc is not self._pc:
            return
        sdp = pc.localDescription.sdp
        if "a=candidate:" not in sdp:  # nobody could answer it
            self._try_anew_later(_NO_WAY_YET)
            return
        self._tell.signal({"type": "offer", "attempt": attempt, "sdp": sdp})
        self._try_anew_later(ANEW_EVERY)

    async def answered(self, attempt: int, sdp: str) -> None:
        pc = self._pc
        if pc is None or attempt != self._attempt or pc.signalingState != "have-local-offer":
            return
        await pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def candidate(self, attempt: int, candidate: dict[str, Any] | None) -> None:
        """A candidate of the other side; null and the empty one say that there are no more."""
        pc = self._pc
        if (
            pc is None
            or attempt != self._attempt
            or not candidate
            or not candidate.get("candidate")
        ):
            return
        with suppress(ValueError, AssertionError, IndexError, KeyError):
            found = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
            found.sdpMid = candidate.get("sdpMid")
            found.sdpMLineIndex = candidate.get("sdpMLineIndex")
            await pc.addIceCandidate(found)

    # --- the connection --------------------------------------------------------------------------

    def _begin(self) -> RTCPeerConnection:
        pc = RTCPeerConnection(
            RTCConfiguration(
                iceServers=self._servers,
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
                iceTransportPolicy=self._policy,
            )
        )
        self._pc = pc
        track = self._track = sender.ScreenTrack(Rate())
        track.on_key_frame_wanted = self._tell.key_frame_wanted
        track.on_rate = self._tell.rate
        track.on_sent = self._tell.sent
        pc.addTrack(track)
        _prefer_h264(pc)
        self._open_channels(pc)

        @pc.on("connectionstatechange")
        async def changed() -> None:
            if pc is self._pc:
                self._state_changed(pc.connectionState)

        return pc

    def _open_channels(self, pc: RTCPeerConnection) -> None:
        spoken = pc.createDataChannel("talk", negotiated=True, id=0)
        quick = pc.createDataChannel(
            "input", negotiated=True, id=1, ordered=False, maxRetransmits=0
        )
        self._channels = {"talk": spoken, "input": quick}

        @spoken.on("message")
        def said(data: object) -> None:
            message = talk.heard(data)
            if pc is self._pc and message is not None:
                self._tell.talked(message)

        @spoken.on("open")
        def opened() -> None:
            if pc is self._pc:
                self._tell.opened()

        @quick.on("message")
        def came(data: object) -> None:
            if pc is self._pc:
                self._tell.input(data)

    def _state_changed(self, state: str) -> None:
        log.info("connection %s", state)
        if state == "connected" and not self._is_flowing:
            self._is_flowing = True
            self._cancel_anew()
            if self._track is not None:
                self._track.heard_at = time.monotonic()
            self._listen_for_silence()
            self._tell.flowing()
        elif state in ("failed", "disconnected", "closed"):
            self._mark_broken()
            self._later(self.offer())

    def _mark_broken(self) -> None:
        if self._is_flowing:
            self._is_flowing = False
            self._tell.broken()

    def lost(self, attempt: int) -> None:
        """The other side says that this attempt broke."""
        if attempt == self._attempt or self._pc is None:
            self._mark_broken()
            self._later(self.offer())

    def _listen_for_silence(self) -> None:
        """Of what the receiver reports, which only it can (SRTCP)."""
        track = self._track
        if track is None or not self._is_flowing:
            return
        if time.monotonic() > track.heard_at + SILENCE:
            log.info("nothing was heard for %s s", SILENCE)
            self._mark_broken()
            self._later(self.offer())
            return
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(_LOOK_EVERY, self._listen_for_silence)

    def _try_anew_later(self, seconds: float) -> None:
        self._cancel_anew()
        loop = asyncio.get_running_loop()
        self._anew = loop.call_later(seconds, lambda: self._later(self.offer()))

    def _cancel_anew(self) -> None:
        if self._anew is not None:
            self._anew.cancel()
            self._anew = None

    def _later(self, work: Any) -> None:
        if self._is_closed:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _drop(self) -> None:
        """Forgets the connection. It is closed beside what follows, as a relay out of reach makes that long."""
        self._cancel_anew()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._track is not None:
            self._track.give_up()
        pc, self._pc, self._track, self._channels = self._pc, None, None, {}
        if pc is not None:
            task = asyncio.ensure_future(pc.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Ends it for good."""
        self._is_closed = True
        self._is_flowing = False
        self._drop()
        for task in list(self._tasks):
            task.cancel()
        if self._closing:
            await asyncio.wait(self._closing, timeout=_CLOSING_FOR)

    # --- sending ---------------------------------------------------------------------------------

    def send_frame(self, packet: Encoded) -> bool:
        """Queues an encoded frame; False when there is no connection to carry it."""
        if self._track is None or not self._is_flowing:
            return False
        self._track.put(packet)
        return True

    def tell(self, message: dict[str, Any]) -> bool:
        """Says it on the talk channel; False when there is no way to."""
        return self._send("talk", message)

    def answer_input(self, message: dict[str, Any]) -> bool:
        return self._send("input", message)

    def _send(self, name: str, message: dict[str, Any]) -> bool:
        channel = self._channels.get(name)
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > _FULL:
            return False
        channel.send(json.dumps(message, separators=(",", ":")))
        return True


def _prefer_h264(pc: RTCPeerConnection) -> None:
    """Before the description is made: after it aiortc ignores the wish."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    wanted = [c for c in codecs if c.mimeType.lower() in ("video/h264", "video/rtx")]
    for transceiver in pc.getTransceivers():
        if transceiver.kind == "video":
            transceiver.direction = "sendonly"
            transceiver.setCodecPreferences(wanted)
