from __future__ import annotations

from datetime import timedelta

import pytest

from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import EndReason, Kind, State
from tests.factories import make_session
from tests.sessions.stories import last_event, reread, story

TICK = timedelta(microseconds=1)


def _join(session, side, channel):
    actor = session.helper if side is Side.HELPER else session.sharer
    return services.join_session(actor=actor, session=session, side=side, channel=channel)


def _part(session, side, channel):
    services.part_session(session_id=session.pk, side=side, channel=channel)


def _confirm(session, side):
    actor = session.helper if side is Side.HELPER else session.sharer
    return services.confirm_media(actor=actor, session=session, side=side)


def _lose(session, side):
    actor = session.helper if side is Side.HELPER else session.sharer
    return services.report_media_lost(actor=actor, session=session, side=side)


def test_each_side_learns_where_the_other_is(introduced, ears, django_capture_on_commit_callbacks):
    helper, sharer = ears(), ears()
    with django_capture_on_commit_callbacks(execute=True):
        assert _join(introduced, Side.HELPER, helper.channel).peer_channel == ""
        assert _join(introduced, Side.SHARER, sharer.channel).peer_channel == helper.channel
    assert helper.heard() == [{"type": "peer.joined", "peer_channel": sharer.channel}]
    assert sharer.heard() == []
    row = reread(introduced)
    assert (row.helper_channel, row.sharer_channel) == (helper.channel, sharer.channel)


def test_the_later_of_two_tabs_takes_over_and_the_earlier_is_told(
    active, ears, sockets, django_capture_on_commit_callbacks
):
    old, peer = sockets(active)
    new = ears()
    old.heard(), peer.heard()
    with django_capture_on_commit_callbacks(execute=True):
        _join(active, Side.HELPER, new.channel)
    assert old.heard() == [{"type": "socket.taken_over"}]
    assert peer.heard() == [{"type": "peer.joined", "peer_channel": new.channel}]
    with django_capture_on_commit_callbacks(execute=True):
        _part(active, Side.HELPER, old.channel)  # the earlier tab closes
    assert peer.heard() == []
    row = reread(active)
    assert (row.helper_channel, row.helper_lost_at) == (new.channel, None)


def test_a_socket_of_a_stranger_or_of_the_wrong_side_does_not_join(
    active, hanna, sam, otto, mallory
):
    for actor, side in ((otto, Side.HELPER), (mallory, Side.SHARER), (sam, Side.HELPER)):
        with pytest.raises(IllegalStepError):
            services.join_session(actor=actor, session=active, side=side, channel="x")
    row = reread(active)
    assert (row.helper_channel, row.sharer_channel) == ("", "")


def test_nobody_joins_what_has_ended_or_run_out(clock, active, hanna, sam, settings):
    over = make_session(hanna, sam, State.INTRODUCED)
    clock.shift(settings.REMOTEHELP_IDLE_FOR)
    with pytest.raises(IllegalStepError):
        _join(over, Side.HELPER, "x")
    services.leave_session(actor=hanna, session=active)
    with pytest.raises(IllegalStepError):
        _join(active, Side.HELPER, "x")
    assert not HelpSession.objects.exclude(helper_channel="").exists()


def test_it_is_active_when_both_ends_see_the_picture(connecting, telling, hanna, sam):
    with telling(connecting) as told:
        assert _confirm(connecting, Side.SHARER).state == State.CONNECTING
        assert _confirm(connecting, Side.SHARER).state == State.CONNECTING  # twice is not both
        assert _confirm(connecting, Side.HELPER).state == State.ACTIVE
        _confirm(connecting, Side.HELPER)
    row = reread(connecting)
    assert row.active_at is not None
    assert row.expires_at is None
    assert story(row).count("connected") == 1
    assert told.both == [State.ACTIVE]


