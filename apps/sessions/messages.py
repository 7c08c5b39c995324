"""The closed set of what a socket may say. Everything that does not fit is refused whole.

A peer is hostile until proved otherwise: keys, types, lengths and ranges are checked; what a description or a
candidate means is left to the other end's WebRTC.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import orjson

LIMIT = 64 * 1024  # bytes of one message; a description with many codecs is about 10 kB
_SDP_LIMIT = 48 * 1024
_CANDIDATE_LIMIT = 2048
_ATTEMPT_LIMIT = 2**53

Check = Callable[[Any], bool]


def _text(limit: int) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= limit


def _is_attempt(value: Any) -> bool:
    return type(value) is int and 0 < value < _ATTEMPT_LIMIT


def _is_id(value: Any) -> bool:
    """An id as the site itself writes it."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _is_candidate(value: Any) -> bool:
    """An RTCIceCandidateInit, or null for "no more"."""
    if value is None:
        return True
    if not isinstance(value, dict) or not value.keys() <= {
        "candidate",
        "sdpMid",
        "sdpMLineIndex",
        "usernameFragment",
    }:
        return False
    line = value.get("sdpMLineIndex")
    texts = (value.get("candidate", ""), value.get("sdpMid"), value.get("usernameFragment"))
    return (line is None or (type(line) is int and 0 <= line < 64)) and all(
        text is None or (isinstance(text, str) and len(text) <= _CANDIDATE_LIMIT) for text in texts
    )


# Passed on to the other side, unread beyond this.
RELAYED: dict[str, dict[str, Check]] = {
    "offer": {"sdp": _text(_SDP_LIMIT), "attempt": _is_attempt},
    "answer": {"sdp": _text(_SDP_LIMIT), "attempt": _is_attempt},
    "candidate": {"candidate": _is_candidate, "attempt": _is_attempt},
    "ready": {},  # the helper is there and has no connection: please offer
    "restart": {"attempt": _is_attempt},  # the connection broke: please offer it anew
}
# For the server itself.
REPORTED: dict[str, dict[str, Check]] = {"media.flowing": {}, "media.lost": {}}
# Only the side that shows the screen offers: no glare can come about.
ONLY_SHARER = frozenset({"offer"})
ONLY_HELPER = frozenset({"answer", "ready"})


class BadMessageError(ValueError):
    """Not one of ours; `args[0]` says in a word what is wrong with it."""


KNOWN = RELAYED | REPORTED

# What the socket of a device may say; DEVICE_LIMIT bytes are more than it takes.
DEVICE: dict[str, dict[str, Check]] = {"shown": {"session": _is_id}}  # the notice is on the screen
DEVICE_LIMIT = 1024


def parse(
    text: str, known: dict[str, dict[str, Check]] = KNOWN, *, limit: int = LIMIT
) -> dict[str, Any]:
    """The message, or BadMessageError. Size in bytes, JSON object, known type, exactly the known fields."""
    if len(text) > limit or len(text.encode()) > limit:
        raise BadMessageError("too_large")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadMessageError("not_json") from error
    if not isinstance(message, dict):
        raise BadMessageError("not_an_object")
    kind = message.get("type")
    fields = known.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise BadMessageError("unknown_type")
    if message.keys() != fields.keys() | {"type"}:
        raise BadMessageError("wrong_fields")
    if not all(check(message[name]) for name, check in fields.items()):
        raise BadMessageError("bad_value")
    return message
