"""The talk channel of the device app (docs/protocol.md)."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from PIL import Image
from remotehelp_app.media import talk
from remotehelp_app.media.screen import View, area_of, hide
from remotehelp_app.platform.interfaces import Area, Cursor, Monitor


def test_a_pages_messages_are_heard():
    assert talk.heard('{"type": "chat", "text": "Hello"}') == {"type": "chat", "text": "Hello"}
    assert talk.heard('{"type": "show", "monitor": "m1"}') == {"type": "show", "monitor": "m1"}
    assert talk.heard('{"type": "sharp"}') == {"type": "sharp"}


@pytest.mark.parametrize(
    "text",
    [
        b"\x00",
        "",
        "{",
        "[" * 60_000,
        "[]",
        '{"type": "chat"}',
        '{"type": "chat", "text": ""}',
        '{"type": "chat", "text": 1}',
        '{"type": "chat", "text": "x", "html": true}',
        json.dumps({"type": "chat", "text": "x" * 2001}),
        json.dumps({"type": "show", "monitor": "x" * 65}),
        '{"type": "screen"}',
        json.dumps({"type": "sharp", "pad": "x" * 70_000}),
    ],
)
def test_anything_else_is_nothing(text):
    assert talk.heard(text) is None


def test_a_pointers_shape_is_a_png_that_others_read():
    pixels = bytes([255, 0, 0, 255] * 3 + [0, 0, 255, 128] * 3)
    said = talk.cursor(Cursor(3, 2, 1, 0, pixels))
    picture = Image.open(BytesIO(base64.b64decode(said["png"])))
    assert picture.size == (3, 2)
    assert picture.tobytes() == pixels
    assert (said["x"], said["y"], said["isVisible"]) == (1, 0, True)


def test_a_hidden_pointer_has_no_picture():
    assert talk.cursor(Cursor(0, 0, 0, 0, b""))["isVisible"] is False


def test_a_view_of_all_monitors_spans_them_and_has_even_sides():
    monitors = [Monitor("a", "A", 0, 0, 1281, 801), Monitor("b", "B", 1281, 100, 800, 601)]
    assert area_of("b", monitors) == Area(1281, 100, 800, 600)
    assert area_of("all", monitors) == Area(0, 0, 2080, 800)
    assert area_of("unplugged", monitors) == Area(0, 0, 2080, 800)
    said = talk.screen(View(2, "b", Area(1281, 100, 800, 600), tuple(monitors)), can_control=True, has_attention=False)  # fmt: skip
    assert (said["width"], said["height"], said["shown"]) == (800, 600, "b")


def test_what_is_hidden_is_painted_over_to_the_pixel():
    import ctypes

    width, height = 8, 6
    pixels = (ctypes.c_ubyte * (width * height * 4))(*([9] * width * height * 4))
    hide(ctypes.addressof(pixels), width * 4, Area(100, 50, width, height), [Area(102, 52, 3, 2), Area(0, 0, 50, 50), Area(106, 54, 90, 90)])  # fmt: skip
    rows = [bytes(pixels[y * width * 4 : (y + 1) * width * 4 : 4]) for y in range(height)]
    shade, seen = b"\x50", b"\x09"
    assert rows[0] == rows[1] == seen * 8
    assert rows[2] == rows[3] == seen * 2 + shade * 3 + seen * 3
    assert rows[4] == rows[5] == seen * 6 + shade * 2
