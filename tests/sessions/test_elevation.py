from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.roles.models import Action
from apps.roles.services import change_role
from apps.sessions import services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import HelpSession, Refusal
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import Elevation, Kind, State
from tests.factories import make_assignment, make_person, make_role, make_session
from tests.sessions.stories import last_event, reread, story


def _ask(session, actor=None):
    return services.ask_elevation(actor=actor or session.helper, session=session)


def _answer(session, is_granted, actor=None):
    return services.answer_elevation(
        actor=actor or session.sharer, session=session, is_granted=is_granted
    )


@pytest.mark.parametrize(
    ("is_granted", "elevation", "event"),
    [
        (True, Elevation.GRANTED, "elevation_granted"),
        (False, Elevation.REFUSED, "elevation_refused"),
    ],
)
def test_the_helper_asks_and_the_sharer_answers(
    is_granted, elevation, event, active_control, hanna, sam, telling
):
    """S7."""
    with telling(active_control) as told:
        _ask(active_control)
    assert reread(active_control).elevation == Elevation.ASKED
    assert last_event(active_control) == ("elevation_asked", "", "", hanna)
    assert told.both == [State.ACTIVE]
    with telling(active_control) as told:
        _answer(active_control, is_granted)
    row = reread(active_control)
    assert (row.state, row.elevation, row.was_elevated) == (State.ACTIVE, elevation, is_granted)
    assert last_event(row) == (event, "", "", sam)
    assert told.both == [State.ACTIVE]


def test_a_view_only_session_has_no_elevation(active):
    with pytest.raises(IllegalStepError):
        _ask(active)
    assert reread(active).elevation == Elevation.NONE


def test_only_the_right_side_asks_and_answers(active_control, hanna, sam, otto, mallory):
    for stranger in (otto, mallory):
        with pytest.raises(NotFoundError):
            _ask(active_control, stranger)
    with pytest.raises(IllegalStepError):
        _ask(active_control, sam)
    _ask(active_control)
    with pytest.raises(IllegalStepError):
        _answer(active_control, True, hanna)  # a helper never grants it to themselves
    for stranger in (otto, mallory):
        with pytest.raises(NotFoundError):
            _answer(active_control, True, stranger)
    assert reread(active_control).elevation == Elevation.ASKED
    _answer(active_control, True)
    assert reread(active_control).elevation == Elevation.GRANTED


def test_nothing_is_granted_that_was_not_asked(active_control):
    with pytest.raises(IllegalStepError):
        _answer(active_control, True)
    _ask(active_control)
    _answer(active_control, False)
    with pytest.raises(IllegalStepError):
        _answer(active_control, True)  # a no stays a no until asked anew
    _ask(active_control)
    _answer(active_control, True)
    assert reread(active_control).elevation == Elevation.GRANTED


def test_the_sharer_takes_it_back_and_the_record_stays(active_control, hanna, sam, telling):
    _ask(active_control)
    _answer(active_control, True)
    with pytest.raises(IllegalStepError):
        services.revoke_elevation(actor=hanna, session=active_control)
    with telling(active_control) as told:
        services.revoke_elevation(actor=sam, session=active_control)
    row = reread(active_control)
    assert (row.elevation, row.was_elevated, row.state) == (Elevation.NONE, True, State.ACTIVE)
    assert last_event(row) == ("elevation_revoked", "", "", sam)
    assert told.both == [State.ACTIVE]
    with pytest.raises(IllegalStepError):
        services.revoke_elevation(actor=sam, session=active_control)


@pytest.fixture
def controller(contoso, sam):
    """A helper who may take control of Sam's device and not elevate."""
    helper = make_person(contoso, "Conrad", "Controller")
    role = make_role(contoso, Action.VIEW_SCREEN, Action.FULL_CONTROL)
    make_assignment(helper, role=role, scope=[sam])
    return helper, role


def test_without_the_permission_it_is_not_even_asked(controller, sam, telling):
    helper, role = controller
    session = make_session(helper, sam, kind=Kind.FULL_CONTROL)
    with telling(session) as told, pytest.raises(IneligibleError) as refusal:
        _ask(session)
    assert refusal.value.code == "elevation_not_permitted"
    assert (Refusal.objects.get().step, reread(session).elevation) == ("elevate", Elevation.NONE)
    assert told.both == [State.ACTIVE]
    change_role(actor=None, role=role, actions=[Action.FULL_CONTROL, Action.ELEVATION])
    _ask(session)
    assert reread(session).elevation == Elevation.ASKED


def test_a_permission_gone_since_the_question_grants_nothing(controller, sam):
    helper, role = controller
    change_role(actor=None, role=role, actions=list(Action))
    session = make_session(helper, sam, kind=Kind.FULL_CONTROL)
    _ask(session)
    change_role(actor=None, role=role, actions=[Action.FULL_CONTROL])
    with pytest.raises(IneligibleError):
        _answer(session, True)
    assert reread(session).elevation == Elevation.ASKED
    _answer(session, False)  # a no needs nobody's permission
    assert reread(session).elevation == Elevation.REFUSED


def test_a_right_to_elevate_that_goes_takes_the_elevation_and_leaves_the_session(
    controller, sam, telling
):
    helper, role = controller
    change_role(actor=None, role=role, actions=list(Action))
    session = make_session(helper, sam, kind=Kind.FULL_CONTROL)
    _ask(session)
    _answer(session, True)
    with telling(session) as told:
        change_role(actor=None, role=role, actions=[Action.FULL_CONTROL])
    row = reread(session)
    assert (row.state, row.elevation) == (State.ACTIVE, Elevation.NONE)
    assert last_event(row) == ("elevation_withdrawn", "", "", None)
    assert Refusal.objects.get().code == "elevation_not_permitted"
    assert told.both == [State.ACTIVE]


def test_elevation_ends_with_the_session(active_control, hanna):
    _ask(active_control)
    services.leave_session(actor=hanna, session=active_control)
    for stale in (active_control, reread(active_control)):
        with pytest.raises(IllegalStepError):
            _answer(stale, True)
    assert "elevation_granted" not in story(active_control)
    assert not HelpSession.objects.filter(was_elevated=True).exists()


def test_two_answers_from_two_tabs_are_one(active_control):
    _ask(active_control)
    one, other = reread(active_control), reread(active_control)
    _answer(one, False)
    with pytest.raises(IllegalStepError):
        _answer(other, True)
    assert reread(active_control).elevation == Elevation.REFUSED