def test_nobody_sees_the_picture_for_another(connecting, hanna, sam, otto):
    for actor, side in ((otto, Side.HELPER), (hanna, Side.SHARER), (sam, Side.HELPER)):
        with pytest.raises(IllegalStepError):
            services.confirm_media(actor=actor, session=connecting, side=side)
        with pytest.raises(IllegalStepError):
            services.report_media_lost(actor=actor, session=connecting, side=side)
    row = reread(connecting)
    assert (row.helper_has_media, row.sharer_has_media) == (False, False)


@pytest.mark.parametrize("state", [State.WAITING, State.INTRODUCED, State.REQUESTED])
def test_no_picture_before_the_consent(state, hanna, sam):
    session = make_session(hanna, sam, state)
    with pytest.raises(IllegalStepError):
        _confirm(session, Side.HELPER)
    assert reread(session).helper_has_media is False


@pytest.mark.parametrize("side", list(Side))
def test_a_lost_side_ends_the_session_after_thirty_seconds(
    clock, side, active, sockets, telling, settings
):
    ears = dict(zip(Side, sockets(active), strict=True))
    _part(active, side, ears[side].channel)
    assert last_event(active)[0] == "socket_lost"
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN - TICK)
    assert services.settle(reread(active)).state == State.ACTIVE
    clock.shift(TICK)
    assert timedelta(seconds=30) == settings.REMOTEHELP_RECONNECT_WITHIN
    session = reread(active)
    with telling(session) as told:
        row = services.settle(session)
    assert (row.state, row.end_reason) == (State.ENDED, EndReason.CONNECTION_LOST)
    assert row.ended_by is None
    assert told.both == [State.ENDED]


def test_the_other_side_is_told_who_went(active, sockets, django_capture_on_commit_callbacks):
    helper, sharer = sockets(active)
    helper.heard()
    with django_capture_on_commit_callbacks(execute=True):
        _part(active, Side.SHARER, sharer.channel)
    assert helper.heard() == [{"type": "peer.left", "peer_channel": sharer.channel}]
    row = reread(active)
    assert (row.sharer_channel, row.sharer_has_media) == ("", False)
    assert row.sharer_lost_at is not None


def test_who_comes_back_in_time_goes_on(clock, active, sockets, ears, settings):
    """Product.md 5.8: the same session, no new code; the socket and the picture have to come back."""
    helper, _sharer = sockets(active)
    _part(active, Side.HELPER, helper.channel)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN - TICK)
    again = ears()
    _join(active, Side.HELPER, again.channel)
    _confirm(active, Side.HELPER)
    clock.shift(timedelta(hours=1))
    _touch(active, again.channel, _sharer.channel)
    assert services.settle(reread(active)).state == State.ACTIVE
    assert story(active)[-3:] == ["socket_lost", "socket_back", "picture_back"]
    assert reread(active).helper_lost_at is None


def _touch(session, helper, sharer):
    services.touch_presence({Side.HELPER: [helper], Side.SHARER: [sharer]})


def test_a_socket_without_a_picture_is_not_back(clock, active, sockets, settings):
    helper, _sharer = sockets(active)
    _part(active, Side.HELPER, helper.channel)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    _join(active, Side.HELPER, helper.channel)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    assert services.settle(reread(active)).end_reason == EndReason.CONNECTION_LOST


def test_who_comes_back_too_late_does_not_revive_it(clock, active, sockets, settings):
    """Though no task and no page has written the end down yet."""
    helper, _sharer = sockets(active)
    _part(active, Side.HELPER, helper.channel)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN)
    for attempt in (
        lambda: _join(active, Side.HELPER, "new"),
        lambda: _confirm(active, Side.HELPER),
    ):
        with pytest.raises(IllegalStepError):
            attempt()
    assert services.settle(active).end_reason == EndReason.CONNECTION_LOST


def test_a_picture_after_the_time_to_connect_makes_no_session(clock, connecting, settings):
    _confirm(connecting, Side.HELPER)
    clock.shift(settings.REMOTEHELP_CONNECT_WITHIN)
    with pytest.raises(IllegalStepError):
        _confirm(connecting, Side.SHARER)
    assert services.settle(connecting).end_reason == EndReason.NOT_CONNECTED


