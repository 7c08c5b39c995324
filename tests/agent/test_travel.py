"""Whether a page was scrolled, and how far: told from two pictures."""

from __future__ import annotations

import random

import pytest
from remotehelp_app.media.travel import FARTHEST, travelled

WIDTH, HEIGHT, STRIDE = 640, 480, 704


def lines(seed, count):
    """Rows of pixels that look like nothing else, with every other one blank, as between lines of text."""
    noise = random.Random(seed)  # noqa: S311 a picture
    return [noise.randbytes(WIDTH) if row % 2 else bytes(WIDTH) for row in range(count)]


def plane(rows, frame=None):
    """The rows as a plane; with `frame`, in the middle third of a window that stays as it is."""
    if frame is not None:
        third = WIDTH // 3
        rows = [frame[:third] + row[third:-third] + frame[-third:] for row in rows]
    return memoryview(b"".join(row + bytes(STRIDE - WIDTH) for row in rows))


def told(here, there):
    return travelled(here, there, WIDTH, STRIDE)


@pytest.mark.parametrize("by", [1, 13, 120, FARTHEST])
@pytest.mark.parametrize("frame", [None, bytes(range(256)) * 3])
def test_a_scrolled_page_is_recognised_both_ways(by, frame):
    page = lines(1, HEIGHT + by)
    up, down = plane(page[:HEIGHT], frame), plane(page[by : by + HEIGHT], frame)
    assert told(up, down) == told(down, up) == by


def test_another_page_was_not_scrolled():
    page = plane(lines(1, HEIGHT))
    assert told(page, plane(lines(2, HEIGHT))) == 0
    assert told(page, page) == 0
    assert told(page, plane([bytes([9]) * WIDTH] * HEIGHT)) == 0


def test_a_page_scrolled_so_far_that_little_is_left_counts_as_another():
    page = lines(1, HEIGHT + FARTHEST + 1)
    assert told(plane(page[:HEIGHT]), plane(page[FARTHEST + 1 :])) == 0


def test_a_picture_too_small_to_tell_is_left_alone():
    assert travelled(memoryview(bytes(64)), memoryview(bytes(64)), 8, 8) == 0
