"""Of the relays (TURN servers) that a site names, the first that can be reached.

aioice knows one relay for a connection, and aiortc gives it the first that the site names: where UDP is blocked, that
one never answers, and the next ones by TCP and TLS (A6) are never asked. Here they are asked in the site's order, each
with a head start before the next; the first that relays is the one.

Made for exactly the versions that pyproject.toml and aiortc name, because it overrides what is private there.
`install()` makes every RTCPeerConnection of this process use it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import aiortc.rtcicetransport
from aioice import Candidate, Connection, TransportPolicy
from aioice.ice import StunProtocol, relayed_candidate
from aiortc import RTCIceServer

from remotehelp_app.server.reach import IceAddress, read_ice_address

log = logging.getLogger(__name__)

# A path with 200 ms and some loss takes that long by UDP, which is the better way when there are both.
HEAD_START = 1.0  # seconds
ASKED_FOR = 5.0  # seconds until those that have not answered count as out of reach
# Three questions fit in. Where UDP is blocked nobody answers, and the whole offer would wait for that.
_STUN_ASKED_FOR = 2

Place: TypeAlias = "tuple[Candidate, StunProtocol]"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where it is, and what opens it."""

    address: IceAddress
    username: str | None
    credential: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a site's servers come to: one STUN server, as that is all that aioice asks, and every relay in order."""

    stun: tuple[str, int] | None
    relays: tuple[Relay, ...]


def known(servers: Sequence[RTCIceServer]) -> Known:
    """An address that cannot be read is passed over: the others may do."""
    stun: tuple[str, int] | None = None
    relays: list[Relay] = []
    for server in servers:
        for url in [server.urls] if isinstance(server.urls, str) else server.urls:
            address = read_ice_address(url)
            if address is None:
                log.warning("no address of a STUN or TURN server: %s", url)
            elif address.is_relay:
                relays.append(Relay(address, server.username, server.credential))
            elif address.is_udp:
                stun = stun or (address.host, address.port)
    return Known(stun, tuple(relays))


async def first(
    tries: Sequence[Callable[[], Awaitable[Place]]], *, head_start: float, within: float
) -> Place | None:
    """What the first of them gives that gives anything; a failure lets the next begin at once. None when all fail, or
    when time is up. What the others have got until then, they give back.
    """
    waiting, running = list(tries), set[asyncio.Future[Place]]()
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + within
    won: asyncio.Future[Place] | None = None
    try:
        while (waiting or running) and (left := ends_at - loop.time()) > 0:
            if waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
                left = min(left, head_start) if waiting else left
            done, _pending = await asyncio.wait(
                running, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            won = next((task for task in done if task.exception() is None), None)
            if won is not None:
                return won.result()
            running -= done
        return None
    finally:
        for task in running - {won}:
            task.cancel()
        for late in await asyncio.gather(*(running - {won}), return_exceptions=True):
            if not isinstance(late, BaseException):
                late[1].transport.close()


class RelayedConnection(Connection):
    """Gathers a place at the first relay that can be reached, beside what the base gathers without one."""

    def __init__(self, *, relays: Sequence[Relay] = (), **options: Any) -> None:
        super().__init__(**options)
        self._relays = tuple(relays)

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = _STUN_ASKED_FOR,  # noqa: ASYNC109 as the base has it
    ) -> list[Candidate]:
        own, relayed = await asyncio.gather(
            super().get_component_candidates(component, addresses, timeout),
            self._relayed(component),
        )
        return [*own, *relayed]

    async def _relayed(self, component: int) -> list[Candidate]:
        tries = [partial(self._place, component, relay) for relay in self._relays]
        found = await first(tries, head_start=HEAD_START, within=ASKED_FOR)
        if found is None:
            if tries:
                log.warning("no relay could be reached")
            return []
        candidate, protocol = found
        self._protocols.append(protocol)
        return [candidate]

    async def _place(self, component: int, relay: Relay) -> Place:
        found = await relayed_candidate(
            component=component,
            hide_related_address=self._transport_policy == TransportPolicy.RELAY,
            protocol_factory=lambda: StunProtocol(self),
            turn_server=(relay.address.host, relay.address.port),
            turn_username=relay.username,
            turn_password=relay.credential,
            turn_ssl=relay.address.is_tls,
            turn_transport="udp" if relay.address.is_udp else "tcp",
        )
        log.info("relayed at %s", relay.address.url)
        return found


def _options(servers: list[RTCIceServer]) -> dict[str, Any]:
    """In the place of aiortc's own, which keeps one relay only."""
    found = known(servers)
    return {"stun_server": found.stun, "relays": found.relays}


def install() -> None:
    """Once for the process; calling it again changes nothing."""
    vars(aiortc.rtcicetransport)["Connection"] = RelayedConnection
    vars(aiortc.rtcicetransport)["connection_kwargs"] = _options
