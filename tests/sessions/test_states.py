from __future__ import annotations

import itertools

import pytest

from apps.common.errors import NotFoundError, RuleError
from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import (
    ELEVATION_STEPS,
    OPEN,
    RUNNING,
    STEPS,
    Elevation,
    EndReason,
    Kind,
    State,
    may_elevate,
    may_signal,
    may_step,
)
from tests.factories import APP_VERSION, bring_to, redeem
from tests.sessions.stories import reread, story

ACTIONS = {
    "redeem": lambda s: redeem(s.sam, s.opened, app_version=APP_VERSION),
    "renew the code": lambda s: services.issue_new_code(actor=s.hanna, session=s.row),
    "request": lambda s: services.request_kind(actor=s.hanna, session=s.row, kind=s.kind),
    "allow": lambda s: services.allow(actor=s.sam, session=s.row, kind=s.kind),
    "decline": lambda s: services.decline(actor=s.sam, session=s.row),
    "see the picture": lambda s: (
        services.confirm_media(actor=s.hanna, session=s.row, side=Side.HELPER),
        services.confirm_media(actor=s.sam, session=s.row, side=Side.SHARER),
    ),
    "ask for elevation": lambda s: services.ask_elevation(actor=s.hanna, session=s.row),
    "helper leaves": lambda s: services.leave_session(actor=s.hanna, session=s.row),
    "sharer leaves": lambda s: services.leave_session(actor=s.sam, session=s.row),
    "cut by an administrator": lambda s: services.end_session(
        actor=None, session=s.row, reason=EndReason.ENDED_BY_ADMIN
    ),
}

# Every pair that is not here is refused and changes nothing.
LEGAL = {
    (State.WAITING, "redeem"): State.INTRODUCED,
    (State.WAITING, "renew the code"): State.WAITING,
    (State.INTRODUCED, "request"): State.REQUESTED,
    (State.REQUESTED, "allow"): State.CONNECTING,
    (State.REQUESTED, "decline"): State.INTRODUCED,
    (State.CONNECTING, "see the picture"): State.ACTIVE,
    (State.ACTIVE, "see the picture"): State.ACTIVE,
    (State.ACTIVE, "ask for elevation"): State.ACTIVE,
    # Leaving what has ended changes nothing and is no error (S9).
    (State.ENDED, "helper leaves"): State.ENDED,
}
for _state in OPEN:
    LEGAL[_state, "helper leaves"] = State.ENDED
    LEGAL[_state, "cut by an administrator"] = State.ENDED
    if _state is not State.WAITING:
        LEGAL[_state, "sharer leaves"] = State.ENDED


class Scene:
    def __init__(self, hanna, sam, state: State) -> None:
        self.hanna, self.sam, self.kind = hanna, sam, Kind.FULL_CONTROL
        self.opened = services.open_session(actor=hanna)
        bring_to(self.opened, sam, state, kind=self.kind, app_version=APP_VERSION)

    @property
    def row(self) -> HelpSession:
        return HelpSession.objects.get(pk=self.opened.session.pk)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(State, ACTIONS)))
def test_each_action_in_each_state_does_what_the_table_says(state, action, hanna, sam):
    scene = Scene(hanna, sam, state)
    before, told_before = scene.row, story(scene.row)
    assert before.state == state
    wanted = LEGAL.get((state, action))
    if wanted is None:
        with pytest.raises((IllegalStepError, NotFoundError, services.WrongCodeError)):
            ACTIONS[action](scene)
        after = scene.row
        fields = [f.attname for f in HelpSession._meta.concrete_fields]
        assert [getattr(after, f) for f in fields] == [getattr(before, f) for f in fields]
        assert story(after) == told_before
    else:
        ACTIONS[action](scene)
        assert scene.row.state == wanted


def test_the_services_reach_every_step_of_the_table_and_no_other():
    reached = {(old, new) for (old, _action), new in LEGAL.items() if old != new}
    assert reached == {(old, new) for old, news in STEPS.items() for new in news}


def test_every_state_says_where_it_leads_and_only_the_end_leads_nowhere():
    assert set(STEPS) == set(State)
    assert [state for state, news in STEPS.items() if not news] == [State.ENDED]
    assert all(State.ENDED in STEPS[state] for state in OPEN)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_no_session_steps_back_but_from_a_decline(old, new):
    order = list(State)
    if may_step(old, new) and order.index(new) < order.index(old):
        assert (old, new) == (State.REQUESTED, State.INTRODUCED)


def test_signals_pass_only_between_consent_and_end():
    assert {state for state in State if may_signal(state)} == RUNNING
    assert {State.CONNECTING, State.ACTIVE} == RUNNING


def test_elevation_is_for_active_full_control_only():
    allowed = {(s, k) for s in State for k in ["", *Kind] if may_elevate(s, k)}
    assert allowed == {(State.ACTIVE, Kind.FULL_CONTROL)}
    assert set(ELEVATION_STEPS) == set(Elevation)
    # Granted only by an answer to a question.
    assert [e for e in Elevation if Elevation.GRANTED in ELEVATION_STEPS[e]] == [Elevation.ASKED]


def test_a_whole_session_tells_one_story(active, hanna, sam):
    services.leave_session(actor=hanna, session=active)
    assert story(active) == ["opened", "redeemed", "requested", "allowed", "connected", "ended"]
    steps = [(e.old, e.new) for e in active.events.all()]
    assert steps[0] == ("", "waiting")
    assert all(one[1] == other[0] for one, other in itertools.pairwise(steps))
    assert [e.actor for e in active.events.all()] == [hanna, sam, hanna, sam, sam, hanna]
    row = reread(active)
    assert row.opened_at <= row.introduced_at <= row.requested_at <= row.allowed_at
    assert row.allowed_at <= row.active_at <= row.ended_at


def test_every_refusal_of_a_step_is_a_rule_error():
    for error in (IllegalStepError, services.StepTakenError, services.KindNotPossibleError):
        assert issubclass(error, RuleError)
