"""The channel layer of one process: delivery, limits, and that a message touches its own channel only."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull

from apps.common.layers import LocalChannelLayer

PATIENCE = 10


@pytest.fixture
def layer():
    return LocalChannelLayer(capacity=3)


async def _receive(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), PATIENCE)


async def _until_read(layer, channel):
    while layer._channels[channel].waiter is None:  # noqa: ASYNC110  # nothing tells that it waits
        await asyncio.sleep(0)


async def test_messages_arrive_in_order_and_once(layer):
    channel = await layer.new_channel()
    for number in range(3):
        await layer.send(channel, {"type": "x", "number": number})
    assert [(await _receive(layer, channel))["number"] for _ in range(3)] == [0, 1, 2]
    assert not layer._channels[channel].messages


async def test_a_waiting_reader_is_woken(layer):
    channel = await layer.new_channel()
    reading = asyncio.create_task(_receive(layer, channel))
    await _until_read(layer, channel)
    await layer.send(channel, {"type": "x"})
    assert await reading == {"type": "x"}


async def test_channels_are_different_and_cannot_be_guessed(layer):
    names = {await layer.new_channel() for _ in range(100)}
    assert len(names) == 100
    assert all(len(name.rpartition("!")[2]) >= 24 for name in names)


async def test_the_senders_later_changes_are_not_seen(layer):
    channel = await layer.new_channel()
    message = {"type": "x"}
    await layer.send(channel, message)
    message["type"] = "y"
    assert await _receive(layer, channel) == {"type": "x"}


async def test_a_full_channel_refuses_and_takes_again_when_read(layer):
    channel, other = await layer.new_channel(), await layer.new_channel()
    for _ in range(3):
        await layer.send(channel, {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send(channel, {"type": "too much"})
    await layer.send(other, {"type": "x"})  # nobody else is concerned
    await _receive(layer, channel)
    await layer.send(channel, {"type": "again"})
    assert [(await _receive(layer, channel))["type"] for _ in range(3)] == ["x", "x", "again"]


async def test_a_message_for_nobody_is_dropped_and_makes_no_channel(layer):
    await layer.send("specific.gone!x", {"type": "x"})
    assert layer._channels == {}


async def test_a_reader_that_stops_is_forgotten_with_its_groups(layer):
    channel, other = await layer.new_channel(), await layer.new_channel()
    for name in (channel, other):
        await layer.group_add("both", name)
    await layer.group_add("alone", channel)
    reading = asyncio.create_task(layer.receive(channel))
    await _until_read(layer, channel)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert set(layer._channels) == {other}
    assert layer._groups == {"both": {other}}
    assert set(layer._groups_of) == {other}


async def test_a_group_reaches_its_members_and_skips_a_full_one(layer):
    members = [await layer.new_channel() for _ in range(3)]
    stranger = await layer.new_channel()
    for name in members:
        await layer.group_add("team", name)
    await layer.group_discard("team", members[2])
    for _ in range(3):
        await layer.send(members[0], {"type": "full"})
    await layer.group_send("team", {"type": "hello"})
    assert await _receive(layer, members[1]) == {"type": "hello"}
    assert len(layer._channels[members[0]].messages) == 3
    for name in (members[2], stranger):
        assert not layer._channels[name].messages
    await layer.group_discard("team", members[0])
    await layer.group_discard("team", members[1])
    assert layer._groups == {}
    await layer.group_send("team", {"type": "nobody"})
    await layer.group_discard("never", members[0])


async def test_a_closed_channel_joins_no_group(layer):
    channel = await layer.new_channel()
    layer.close_channel(channel)
    await layer.group_add("late", channel)
    assert layer._groups == {}
    assert layer._groups_of == {}


async def test_flush_forgets_everything(layer):
    await layer.group_add("team", await layer.new_channel())
    await layer.flush()
    assert (layer._channels, layer._groups, layer._groups_of) == ({}, {}, {})


async def test_bad_names_are_refused(layer):
    for call in (layer.send("bad name", {}), layer.group_send("bad name", {})):
        with pytest.raises(TypeError):
            await call


class _Untouchable(dict[str, Any]):
    """A register that may be asked for one name, and never walked."""

    def __iter__(self):
        raise AssertionError("walked over all channels")

    items = keys = values = __iter__


async def test_a_message_touches_its_own_channel_only(layer):
    """However many idle sockets there are: nothing walks them."""
    mine = await layer.new_channel()
    idle = [await layer.new_channel() for _ in range(50)]
    for name in idle:
        await layer.group_add("idle", name)
    await layer.group_add("team", mine)
    for register in ("_channels", "_groups", "_groups_of"):
        setattr(layer, register, _Untouchable(getattr(layer, register)))
    boxes = {name: layer._channels[name] for name in idle}
    await layer.send(mine, {"type": "x"})
    await _receive(layer, mine)
    await layer.group_send("team", {"type": "y"})
    await _receive(layer, mine)
    layer.close_channel(mine)
    assert await layer.new_channel()
    assert all(layer._channels[name] is box for name, box in boxes.items())
    assert all(not box.messages and box.waiter is None for box in boxes.values())


def _in_a_thread(work):
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(asyncio.run(work())))
    thread.start()
    return thread, outcome


def test_a_message_crosses_threads_and_loops(layer):
    channel = async_to_sync(layer.new_channel)()

    async def read():
        return [await _receive(layer, channel) for _ in range(2)]

    thread, outcome = _in_a_thread(read)
    async_to_sync(layer.send)(channel, {"type": "x", "number": 1})
    async_to_sync(layer.send)(channel, {"type": "x", "number": 2})
    thread.join(PATIENCE)
    assert [message["number"] for message in outcome[0]] == [1, 2]


def test_many_threads_send_to_one_reader_and_nothing_is_lost():
    layer = LocalChannelLayer(capacity=1000)
    channel = async_to_sync(layer.new_channel)()
    number = 50

    async def read():
        return sorted([(await _receive(layer, channel))["number"] for _ in range(4 * number)])

    async def write(first):
        for value in range(first, first + number):
            await layer.send(channel, {"type": "x", "number": value})

    reader, read_by_it = _in_a_thread(read)
    writers = [_in_a_thread(lambda first=first: write(first))[0] for first in range(0, 200, 50)]
    for thread in [*writers, reader]:
        thread.join(PATIENCE)
    assert read_by_it == [list(range(200))]


def test_a_reader_whose_loop_is_gone_does_not_break_the_sender(layer):
    channel = async_to_sync(layer.new_channel)()

    async def wait_a_moment():
        task = asyncio.create_task(layer.receive(channel))
        await _until_read(layer, channel)
        return layer._channels[channel], task

    loop = asyncio.new_event_loop()
    box, task = loop.run_until_complete(wait_a_moment())
    waiter = box.waiter
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    # As if the process had been stopped hard: the register still holds the dead reader.
    layer._channels[channel] = box
    box.waiter = waiter
    async_to_sync(layer.send)(channel, {"type": "x"})
    assert list(box.messages) == [{"type": "x"}]
