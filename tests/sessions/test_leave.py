from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.sessions import services
from apps.sessions.states import OPEN, EndReason, Kind, State
from tests.factories import make_session
from tests.sessions.stories import last_event, reread, story


@pytest.mark.parametrize("state", [s for s in State if s in OPEN])
@pytest.mark.parametrize("side", ["helper", "sharer"])
def test_either_side_leaves_at_any_time(side, state, hanna, sam, telling):
    """S9."""
    session = make_session(hanna, sam, state)
    actor, reason = {
        "helper": (hanna, EndReason.HELPER_LEFT),
        "sharer": (sam, EndReason.SHARER_LEFT),
    }[side]
    if side == "sharer" and state == State.WAITING:
        with pytest.raises(NotFoundError):  # nobody is the sharer yet
            services.leave_session(actor=sam, session=session)
        return
    with telling(session) as told:
        services.leave_session(actor=actor, session=session)
    row = reread(session)
    assert (row.state, row.end_reason, row.ended_by) == (State.ENDED, reason, actor)
    assert row.ended_at is not None
    assert row.expires_at is None
    assert last_event(row) == ("ended", state, State.ENDED, actor)
    assert told.both == [State.ENDED]


def test_a_stranger_ends_nothing(active, otto, mallory, ada):
    for stranger in (otto, mallory, ada):
        with pytest.raises(NotFoundError):
            services.leave_session(actor=stranger, session=active)
    assert reread(active).state == State.ACTIVE


def test_the_second_to_leave_changes_nothing(active, hanna, sam, telling):
    services.leave_session(actor=hanna, session=active)
    first = reread(active)
    with telling(active) as told:
        gone = services.leave_session(actor=sam, session=active)
    assert gone.end_reason == EndReason.HELPER_LEFT
    row = reread(active)
    assert (row.ended_at, row.ended_by) == (first.ended_at, hanna)
    assert told.both == []
    assert story(row).count("ended") == 1


def test_leaving_with_an_old_view_of_the_session_still_ends_it(hanna, sam):
    stale = make_session(hanna, sam, State.REQUESTED)
    services.allow(actor=sam, session=reread(stale), kind=Kind.VIEW_SCREEN)
    assert stale.state == State.REQUESTED
    assert services.leave_session(actor=hanna, session=stale).state == State.ENDED
    assert last_event(stale)[1] == State.CONNECTING


def test_an_ended_session_keeps_what_the_report_needs(active, hanna, sam):
    services.leave_session(actor=sam, session=active)
    row = reread(active)
    assert (row.helper, row.sharer, row.kind) == (hanna, sam, Kind.VIEW_SCREEN)
    assert row.lasted_for == row.ended_at - row.active_at
