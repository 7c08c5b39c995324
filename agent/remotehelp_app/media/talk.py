"""What arrives on the `talk` channel (docs/protocol.md), checked; and what is said on it. Pure."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any, Literal, TypedDict

from remotehelp_app.media.screen import View
from remotehelp_app.platform.interfaces import Cursor

LARGEST = 65_536  # bytes
TEXT_LIMIT = 2000
_ID_LIMIT = 64


class Heard(TypedDict, total=False):
    """A message of the helper's page; only the fields of its type are there."""

    type: Literal["chat", "show", "sharp"]
    text: str
    monitor: str


def heard(data: object) -> Heard | None:
    """The message, or None when it is not one of ours."""
    if not isinstance(data, str) or len(data) > LARGEST:
        return None
    try:
        message: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    kind = message.get("type")
    if (
        kind == "chat"
        and message.keys() == {"type", "text"}
        and _is_text(message["text"], TEXT_LIMIT)
    ):
        return {"type": "chat", "text": message["text"]}
    if (
        kind == "show"
        and message.keys() == {"type", "monitor"}
        and _is_text(message["monitor"], _ID_LIMIT)
    ):
        return {"type": "show", "monitor": message["monitor"]}
    return {"type": "sharp"} if kind == "sharp" and message.keys() == {"type"} else None


def _is_text(value: object, limit: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limit


def chat(text: str) -> dict[str, Any]:
    return {"type": "chat", "text": text[:TEXT_LIMIT]}


def screen(view: View, *, can_control: bool, has_attention: bool) -> dict[str, Any]:
    return {
        "type": "screen",
        "view": view.number,
        "width": view.area.width,
        "height": view.area.height,
        "shown": view.shown,
        "monitors": [
            {
                "id": m.id,
                "name": m.name[:80],
                "x": m.x,
                "y": m.y,
                "width": m.width,
                "height": m.height,
                "isPrimary": m.is_primary,
            }
            for m in view.monitors
        ],
        "canControl": can_control,
        "secureAttention": has_attention,
    }


def cursor(shape: Cursor) -> dict[str, Any]:
    is_visible = shape.width > 0 and shape.height > 0
    picture = png(shape.width, shape.height, shape.rgba) if is_visible else b""
    return {
        "type": "cursor",
        "isVisible": is_visible,
        "png": base64.b64encode(picture).decode(),
        "x": shape.x,
        "y": shape.y,
        "width": shape.width,
        "height": shape.height,
    }


def png(width: int, height: int, rgba: bytes) -> bytes:
    """A PNG (W3C, third edition) of 8-bit RGBA without interlacing or filters."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    row = width * 4
    rows = b"".join(b"\x00" + rgba[at : at + row] for at in range(0, row * height, row))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
