"""The closed set of what a socket may say: what fits is read, and everything else is refused whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sessions.messages import LIMIT, RELAYED, REPORTED, BadMessageError, parse

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
GOOD: list[dict[str, Any]] = [
    {"type": "offer", "sdp": SDP, "attempt": 1},
    {"type": "answer", "sdp": SDP, "attempt": 2**53 - 1},
    {"type": "candidate", "candidate": None, "attempt": 1},
    {"type": "candidate", "candidate": {}, "attempt": 1},
    {"type": "candidate", "candidate": {"candidate": "", "sdpMid": "0"}, "attempt": 1},
    {
        "type": "candidate",
        "candidate": {
            "candidate": "candidate:1 1 udp 2113937151 192.0.2.1 9 typ host",
            "sdpMid": None,
            "sdpMLineIndex": 0,
            "usernameFragment": "abcd",
        },
        "attempt": 3,
    },
    {"type": "ready"},
    {"type": "restart", "attempt": 1},
    {"type": "media.flowing"},
    {"type": "media.lost"},
]


def refused(text: str) -> str:
    with pytest.raises(BadMessageError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize("message", GOOD, ids=lambda m: m["type"])
def test_each_message_of_the_set_is_read(message):
    assert parse(json.dumps(message)) == message


def test_every_type_is_exemplified_here():
    assert {m["type"] for m in GOOD} == RELAYED.keys() | REPORTED.keys()


@pytest.mark.parametrize("message", GOOD, ids=lambda m: m["type"])
def test_one_field_too_many_or_too_few_is_refused(message):
    assert refused(json.dumps({**message, "note": "hello"})) == "wrong_fields"
    for name in message.keys() - {"type"}:
        assert (
            refused(json.dumps({k: v for k, v in message.items() if k != name})) == "wrong_fields"
        )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("{'type': 'ready'}", "not_json"),
        ('{"type": "ready"} x', "not_json"),
        ('{"type": "ready", "n": NaN}', "not_json"),
        ('{"type": "offer", "sdp": "\\ud800", "attempt": 1}', "not_json"),
        ("[" * 100_000, "too_large"),
        ("[" * 5_000 + "]" * 5_000, "not_json"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "not_json"),
        ("[]", "not_an_object"),
        ('"ready"', "not_an_object"),
        ("null", "not_an_object"),
        ("7", "not_an_object"),
        ("{}", "unknown_type"),
        ('{"type": null}', "unknown_type"),
        ('{"type": ["ready"]}', "unknown_type"),
        ('{"type": {}}', "unknown_type"),
        ('{"type": "READY"}', "unknown_type"),
        ('{"type": "chat", "text": "hello"}', "unknown_type"),
        ('{"type": "session.changed", "state": "ended"}', "unknown_type"),
        ('{"type": "signal.passed", "text": "x"}', "unknown_type"),
    ],
)
def test_what_is_no_message_is_refused_with_a_word(text, word):
    assert refused(text) == word


@pytest.mark.parametrize("attempt", [0, -1, 1.0, True, "1", None, 2**53, [1]])
def test_an_attempt_is_a_positive_whole_number(attempt):
    assert refused(json.dumps({"type": "restart", "attempt": attempt})) == "bad_value"


@pytest.mark.parametrize("sdp", ["", None, 7, ["v=0"], {"sdp": "v=0"}, "x" * (48 * 1024 + 1)])
def test_a_description_is_a_text_of_limited_length(sdp):
    assert refused(json.dumps({"type": "offer", "sdp": sdp, "attempt": 1})) == "bad_value"


@pytest.mark.parametrize(
    "candidate",
    [
        "candidate:1",
        ["candidate:1"],
        7,
        {"candidate": 7},
        {"candidate": "x" * 2049},
        {"sdpMid": 0},
        {"sdpMLineIndex": -1},
        {"sdpMLineIndex": 64},
        {"sdpMLineIndex": True},
        {"sdpMLineIndex": 0.0},
        {"sdpMLineIndex": "0"},
        {"usernameFragment": ["a"]},
        {"candidate": "", "url": "http://evil.example"},
    ],
)
def test_a_candidate_has_the_shape_of_a_candidate(candidate):
    message = {"type": "candidate", "candidate": candidate, "attempt": 1}
    assert refused(json.dumps(message)) == "bad_value"


def test_the_limit_counts_bytes_not_characters():
    frame = '{{"type": "ready", "x": "{}"}}'
    room = LIMIT - len(frame.format(""))
    assert refused(frame.format("a" * room)) == "wrong_fields"  # just fits
    assert refused(frame.format("a" * (room + 1))) == "too_large"
    # Half as many characters of two bytes, and a bit more.
    assert refused(frame.format("ä" * (room // 2))) == "wrong_fields"
    assert refused(frame.format("ä" * (room // 2 + 1))) == "too_large"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
near_misses = st.fixed_dictionaries(
    {"type": st.sampled_from([*RELAYED, *REPORTED, "chat"]) | values},
    optional={"sdp": values, "attempt": values, "candidate": values, "text": values},
)


@given(near_misses | values)
def test_whatever_comes_is_read_or_refused_and_nothing_else(thing):
    try:
        message = parse(json.dumps(thing))
    except BadMessageError:
        return
    fields = (RELAYED | REPORTED)[message["type"]]
    assert message.keys() == fields.keys() | {"type"}
