from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import time_machine

from apps.common.ids import new_id


def test_ids_are_version_7_and_of_the_rfc():
    for _ in range(200):
        made = new_id()
        assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_sort_by_time():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = []
    for step in range(50):
        with time_machine.travel(start + timedelta(milliseconds=step), tick=False):
            made.append(new_id())
    assert made == sorted(made)


def test_ids_of_one_moment_cannot_be_guessed_from_each_other():
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        made = [new_id().int for _ in range(400)]
    assert len(set(made)) == 400
    random_bits = [value & ((1 << 62) - 1) for value in made]
    # Every one of the low 62 bits is seen as 0 and as 1.
    assert all(len({value >> bit & 1 for value in random_bits}) == 2 for bit in range(62))
    assert all(len({value >> bit & 1 for value in made}) == 2 for bit in range(64, 76))