def test_a_lost_picture_counts_from_the_first_report(clock, active, settings):
    _lose(active, Side.HELPER)
    since = reread(active).helper_lost_at
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    _lose(active, Side.HELPER)
    assert reread(active).helper_lost_at == since
    assert story(active).count("picture_lost") == 1
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    assert services.settle(reread(active)).end_reason == EndReason.CONNECTION_LOST


def test_a_lost_picture_that_comes_back_is_fine(clock, active, settings):
    _lose(active, Side.SHARER)
    _confirm(active, Side.SHARER)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN * 3)
    assert services.settle(reread(active)).state == State.ACTIVE


def test_a_socket_that_goes_before_the_consent_costs_nothing(clock, requested, sockets, settings):
    helper, sharer = sockets(requested)
    _part(requested, Side.HELPER, helper.channel)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN * 2)
    assert services.settle(reread(requested)).state == State.REQUESTED
    # Nor does it count as silent once the session runs.
    clock.shift(timedelta(seconds=50))
    services.touch_presence({Side.SHARER: [sharer.channel]})
    row = services.allow(actor=requested.sharer, session=reread(requested), kind=Kind.VIEW_SCREEN)
    assert services.settle(reread(row)).state == State.CONNECTING


def test_a_process_that_dies_leaves_no_session_hanging(clock, active, sockets, settings):
    helper, _sharer = sockets(active)
    clock.shift(settings.REMOTEHELP_SILENT_FOR - TICK)
    assert services.settle(reread(active)).state == State.ACTIVE
    services.touch_presence({Side.HELPER: [helper.channel]})  # the sharer's process is gone
    clock.shift(TICK)
    assert services.end_due_sessions() == 0
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN)
    services.touch_presence({Side.HELPER: [helper.channel]})
    assert services.end_due_sessions() == 1
    assert reread(active).end_reason == EndReason.CONNECTION_LOST


def test_an_outage_of_the_database_ends_no_session(clock, active, sockets, settings):
    """Everybody looks silent after it; whoever is there says so with the next heartbeat."""
    helper, sharer = sockets(active)
    clock.shift(settings.REMOTEHELP_SILENT_FOR * 3)
    assert services.end_due_sessions() == 0
    clock.shift(settings.REMOTEHELP_SILENT_FOR / 3)
    both = {Side.HELPER: [helper.channel], Side.SHARER: [sharer.channel]}
    assert services.touch_presence(both) == set()
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN)
    assert services.end_due_sessions() == 0
    assert reread(active).state == State.ACTIVE


def test_a_touch_finds_the_sockets_that_missed_the_end(active, sockets):
    helper, sharer = sockets(active)
    both = {Side.HELPER: [helper.channel], Side.SHARER: [sharer.channel]}
    assert services.touch_presence(both) == set()
    services.leave_session(actor=active.helper, session=reread(active))
    assert services.touch_presence(both) == {helper.channel, sharer.channel}


def test_a_touch_is_for_the_sockets_that_still_speak(clock, active, sockets):
    helper, _sharer = sockets(active)
    _join(active, Side.HELPER, "a newer one")
    seen_at = reread(active).helper_seen_at
    clock.shift(timedelta(seconds=10))
    services.touch_presence({Side.HELPER: [helper.channel], Side.SHARER: []})
    assert reread(active).helper_seen_at == seen_at


def test_a_notice_that_cannot_be_delivered_does_not_undo_the_step(
    requested, sam, django_capture_on_commit_callbacks, settings
):
    """A channel layer that cannot be reached is logged; what was committed stands, and the caller is fine."""
    from channels.layers import channel_layers

    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    channel_layers.backends.clear()
    HelpSession.objects.filter(pk=requested.pk).update(helper_channel="specific.gone!x")
    with django_capture_on_commit_callbacks() as callbacks:
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    assert callbacks
    assert reread(requested).state == State.CONNECTING
