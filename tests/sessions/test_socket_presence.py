"""Sockets come, go, take over and come back; who stays away ends the session (product.md 5.8, S9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.sessions import services
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from tests.factories import make_session
from tests.sessions.stories import reread, story
from tests.sessions.wire import ANSWER, CANDIDATE, OFFER, beat

TAKEN_OVER = 4001
ENDED = {"type": "session.changed", "state": "ended"}
SOON = timedelta(milliseconds=300)


@pytest.fixture
def live(wire, active):
    """An active session whose two sockets are there and whose media flows."""
    return wire.join_both(active)


def test_the_other_side_is_told_who_comes_and_who_goes(wire, connecting, sam):
    helper, sharer = wire.join_both(connecting)
    sharer.hang_up()
    assert helper.hear() == {"type": "peer.left"}
    helper.say({"type": "ready"})
    assert helper.hear() == {"type": "peer.absent"}
    sharer = wire.join(sam, connecting)
    assert helper.hear() == {"type": "peer.joined"}
    helper.say({"type": "ready"})
    assert sharer.hear() == {"type": "ready"}


def test_a_second_tab_takes_over_and_the_first_one_says_so(wire, connecting, sam):
    helper, old = wire.join_both(connecting)
    new, greeting = wire.greet(sam, connecting)
    assert greeting["is_peer_here"] is True
    assert helper.hear() == {"type": "peer.joined"}
    assert old.hear() == {"type": "session.taken_over"}
    assert old.hear_close() == TAKEN_OVER  # and the late goodbye of the old one is heard by nobody
    new.say(OFFER)
    assert helper.hear() == OFFER
    helper.say(ANSWER)
    assert new.hear() == ANSWER
    row = reread(connecting)
    assert row.sharer_channel
    assert row.sharer_lost_at is None
    assert "socket_lost" not in story(connecting)


def test_tabs_of_the_other_side_are_left_alone_by_a_takeover(wire, connecting, hanna, sam):
    helper, sharer = wire.join_both(connecting)
    newer = wire.join(hanna, connecting)
    assert helper.hear() == {"type": "session.taken_over"}
    assert helper.hear_close() == TAKEN_OVER
    assert sharer.hear() == {"type": "peer.joined"}
    sharer.say(OFFER)
    assert newer.hear() == OFFER


def test_a_takeover_can_be_taken_back(wire, connecting, sam):
    helper, first = wire.join_both(connecting)
    second = wire.join(sam, connecting)
    assert first.hear() == {"type": "session.taken_over"}
    assert first.hear_close() == TAKEN_OVER
    third = wire.join(sam, connecting)
    assert second.hear() == {"type": "session.taken_over"}
    assert second.hear_close() == TAKEN_OVER
    assert [helper.hear() for _ in range(2)] == [{"type": "peer.joined"}] * 2
    helper.say({"type": "ready"})
    assert third.hear() == {"type": "ready"}


def test_media_on_both_sides_makes_the_session_active(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    for socket in (helper, sharer):
        socket.say({"type": "media.flowing"})
    for socket in (helper, sharer):
        assert socket.hear() == {"type": "session.changed", "state": "active"}
    row = reread(connecting)
    assert row.state == State.ACTIVE
    assert row.active_at is not None
    assert row.expires_at is None


def reported_lost(sharer, helper) -> None:
    """The sharer says that nothing flows; known to have been taken in when a later signal has passed."""
    sharer.say({"type": "media.lost"})
    sharer.say(CANDIDATE)
    assert helper.hear() == CANDIDATE


def test_a_lost_picture_that_does_not_come_back_ends_the_session(live, active, settings):
    settings.REMOTEHELP_RECONNECT_WITHIN = SOON
    helper, sharer = live
    reported_lost(sharer, helper)
    # The socket itself looks again when the time is over: no worker runs here.
    for socket in (helper, sharer):
        assert socket.hear() == ENDED
        assert socket.hear_close() == 1000
    assert reread(active).end_reason == "connection_lost"


def test_a_lost_socket_that_does_not_come_back_ends_the_session(live, active, settings):
    settings.REMOTEHELP_RECONNECT_WITHIN = SOON
    helper, sharer = live
    sharer.hang_up()
    assert helper.hear() == {"type": "peer.left"}
    assert helper.hear() == ENDED
    assert helper.hear_close() == 1000
    row = reread(active)
    assert (row.end_reason, row.ended_by) == ("connection_lost", None)


def test_when_both_sockets_are_gone_the_worker_ends_the_session_after_thirty_seconds(
    live, active, clock
):
    """The lid of a laptop is closed, and the other one gives up."""
    for socket in live:
        socket.hang_up()
    clock.shift(timedelta(seconds=29))
    services.end_due_sessions()
    assert reread(active).state == State.ACTIVE
    clock.shift(timedelta(seconds=1))
    services.end_due_sessions()
    assert reread(active).end_reason == "connection_lost"


def test_who_comes_back_in_time_goes_on_with_the_same_session(wire, live, active, clock, sam):
    helper, sharer = live
    sharer.hang_up()
    assert helper.hear() == {"type": "peer.left"}
    clock.shift(timedelta(seconds=29))
    sharer, greeting = wire.greet(sam, active)
    assert greeting["state"] == "active"
    assert helper.hear() == {"type": "peer.joined"}
    sharer.say(OFFER)
    assert helper.hear() == OFFER
    helper.say(ANSWER)
    assert sharer.hear() == ANSWER
    sharer.say({"type": "media.flowing"})
    sharer.say(CANDIDATE)
    assert helper.hear() == CANDIDATE
    clock.shift(timedelta(seconds=31))
    beat(active)
    services.end_due_sessions()
    assert reread(active).state == State.ACTIVE
    assert story(active)[-3:] == ["socket_lost", "socket_back", "picture_back"]


def test_a_socket_without_its_picture_is_not_back(wire, live, active, clock, sam):
    helper, sharer = live
    sharer.hang_up()
    assert helper.hear() == {"type": "peer.left"}
    clock.shift(timedelta(seconds=10))
    wire.join(sam, active)
    clock.shift(timedelta(seconds=21))
    services.end_due_sessions()
    assert reread(active).end_reason == "connection_lost"


def test_who_comes_back_too_late_is_refused_and_the_session_is_over(wire, live, active, clock, sam):
    for socket in live:
        socket.hang_up()
    clock.shift(timedelta(seconds=31))
    late = wire.knock(sam, active)
    assert not late.open()
    assert reread(active).end_reason == "connection_lost"


def test_a_picture_that_comes_back_in_time_lets_the_session_go_on(live, active, clock):
    helper, sharer = live
    reported_lost(sharer, helper)
    clock.shift(timedelta(seconds=29))
    sharer.say({"type": "media.flowing"})
    sharer.say(CANDIDATE)
    assert helper.hear() == CANDIDATE
    row = reread(active)
    assert (row.sharer_lost_at, row.sharer_has_media) == (None, True)
    assert story(active)[-2:] == ["picture_lost", "picture_back"]


def test_a_socket_lost_before_consent_costs_nothing(wire, introduced, sam, clock):
    helper, sharer = wire.join_both(introduced)
    sharer.hang_up()
    assert helper.hear() == {"type": "peer.left"}
    clock.shift(timedelta(seconds=60))
    services.end_due_sessions()
    assert reread(introduced).state == State.INTRODUCED
    _, greeting = wire.greet(sam, introduced)
    assert greeting["is_peer_here"] is True


def test_a_process_that_dies_silently_leaves_no_session_hanging(live, active, clock, settings):
    """Its sockets say no goodbye; only their silence tells."""
    clock.shift(settings.REMOTEHELP_SILENT_FOR + timedelta(seconds=1))
    services.end_due_sessions()
    assert reread(active).state == "active"  # it may be an outage: the next heartbeat would say so
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN)
    services.end_due_sessions()
    assert reread(active).end_reason == "connection_lost"


def test_the_heartbeat_keeps_quiet_sockets_alive(wire, settings, hanna, sam):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=90)
    session = make_session(hanna, sam)
    wire.join_both(session)
    first = reread(session)

    def has_moved() -> bool:
        row = reread(session)
        return bool(
            row.helper_seen_at > first.helper_seen_at and row.sharer_seen_at > first.sharer_seen_at
        )

    wire.until(has_moved)


def test_a_socket_that_missed_the_end_is_told_by_the_heartbeat(wire, settings, hanna, sam):
    """A notice can be lost (the layer was out of reach); the picture must not go on for long."""
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=90)
    session = make_session(hanna, sam)
    helper, sharer = wire.join_both(session)
    HelpSession.objects.filter(pk=session.pk).update(
        state="ended", ended_at=timezone.now(), end_reason="ended_by_admin", expires_at=None
    )  # as if no notice had come
    for socket in (helper, sharer):
        assert socket.hear() == ENDED


def test_two_sessions_of_the_same_people_live_side_by_side(wire, hanna, sam):
    """D5: the second neither takes over nor ends the first."""
    first, second = make_session(hanna, sam), make_session(hanna, sam)
    first_helper, first_sharer = wire.join_both(first)
    second_helper, second_sharer = wire.join_both(second)
    services.leave_session(actor=sam, session=first)
    for socket in (first_helper, first_sharer):
        assert socket.hear() == ENDED
    second_sharer.say(OFFER)
    assert second_helper.hear() == OFFER
    assert HelpSession.objects.live().get() == second
