"""Which relay of those that a site names is taken: the first that answers, in the site's order."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc import RTCIceServer
from remotehelp_app.media.relays import first, known


class Asked:
    """A relay that answers when it is let, or refuses; and counts as given back when its transport is closed."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.was_asked = asyncio.Event()
        self.is_left = False
        self.is_given_back = False

    async def __call__(self) -> Any:
        self.was_asked.set()
        try:
            await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.is_left = True
            raise
        return self, SimpleNamespace(transport=self)

    def close(self) -> None:
        self.is_given_back = True


async def won(race: asyncio.Future[Any]) -> Any:
    found = await race
    assert found is not None
    return found[0]


async def test_the_first_that_answers_is_taken_and_the_others_are_left():
    udp, tcp, tls = Asked(), Asked(), Asked()
    race = asyncio.ensure_future(first([udp, tcp, tls], head_start=0.01, within=5))
    await asyncio.gather(*(relay.was_asked.wait() for relay in (udp, tcp, tls)))
    tcp.answer.set_result(None)
    assert await won(race) is tcp
    assert [relay.is_left for relay in (udp, tcp, tls)] == [True, False, True]
    assert not tcp.is_given_back


async def test_nobody_else_is_asked_while_the_first_has_its_head_start():
    udp, tcp = Asked(), Asked()
    race = asyncio.ensure_future(first([udp, tcp], head_start=60, within=60))
    await udp.was_asked.wait()
    udp.answer.set_result(None)
    assert await won(race) is udp
    assert not tcp.was_asked.is_set()


async def test_a_refusal_lets_the_next_begin_at_once():
    udp, tcp = Asked(), Asked()
    race = asyncio.ensure_future(first([udp, tcp], head_start=60, within=60))
    await udp.was_asked.wait()
    udp.answer.set_exception(ConnectionRefusedError())
    await tcp.was_asked.wait()
    tcp.answer.set_result(None)
    assert await won(race) is tcp


async def test_of_two_that_answer_at_the_same_moment_one_is_given_back():
    udp, tcp = Asked(), Asked()
    race = asyncio.ensure_future(first([udp, tcp], head_start=0.01, within=60))
    await asyncio.gather(udp.was_asked.wait(), tcp.was_asked.wait())
    udp.answer.set_result(None)
    tcp.answer.set_result(None)
    taken = await won(race)
    other = tcp if taken is udp else udp
    assert not taken.is_given_back
    assert other.is_given_back or other.is_left


@pytest.mark.parametrize("does_refuse", [True, False])
async def test_none_is_found_where_all_refuse_or_none_answers(does_refuse):
    udp, tcp = Asked(), Asked()
    race = asyncio.ensure_future(first([udp, tcp], head_start=0.01, within=0.1))
    if does_refuse:
        for relay in (udp, tcp):
            relay.answer.set_exception(ConnectionRefusedError())
    assert await race is None
    assert [relay.is_left for relay in (udp, tcp)] == [not does_refuse] * 2
    assert await first([], head_start=1, within=1) is None


def test_every_relay_is_known_in_the_sites_order_and_what_cannot_be_read_is_passed_over():
    found = known(
        [
            RTCIceServer("stun:a.example"),
            RTCIceServer(["stun:b.example", "turn:", "http://c.example"]),
            RTCIceServer(
                [
                    "turn:d.example",
                    "turns:d.example:443?transport=tcp",
                    "turn:d.example?transport=tcp",
                    "turn:d.example?transport=sctp",
                    "turns:d.example?transport=udp",
                ],
                "name",
                "word",
            ),
        ]
    )
    assert found.stun == ("a.example", 3478)
    addresses = [relay.address for relay in found.relays]
    assert [(a.host, a.port, a.is_udp, a.is_tls) for a in addresses] == [
        ("d.example", 3478, True, False),
        ("d.example", 443, False, True),
        ("d.example", 3478, False, False),
    ]
    assert {(r.username, r.credential) for r in found.relays} == {("name", "word")}
    assert known([]) == known([RTCIceServer("turn:")])
