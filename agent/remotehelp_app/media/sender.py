"""What aiortc's sender lacks for a screen: bits that come encoded, a longer memory for retransmission, pacing,
rate feedback, key frames on request, and the playout-delay extension.

Made for exactly the version that pyproject.toml names, because it overrides what is private there.
`install()` makes every RTCPeerConnection of this process use it.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import aioice.ice
import aiortc.rtcpeerconnection
from aiortc import clock, rtp
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.codecs.h264 import H264Encoder
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters
from aiortc.rtcrtpsender import RTCRtpSender, random_sequence_number
from aiortc.rtp import (
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpSrPacket,
    RtpPacket,
    unpack_remb_fci,
    wrap_rtx,
)
from aiortc.utils import random32, uint16_add, uint32_add

from remotehelp_app.media.encoder import Encoded
from remotehelp_app.media.rate import Rate

# http://www.webrtc.org/experiments/rtp-hdrext/playout-delay: 12 bits each of least and most, in 10 ms.
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_PLAYOUT_DELAY_ID = 6
_AT_ONCE = b"\x00\x00\x00"
# A key frame of a full screen is about 230 packets; what was lost of it has to be there when it is missed.
_HISTORY = 2048
_PACE_STEP = 0.005
_SENT_WINDOW = 1.0
_MOMENT = 0.05
_SECOND_TAIL_AFTER = 0.02
_REPORTS = 8  # of our own that a receiver may still refer to


def busiest(sent: Iterable[tuple[float, int]], seconds: float) -> float:
    """Of what was sent (when, and how many bits), the most in so many seconds; as bits a second."""
    window: deque[tuple[float, int]] = deque()
    bits = most = 0
    for at, size in sent:
        window.append((at, size))
        bits += size
        while window[0][0] <= at - seconds:
            bits -= window.popleft()[1]
        most = max(most, bits)
    return most / seconds


class ScreenTrack(MediaStreamTrack):
    """Frames as the screen's thread has encoded them. `put` is for the event loop."""

    kind = "video"

    def __init__(self, rate: Rate) -> None:
        super().__init__()
        self.rate = rate
        self.heard_at = time.monotonic()  # when the receiver last reported
        self._packets: asyncio.Queue[Encoded] = asyncio.Queue()
        self._unsent = 0
        self.on_key_frame_wanted: Callable[[], None] = lambda: None
        self.on_rate: Callable[[int], None] = lambda bits: None
        self.on_sent: Callable[[], None] = lambda: None

    def put(self, packet: Encoded) -> None:
        self._unsent += 1
        self._packets.put_nowait(packet)

    def sent(self) -> None:
        """One frame has left."""
        if self._unsent:
            self._unsent -= 1
            self.on_sent()

    def give_up(self) -> None:
        """What has not left will not any more. Whoever waits for room must hear of it: the next connection's frames
        wait for the same room.
        """
        while self._unsent:
            self.sent()

    async def recv(self) -> Encoded:
        return await self._packets.get()

    @property
    def is_waiting(self) -> bool:
        return not self._packets.empty()


class _Extensions(HeaderExtensionsMap):
    """The map with playout delay: the receiver is asked to show every frame at once."""

    def __init__(self) -> None:
        super().__init__()
        self._playout_delay: int | None = None

    def configure(self, parameters: Any) -> None:
        super().configure(parameters)
        for extension in parameters.headerExtensions:
            if extension.uri == PLAYOUT_DELAY:
                self._playout_delay = extension.id

    def set(self, values: Any) -> tuple[int, bytes]:
        profile, packed = super().set(values)
        if self._playout_delay is None or profile != 0xBEDE:
            return profile, packed
        found = rtp.unpack_header_extensions(profile, packed)
        return rtp.pack_header_extensions([*found, (self._playout_delay, _AT_ONCE)])


