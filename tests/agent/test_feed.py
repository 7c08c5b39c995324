"""What a helper's page may say on the `input` channel, and what comes of it (docs/protocol.md)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from remotehelp_app.session.feed import LARGEST, Feed


def datagram(first: int, *events: list[object], view: int = 1, **more: object) -> str:
    return json.dumps({"view": view, "n": first, "events": list(events), **more})


A_DOWN: list[object] = ["key", "KeyA", "a", True, 0]
A_UP: list[object] = ["key", "KeyA", "a", False, 0]


def names(feed: Feed, text: object) -> list[str]:
    return [event.name for event in feed.take(text)]


def test_each_event_counts_once_however_often_it_is_said():
    feed = Feed()
    assert names(feed, datagram(1, A_DOWN)) == ["key"]
    assert names(feed, datagram(1, A_DOWN, A_UP)) == ["key"]
    assert names(feed, datagram(1, A_DOWN, A_UP)) == []
    assert feed.acknowledged == 2


def test_a_lost_datagram_is_waited_for_and_nothing_overtakes_it():
    feed = Feed()
    assert names(feed, datagram(2, A_UP)) == []
    assert feed.acknowledged == 0
    assert names(feed, datagram(1, A_DOWN, A_UP)) == ["key", "key"]


def test_the_pointer_moves_whatever_was_lost():
    assert names(Feed(), datagram(9, move=[3, 4])) == ["move"]


@pytest.mark.parametrize(
    "events",
    [
        [["down", 5, 1, 1]],
        [["down", True, 1, 1]],
        [["down", 0, -1, 1]],
        [["down", 0, 40_000, 1]],
        [["wheel", 0, 21, 1, 1]],
        [["wheel", 0.5, 0, 1, 1]],
        [["key", "KeyA", "a", 1, 0]],
        [["key", "K" * 33, "a", True, 0]],
        [["key", "KeyA", "", True, 0]],
        [["key", "KeyA", "a", True, 128]],
        [["text", ""]],
        [["text", "x" * 201]],
        [["text", "a\x1bb"]],
        [["text", "\ud800"]],
        [["release", 1]],
        [["run", "xterm"]],
        ["down"],
        [[]],
        [A_DOWN] * 33,
        {"0": A_DOWN},
    ],
)
def test_one_bad_event_makes_the_whole_datagram_count_for_nothing(events):
    feed = Feed()
    text = json.dumps({"view": 1, "n": 1, "events": events})
    assert feed.take(text) == []
    assert (feed.refused, feed.acknowledged) == (1, 0)
    assert names(feed, datagram(1, A_DOWN)) == ["key"]


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        None,
        "",
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"view": 1, "n": 1}',
        '{"view": 1, "n": 1, "events": [], "more": 1}',
        '{"view": 0, "n": 1, "events": []}',
        '{"view": 1, "n": 0, "events": []}',
        '{"view": 1, "n": 1e3, "events": []}',
        '{"view": 1, "n": 1, "events": [], "move": [1]}',
        '{"view": 1, "n": 1, "events": [], "move": [1, NaN]}',
        datagram(1, ["text", "x" * 190], ["text", "y" * 190]) + " " * LARGEST,
    ],
)
def test_what_is_no_datagram_of_ours_is_dropped(text):
    feed = Feed()
    assert feed.take(text) == []
    assert feed.refused == 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_event_can_break_it(value):
    feed = Feed()
    feed.take(json.dumps({"view": 1, "n": 1, "events": [value]}))
    feed.take(json.dumps(value))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_whatever_is_lost_and_repeated_the_order_stays(starts):
    """The page says from any number on; what comes out is 1, 2, 3 without a gap."""
    feed, heard = Feed(), []
    for start in starts:
        events: list[list[object]] = [["text", str(number)] for number in range(start, start + 5)]
        heard += [int(e.values[0]) for e in feed.take(datagram(start, *events))]
    assert heard == list(range(1, feed.acknowledged + 1))
