from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.sessions import services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import Refusal
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import Kind, State
from tests.factories import APP_VERSION, make_session
from tests.sessions.stories import last_event, reread


def test_the_helper_asks_and_both_are_told(clock, introduced, hanna, settings, telling):
    """S4."""
    with telling(introduced) as told:
        services.request_kind(actor=hanna, session=introduced, kind=Kind.VIEW_SCREEN)
    row = reread(introduced)
    assert (row.state, row.kind) == (State.REQUESTED, Kind.VIEW_SCREEN)
    assert row.expires_at - row.requested_at == settings.REMOTEHELP_ANSWER_WITHIN
    assert last_event(row) == ("requested", State.INTRODUCED, State.REQUESTED, hanna)
    assert row.events.last().detail == Kind.VIEW_SCREEN
    assert told.both == [State.REQUESTED]


def test_only_the_sessions_helper_asks(introduced, hanna, sam, otto, mallory):
    for stranger in (otto, mallory):
        with pytest.raises(NotFoundError):
            services.request_kind(actor=stranger, session=introduced, kind=Kind.VIEW_SCREEN)
    with pytest.raises(IllegalStepError):
        services.request_kind(actor=sam, session=introduced, kind=Kind.VIEW_SCREEN)
    assert reread(introduced).state == State.INTRODUCED
    services.request_kind(actor=hanna, session=introduced, kind=Kind.VIEW_SCREEN)
    assert reread(introduced).state == State.REQUESTED


def test_a_browser_gives_no_full_control_and_the_app_does(hanna, sam, introduced):
    with pytest.raises(services.KindNotPossibleError):
        services.request_kind(actor=hanna, session=introduced, kind=Kind.FULL_CONTROL)
    assert reread(introduced).state == State.INTRODUCED
    in_app = make_session(hanna, sam, State.INTRODUCED, app_version=APP_VERSION)
    services.request_kind(actor=hanna, session=in_app, kind=Kind.FULL_CONTROL)
    assert reread(in_app).kind == Kind.FULL_CONTROL


def test_a_helper_asks_only_for_what_their_role_allows(oleg, sam, telling):
    """R1, R5: Oleg may view, and no more."""
    session = make_session(oleg, sam, State.INTRODUCED, app_version=APP_VERSION)
    with telling(session) as told, pytest.raises(IneligibleError) as refusal:
        services.request_kind(actor=oleg, session=session, kind=Kind.FULL_CONTROL)
    assert refusal.value.code == "full_control_not_permitted"
    assert (Refusal.objects.get().step, reread(session).state) == ("request", State.INTRODUCED)
    assert told.both == [State.INTRODUCED]
    services.request_kind(actor=oleg, session=session, kind=Kind.VIEW_SCREEN)
    assert reread(session).kind == Kind.VIEW_SCREEN


def test_after_the_idle_time_nothing_is_asked(clock, hanna, sam, settings):
    session = make_session(hanna, sam, State.INTRODUCED)
    clock.shift(settings.REMOTEHELP_IDLE_FOR)
    with pytest.raises(services.StepTakenError):
        services.request_kind(actor=hanna, session=session, kind=Kind.VIEW_SCREEN)
    assert reread(session).state == State.INTRODUCED  # no task ran: the clock alone refused


def test_a_request_stands_until_answered(requested, hanna):
    with pytest.raises(IllegalStepError):
        services.request_kind(actor=hanna, session=requested, kind=Kind.VIEW_SCREEN)
