"""The shared set-up is what it says: every other test leans on it."""

from __future__ import annotations

from apps.sessions.states import Kind, State
from tests.factories import make_session


def test_each_fixture_is_in_its_state(waiting, introduced, requested, connecting, active):
    assert waiting.session.state == State.WAITING
    assert introduced.state == State.INTRODUCED
    assert requested.state == State.REQUESTED
    assert connecting.state == State.CONNECTING
    assert active.state == State.ACTIVE


def test_control_is_of_the_laptop(active_control, sams_laptop):
    assert active_control.state == State.ACTIVE
    assert active_control.kind == Kind.FULL_CONTROL
    assert active_control.device == sams_laptop


def test_the_other_helpers_work_in_their_own_scope(otto, wilma, oleg, sam, mallory, magnus, ada):
    for helper, sharer in ((otto, wilma), (oleg, sam), (mallory, magnus)):
        assert make_session(helper, sharer).state == State.ACTIVE


def test_an_ear_hears_what_is_sent_and_nothing_else(ears, settings):
    from apps.common.telling import send_to_channel

    one, other = ears(), ears()
    send_to_channel(one.channel, {"type": "peer.left", "peer_channel": "x"})
    assert one.types() == ["peer.left"]
    assert one.types() == []
    assert other.types() == []
