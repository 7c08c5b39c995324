"""What libx264 makes of a plan: fineness holds for each frame and each row, without a new key frame."""

from __future__ import annotations

import ctypes
import random

import av
import pytest
from remotehelp_app.media import x264
from remotehelp_app.media.convert import blank_frame
from remotehelp_app.media.encoder import Encoder
from remotehelp_app.media.quality import FINEST, Quality
from remotehelp_app.platform.interfaces import UnavailableError

WIDTH, HEIGHT, ROWS = 640, 360, 23


def fill(frame, seed, rows=range(ROWS)):
    """Fine detail in these rows of blocks, as dear as a screen gets."""
    noise, plane = random.Random(seed), frame.planes[0]  # noqa: S311 a picture
    for row in rows:
        size = min(16, HEIGHT - row * 16) * plane.line_size
        data = bytes(noise.choice((0x10, 0xEB)) for _pixel in range(64)) * (size // 64)
        ctypes.memmove(plane.buffer_ptr + row * 16 * plane.line_size, data, size)
    for colour in frame.planes[1:]:
        ctypes.memset(colour.buffer_ptr, 0x80, colour.buffer_size)
    return frame


def luma(frame):
    plane = frame.planes[0]
    data = bytes(plane)
    return [data[y * plane.line_size :][:WIDTH] for y in range(HEIGHT)]


def error(real, shown, rows=range(ROWS)):
    pairs = [
        (a - b) ** 2
        for y in range(HEIGHT)
        if y // 16 in rows
        for a, b in zip(real[y], shown[y], strict=True)
    ]
    return sum(pairs) / len(pairs)


class Coder:
    def __init__(self):
        self.x264 = x264.X264(WIDTH, HEIGHT)
        self.decoder = av.CodecContext.create("h264", "r")

    def __call__(self, frame, quantiser=30, rows=range(ROWS), *, is_key=False):
        planes = [(p.buffer_ptr, p.line_size) for p in frame.planes]
        coded = self.x264.encode(planes, quantiser=quantiser, rows=rows, is_key=is_key)
        assert coded is not None
        self.shown = luma(self.decoder.decode(av.Packet(coded.data))[0])
        return coded


@pytest.fixture
def coder():
    return Coder()


def test_a_coarser_quantiser_makes_a_smaller_frame(coder):
    frame, sizes = blank_frame(WIDTH, HEIGHT), []
    for number, quantiser in enumerate((40, 40, 10, 40)):
        sizes.append(len(coder(fill(frame, number), quantiser).data))
    assert sizes[1] < sizes[2] > sizes[3]


def test_only_the_rows_that_are_named_get_sharp(coder):
    frame = fill(blank_frame(WIDTH, HEIGHT), 1)
    coder(frame, 45, is_key=True)
    real, before = luma(frame), coder.shown
    coder(frame, FINEST, rows=range(5, 9))
    assert error(real, coder.shown, range(5, 9)) < 1.6, "46 dB"
    others = [row for row in range(ROWS) if row not in range(5, 9)]
    assert error(before, coder.shown, others) == 0


def test_a_key_frame_comes_when_it_is_asked_for(coder):
    frame = fill(blank_frame(WIDTH, HEIGHT), 1)
    keys = [coder(frame, is_key=n == 3).is_key for n in range(6)]
    assert keys == [True, False, False, True, False, False]


def test_a_screen_gets_sharp_and_then_nothing_is_encoded():
    """Decoded as a browser would, against what went in."""
    quality = Quality(8_000_000)
    encoder, decoder = Encoder(WIDTH, HEIGHT, quality), av.CodecContext.create("h264", "r")
    at, shown, keys = 10.0, None, 0
    for _frame in range(200):
        packet = encoder.encode(at) if fill(encoder.canvas, 1) else None
        assert packet is not None
        keys += packet.is_keyframe
        shown = luma(decoder.decode(packet)[0])
        due = quality.sharpen_at()
        if due is None:
            break
        at = max(at + 0.01, due)
    assert keys == 1
    assert at < 13.0, "within three seconds"
    assert error(luma(fill(encoder.canvas, 1)), shown) < 1.6, "46 dB"
    assert encoder.encode(at + 1) is None
    still = encoder.encode(at + 2, is_due=True)
    assert still is not None
    assert still.size < 200
    fill(encoder.canvas, 1)
    changed = encoder.encode(at + 3) if fill(encoder.canvas, 2, rows=[4]) else None
    assert changed is not None
    assert still.size < changed.size < 20_000
    encoder.close()
    encoder.close()


def test_another_layout_is_refused_rather_than_written_into(monkeypatch):
    monkeypatch.setattr(x264, "_CSP_AT", 40)
    with pytest.raises(UnavailableError):
        x264.X264(WIDTH, HEIGHT)


def test_a_scrolled_page_costs_a_fraction_when_it_is_looked_for_far_enough(coder):
    frame = fill(blank_frame(WIDTH, HEIGHT), 1)
    plane = frame.planes[0]
    page = bytes(plane)

    def scrolled(rows):
        by = rows * plane.line_size
        ctypes.memmove(plane.buffer_ptr, page[by:] + page[:by], len(page))
        return frame

    coder(frame, is_key=True)
    near = len(coder(scrolled(40)).data)
    coder.x264.search(40)
    far = len(coder(scrolled(80)).data)
    coder.x264.search(0)
    near_again = len(coder(scrolled(120)).data)
    assert far * 2 < near
    assert far * 2 < near_again


def test_what_was_encoded_last_is_sharpened_whatever_is_on_the_canvas():
    quality = Quality(8_000_000)
    encoder, decoder = Encoder(WIDTH, HEIGHT, quality), av.CodecContext.create("h264", "r")
    assert encoder.sharpen(9.0) is None, "nothing was encoded yet"
    real = luma(fill(encoder.canvas, 1))
    packet = encoder.encode(10.0)
    fill(encoder.canvas, 2)
    at = 10.0
    while packet is not None:
        shown = luma(decoder.decode(packet)[0])
        at += 0.05
        packet = encoder.sharpen(at) if quality.sharpen_at() is not None else None
    assert error(real, shown) < 1.6, "46 dB"
    encoder.close()
