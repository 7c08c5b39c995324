"""What the clock decides holds whether or not a task has run; `settle` writes it down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.sessions import services
from apps.sessions.models import HelpSession, SecurityCode, Side
from apps.sessions.states import EndReason, Kind, State
from tests.factories import make_session
from tests.sessions.stories import last_event, reread, story

TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("state", "setting", "new", "reason"),
    [
        (State.WAITING, "REMOTEHELP_CODE_VALID_FOR", State.ENDED, EndReason.EXPIRED),
        (State.INTRODUCED, "REMOTEHELP_IDLE_FOR", State.ENDED, EndReason.ABANDONED),
        (State.REQUESTED, "REMOTEHELP_ANSWER_WITHIN", State.INTRODUCED, ""),
        (State.CONNECTING, "REMOTEHELP_CONNECT_WITHIN", State.ENDED, EndReason.NOT_CONNECTED),
    ],
)
def test_each_state_runs_out(clock, state, setting, new, reason, hanna, sam, settings, telling):
    session = make_session(hanna, sam, state)
    clock.shift(getattr(settings, setting) - TICK)
    with telling(session) as told:
        assert services.settle(session).state == state
    assert told.both == []
    clock.shift(TICK)
    with telling(session) as told:
        row = services.settle(session)
    assert (row.state, row.end_reason, row.ended_by) == (new, reason, None)
    assert last_event(row)[1:] == (state, new, None)
    assert told.both == [new]
    before = story(row)
    services.settle(session)
    services.settle(reread(session))
    assert story(row) == before  # idempotent


def test_an_active_session_does_not_run_out(clock, active):
    clock.shift(timedelta(hours=9))
    assert services.settle(active).state == State.ACTIVE


def test_the_worker_settles_all_that_is_due_and_nothing_else(clock, hanna, sam, settings):
    due = [make_session(hanna, sam, s) for s in (State.WAITING, State.REQUESTED, State.CONNECTING)]
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    fresh = [make_session(hanna, sam, state) for state in State]
    assert services.end_due_sessions() == 3
    assert [reread(s).state for s in due] == [State.ENDED, State.INTRODUCED, State.ENDED]
    assert [reread(s).state for s in fresh] == list(State)
    assert services.end_due_sessions() == 0


def test_what_was_renewed_meanwhile_is_not_ended_by_an_old_view_of_it(clock, hanna, settings):
    """The worker loads many rows and comes to the last of them later."""
    opened = services.open_session(actor=hanna)
    stale = reread(opened.session)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR / 2)
    services.issue_new_code(actor=hanna, session=opened.session)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR / 2)
    assert services.settle(stale).state == State.WAITING


def test_a_new_request_is_not_declined_by_the_expiry_of_an_old_one(clock, hanna, sam, settings):
    session = make_session(hanna, sam, State.REQUESTED)
    stale = reread(session)
    clock.shift(settings.REMOTEHELP_ANSWER_WITHIN / 2)
    services.decline(actor=sam, session=session)
    services.request_kind(actor=hanna, session=session, kind=Kind.VIEW_SCREEN)
    clock.shift(settings.REMOTEHELP_ANSWER_WITHIN / 2)
    assert services.settle(stale).state == State.REQUESTED
    assert story(session)[-1] == "requested"


def test_a_side_that_came_back_is_not_lost_by_an_old_view(clock, active, hanna, settings):
    services.report_media_lost(actor=hanna, session=active, side=Side.HELPER)
    stale = reread(active)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    services.confirm_media(actor=hanna, session=active, side=Side.HELPER)
    clock.shift(settings.REMOTEHELP_RECONNECT_WITHIN / 2)
    assert services.settle(stale).state == State.ACTIVE


def test_an_ended_session_stays_as_it_ended(clock, active, hanna):
    services.leave_session(actor=hanna, session=active)
    before = HelpSession.objects.filter(pk=active.pk).values().get()
    clock.shift(timedelta(days=1))
    services.settle(active)
    services.end_due_sessions()
    assert HelpSession.objects.filter(pk=active.pk).values().get() == before


def test_codes_are_forgotten_a_day_after_they_ran_out(clock, waiting, settings):
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR + timedelta(days=1))
    assert services.forget_spent_codes() == 0
    clock.shift(timedelta(seconds=1))
    assert services.forget_spent_codes() == 1
    assert not SecurityCode.objects.exists()
    assert HelpSession.objects.count() == 1


def test_expired_sessions_are_not_offered_as_unfinished(clock, hanna, sam, settings):
    from apps.sessions.selectors import unfinished_sessions_of

    made = {state: make_session(hanna, sam, state) for state in State}
    unfinished = set(unfinished_sessions_of(hanna))
    assert unfinished == {session for state, session in made.items() if state != State.ENDED}
    assert set(unfinished_sessions_of(sam)) == unfinished - {made[State.WAITING]}
    clock.shift(settings.REMOTEHELP_IDLE_FOR)
    # The request went unanswered and is back at the choice; the rest is over, task or no task.
    assert set(unfinished_sessions_of(hanna)) == {made[State.REQUESTED], made[State.ACTIVE]}