class ScreenSender(RTCRtpSender):
    """Sends a ScreenTrack; any other track as aiortc does."""

    # The base's own, by the names that Python gives to what is private there.
    _RTCRtpSender__rtp_started: asyncio.Event
    _RTCRtpSender__rtp_exited: asyncio.Event
    _RTCRtpSender__rtp_header_extensions_map: HeaderExtensionsMap
    _RTCRtpSender__mid: str | None
    _RTCRtpSender__ntp_timestamp: int
    _RTCRtpSender__rtp_timestamp: int
    _RTCRtpSender__octet_count: int
    _RTCRtpSender__packet_count: int
    _RTCRtpSender__rtx_payload_type: int | None
    _RTCRtpSender__rtx_sequence_number: int

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self._said_at: dict[int, float | None] = {}
        self._ends: set[asyncio.Task[None]] = set()

    async def send(self, parameters: Any) -> None:
        self._map = _Extensions()
        self._RTCRtpSender__rtp_header_extensions_map = self._map
        await super().send(parameters)

    # --- what the receiver says ------------------------------------------------------------------

    def _send_keyframe(self) -> None:
        if isinstance(self.track, ScreenTrack):
            self.track.on_key_frame_wanted()
        else:
            super()._send_keyframe()

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        track = self.track
        if isinstance(track, ScreenTrack):
            self._listen(track, packet)
        await super()._handle_rtcp_packet(packet)

    def _listen(self, track: ScreenTrack, packet: Any) -> None:
        now = track.heard_at = time.monotonic()
        before = track.rate.bits
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == self._ssrc:
                    track.rate.heard(
                        highest=report.highest_sequence,
                        lost=report.packets_lost,
                        trip=self._trip(report, now),
                        sent=self._sent_rate(now),
                        burst=busiest(self._sent, _MOMENT),
                        now=now,
                    )
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == rtp.RTCP_PSFB_APP:
            try:
                bits, ssrcs = unpack_remb_fci(packet.fci)
            except (ValueError, struct.error):
                return
            if self._ssrc in ssrcs:
                track.rate.estimated(bits, sent=self._sent_rate(now), now=now)
        if track.rate.bits != before:
            track.on_rate(track.rate.bits)

    async def _send_rtcp(self, packets: Any) -> None:
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and isinstance(self.track, ScreenTrack):
                self._note_report(packet)
        await super()._send_rtcp(packets)

    def _note_report(self, packet: RtcpSrPacket) -> None:
        """A report bears the time of the last packet, so while nothing is sent several look alike: of those none counts."""
        said = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
        self._said_at[said] = None if said in self._said_at else time.monotonic()
        while len(self._said_at) > _REPORTS:
            del self._said_at[next(iter(self._said_at))]

    def _trip(self, report: Any, now: float) -> float | None:
        """RFC 3550, 6.4.1: now, less the sender report's time, less the delay at the receiver."""
        said_at = self._said_at.get(report.lsr)
        return None if said_at is None else now - said_at - float(report.dlsr) / 65536

    # --- sending ---------------------------------------------------------------------------------

    def _sent_rate(self, now: float) -> float:
        sent = self._sent
        while sent and sent[0][0] < now - _SENT_WINDOW:
            self._sent_bits -= sent.popleft()[1]
        return self._sent_bits / _SENT_WINDOW

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        if not isinstance(self.track, ScreenTrack):
            await super()._run_rtp(codec)
            return
        self._RTCRtpSender__rtp_started.set()
        try:
            await self._run_screen(self.track, codec)
        except (asyncio.CancelledError, ConnectionError, MediaStreamError):
            pass
        finally:
            self._RTCRtpSender__rtp_exited.set()

    async def _run_screen(self, track: ScreenTrack, codec: RTCRtpCodecParameters) -> None:
        self._history: dict[int, RtpPacket] = {}
        self._sent: deque[tuple[float, int]] = deque()
        self._sent_bits = 0
        self._number = random_sequence_number()
        self._budget_at = time.monotonic()
        self._budget = 0.0
        encoder, origin = H264Encoder(), random32()
        while True:
            encoded = await track.recv()
            payloads, timestamp = encoder.pack(encoded)
            last: RtpPacket | None = None
            for index, payload in enumerate(payloads):
                last = self._packet(codec, payload, uint32_add(origin, timestamp))
                last.marker = int(index == len(payloads) - 1)
                await self._leave(track, last)
            track.sent()
            if last is not None and track.rate.is_lossy(time.monotonic()):
                end = asyncio.ensure_future(self._say_again(track, last))
                self._ends.add(end)
                end.add_done_callback(self._ends.discard)

    def _packet(self, codec: RTCRtpCodecParameters, payload: bytes, timestamp: int) -> RtpPacket:
        packet = RtpPacket(
            payload_type=codec.payloadType or 0, sequence_number=self._number, timestamp=timestamp
        )
        packet.ssrc = self._ssrc
        packet.payload = payload
        packet.extensions.mid = self._RTCRtpSender__mid
        self._history[self._number % _HISTORY] = packet
        self._number = uint16_add(self._number, 1)
        return packet

    async def _leave(self, track: ScreenTrack, packet: RtpPacket) -> None:
        """Puts it on the wire, as fast as the path is believed to take it."""
        size = (len(packet.payload) + 80) * 8
        await self._pace(track, size)
        packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        await self.transport._send_rtp(packet.serialize(self._map))
        now = time.monotonic()
        self._sent.append((now, size))
        self._sent_bits += size
        self._sent_rate(now)
        self._RTCRtpSender__ntp_timestamp = clock.current_ntp_time()
        self._RTCRtpSender__rtp_timestamp = packet.timestamp
        self._RTCRtpSender__octet_count += len(packet.payload)
        self._RTCRtpSender__packet_count += 1

    async def _pace(self, track: ScreenTrack, size: int) -> None:
        now = time.monotonic()
        pace = track.rate.pace(now)
        if pace is None:
            self._budget, self._budget_at = 0.0, now
            return
        self._budget = min(pace * _PACE_STEP, self._budget + (now - self._budget_at) * pace)
        self._budget_at = now
        self._budget -= size
        if self._budget < 0:
            await asyncio.sleep(-self._budget / pace)

    async def _say_again(self, track: ScreenTrack, packet: RtpPacket) -> None:
        """A lost last packet is missed only when another follows, and on a still screen none does."""
        await asyncio.sleep(_SECOND_TAIL_AFTER)
        if packet.sequence_number == uint16_add(self._number, -1) and not track.is_waiting:
            with suppress(ConnectionError):
                await self._retransmit(packet.sequence_number)

    async def _retransmit(self, sequence_number: int) -> None:
        if not isinstance(self.track, ScreenTrack):
            await super()._retransmit(sequence_number)
            return
        packet = self._history.get(sequence_number % _HISTORY)
        if packet is None or packet.sequence_number != sequence_number:
            return
        payload_type = self._RTCRtpSender__rtx_payload_type
        if payload_type is not None:
            number = self._RTCRtpSender__rtx_sequence_number
            self._RTCRtpSender__rtx_sequence_number = uint16_add(number, 1)
            packet = wrap_rtx(
                packet, payload_type=payload_type, sequence_number=number, ssrc=self._rtx_ssrc
            )
        await self.transport._send_rtp(packet.serialize(self._map))


def install() -> None:
    """Once for the process; calling it again changes nothing."""
    # Peer watches for silence by itself, in less time and whatever the delay of the path.
    vars(aioice.ice)["CONSENT_FAILURES"] = 1_000_000
    vars(aiortc.rtcpeerconnection)["RTCRtpSender"] = ScreenSender
    known = {extension.uri for extension in HEADER_EXTENSIONS["video"]}
    if PLAYOUT_DELAY not in known:
        HEADER_EXTENSIONS["video"].append(
            RTCRtpHeaderExtensionParameters(id=_PLAYOUT_DELAY_ID, uri=PLAYOUT_DELAY)
        )
