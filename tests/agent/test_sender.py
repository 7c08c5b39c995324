"""What waits to be sent, and who is told when it has left."""

from __future__ import annotations

import av
from remotehelp_app.media.rate import Rate
from remotehelp_app.media.sender import ScreenTrack, busiest


async def test_each_frame_makes_room_once_whether_it_leaves_or_its_connection_breaks():
    """The screen waits for room when two frames have not left; without it the picture would stand still for good."""
    rooms = []
    track = ScreenTrack(Rate())
    track.on_sent = lambda: rooms.append("room")
    for _frame in range(3):
        track.put(av.Packet(b"frame"))
    await track.recv()
    track.sent()
    assert len(rooms) == 1
    await track.recv()  # in the middle of this one the connection breaks
    track.give_up()
    assert len(rooms) == 3
    track.sent()  # it comes late to its end
    assert len(rooms) == 3


def test_the_busiest_moment_is_that_of_the_largest_frame():
    assert busiest([], 0.05) == 0
    two_frames = [
        (1.0, 4000),
        (1.01, 4000),
        (1.5, 6000),
        (1.52, 6000),
        (1.549, 6000),
        (1.551, 1000),
    ]
    assert busiest(two_frames, 0.05) == 18_000 / 0.05
