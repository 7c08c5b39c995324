from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.sessions import services
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import EndReason, Kind, State
from tests.factories import make_session
from tests.sessions.stories import last_event, reread, story


def test_a_decline_goes_back_to_the_choice(clock, requested, sam, settings, telling):
    with telling(requested) as told:
        services.decline(actor=sam, session=requested)
    row = reread(requested)
    assert (row.state, row.kind, row.requested_at) == (State.INTRODUCED, "", None)
    assert row.expires_at - row.introduced_at == settings.REMOTEHELP_IDLE_FOR
    assert last_event(row) == ("declined", State.REQUESTED, State.INTRODUCED, sam)
    assert row.events.last().detail == Kind.VIEW_SCREEN
    assert told.both == [State.INTRODUCED]


def test_only_the_sharer_declines(requested, hanna, otto, mallory, sam):
    for stranger in (otto, mallory):
        with pytest.raises(NotFoundError):
            services.decline(actor=stranger, session=requested)
    with pytest.raises(IllegalStepError):
        services.decline(actor=hanna, session=requested)
    assert reread(requested).state == State.REQUESTED
    services.decline(actor=sam, session=requested)
    assert reread(requested).state == State.INTRODUCED


def test_the_third_no_ends_the_session(requested, hanna, sam, telling):
    for _ in range(2):
        services.decline(actor=sam, session=requested)
        services.request_kind(actor=hanna, session=requested, kind=Kind.VIEW_SCREEN)
    with telling(requested) as told:
        services.decline(actor=sam, session=requested)
    row = reread(requested)
    assert (row.state, row.end_reason, row.ended_by) == (State.ENDED, EndReason.DECLINED, sam)
    assert story(row)[-2:] == ["declined", "ended"]
    assert told.both == [State.ENDED]


def test_no_answer_counts_as_a_no(clock, hanna, sam, settings):
    """Product.md 5.5: and three of them end the session like three declines."""
    session = make_session(hanna, sam, State.REQUESTED)
    for _ in range(2):
        clock.shift(settings.REMOTEHELP_ANSWER_WITHIN)
        assert services.settle(session).state == State.INTRODUCED
        assert last_event(session)[0] == "not_answered"
        services.request_kind(actor=hanna, session=session, kind=Kind.VIEW_SCREEN)
    clock.shift(settings.REMOTEHELP_ANSWER_WITHIN)
    row = services.settle(session)
    assert (row.state, row.end_reason, row.ended_by) == (State.ENDED, "declined", None)
