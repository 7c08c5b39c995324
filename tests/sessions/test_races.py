"""Two at once: two stale objects first (cheap, always the same), then real threads on real connections."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction

from apps.common.clock import now
from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import Kind, State
from tests.factories import make_assignment, make_person, make_session, redeem
from tests.sessions.stories import reread, story
from tests.threads import Thread, at_once, wait_until_blocked


def _allow(sam, session, kind=Kind.VIEW_SCREEN):
    return services.allow(actor=sam, session=session, kind=kind)


def test_of_two_answers_the_first_counts(requested, sam):
    one, other = reread(requested), reread(requested)
    _allow(sam, one)
    with pytest.raises(IllegalStepError):
        services.decline(actor=sam, session=other)
    assert reread(requested).state == State.CONNECTING

    another = make_session(requested.helper, sam, State.REQUESTED)
    one, other = reread(another), reread(another)
    services.decline(actor=sam, session=one)
    with pytest.raises(IllegalStepError):
        _allow(sam, other)
    assert reread(another).state == State.INTRODUCED


def test_a_late_third_no_does_not_end_what_was_allowed(requested, hanna, sam):
    for _ in range(2):
        services.decline(actor=sam, session=requested)
        services.request_kind(actor=hanna, session=requested, kind=Kind.VIEW_SCREEN)
    one, other = reread(requested), reread(requested)
    _allow(sam, one)
    with pytest.raises(IllegalStepError):
        services.decline(actor=sam, session=other)
    assert reread(requested).state == State.CONNECTING
    assert story(requested).count("declined") == 2


def test_what_was_left_cannot_be_allowed_asked_or_declined(requested, hanna, sam):
    stale = [reread(requested) for _ in range(3)]
    asked = make_session(hanna, sam, State.INTRODUCED)
    stale_asked = reread(asked)
    services.leave_session(actor=hanna, session=requested)
    services.leave_session(actor=hanna, session=asked)
    with pytest.raises(IllegalStepError):
        _allow(sam, stale[0])
    with pytest.raises(IllegalStepError):
        services.decline(actor=sam, session=stale[1])
    with pytest.raises(IllegalStepError):
        services.request_kind(actor=hanna, session=stale_asked, kind=Kind.VIEW_SCREEN)
    with pytest.raises(IllegalStepError):
        services.join_session(actor=sam, session=stale[2], side=Side.SHARER, channel="x")
    assert story(requested).count("ended") == 1


def test_two_requests_are_one(introduced, hanna):
    one, other = reread(introduced), reread(introduced)
    services.request_kind(actor=hanna, session=one, kind=Kind.VIEW_SCREEN)
    with pytest.raises(IllegalStepError):
        services.request_kind(actor=hanna, session=other, kind=Kind.VIEW_SCREEN)
    assert story(introduced).count("requested") == 1


def _kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.fixture
def couple(hanna, sam):
    """Hanna with two people in scope who race for one code."""
    other = make_person(hanna.tenant, "Sara", "Second")
    make_assignment(hanna, scope=[other])
    return sam, other


@pytest.mark.django_db(transaction=True)
def test_one_code_entered_by_two_people_at_once_introduces_one(couple, hanna):
    for _ in range(3):
        opened = services.open_session(actor=hanna)
        outcomes = at_once(*[partial(redeem, p, opened.code) for p in couple])
        assert _kinds(outcomes) == ["HelpSession", "WrongCodeError"]
        row = reread(opened.session)
        won = next(outcome for outcome in outcomes if isinstance(outcome, HelpSession))
        assert (row.state, row.sharer_id) == (State.INTRODUCED, won.sharer_id)
        assert story(row) == ["opened", "redeemed"]


@pytest.mark.django_db(transaction=True)
def test_allow_and_decline_at_once_are_one_answer(hanna, sam):
    for _ in range(3):
        session = make_session(hanna, sam, State.REQUESTED)
        outcomes = at_once(
            partial(_allow, sam, reread(session)),
            partial(services.decline, actor=sam, session=reread(session)),
        )
        assert sum(isinstance(o, IllegalStepError) for o in outcomes) == 1, outcomes
        assert len(story(session)) == 4
        assert reread(session).state in (State.CONNECTING, State.INTRODUCED)


@pytest.mark.django_db(transaction=True)
def test_leaving_beats_allowing_whoever_is_first(hanna, sam):
    """S9: leaving is never lost to a step that another made in the same moment."""
    for _ in range(3):
        session = make_session(hanna, sam, State.REQUESTED)
        left, _allowed = at_once(
            partial(services.leave_session, actor=hanna, session=reread(session)),
            partial(_allow, sam, reread(session)),
        )
        assert isinstance(left, HelpSession), left
        assert reread(session).state == State.ENDED
        assert story(session).count("ended") == 1


@pytest.mark.django_db(transaction=True)
def test_leaving_while_a_step_is_being_committed_still_ends_it(hanna, sam):
    session = make_session(hanna, sam, State.REQUESTED)
    stale = reread(session)
    with transaction.atomic():
        HelpSession.objects.filter(pk=session.pk).update(state=State.CONNECTING)
        leaving = Thread(lambda: services.leave_session(actor=hanna, session=stale))
        wait_until_blocked()
    assert isinstance(leaving.result(), HelpSession)
    assert reread(session).state == State.ENDED


@pytest.mark.django_db(transaction=True)
def test_settling_while_the_time_is_being_extended_ends_nothing(clock, hanna, settings):
    opened = services.open_session(actor=hanna)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    with transaction.atomic():
        HelpSession.objects.filter(pk=opened.session.pk).update(
            expires_at=now() + settings.REMOTEHELP_CODE_VALID_FOR
        )
        settling = Thread(partial(services.settle, reread(opened.session)))
        wait_until_blocked()
    assert settling.result().state == State.WAITING
    assert story(opened.session) == ["opened"]


@pytest.mark.django_db(transaction=True)
def test_redeeming_and_renewing_a_code_at_once_block_nobody(hanna, sam):
    for _ in range(5):
        opened = services.open_session(actor=hanna)
        redeemed, renewed = at_once(
            partial(redeem, sam, opened.code),
            partial(services.issue_new_code, actor=hanna, session=reread(opened.session)),
        )
        if isinstance(redeemed, HelpSession):
            assert isinstance(renewed, IllegalStepError)
        else:
            assert isinstance(redeemed, services.WrongCodeError), redeemed
            assert isinstance(renewed, services.OpenedSession), renewed
            services.leave_session(actor=hanna, session=opened.session)


@pytest.mark.django_db(transaction=True)
def test_both_pictures_at_once_make_one_active_session(hanna, sam):
    session = make_session(hanna, sam, State.CONNECTING)
    outcomes = at_once(
        lambda: services.confirm_media(actor=hanna, session=session, side=Side.HELPER),
        lambda: services.confirm_media(actor=sam, session=reread(session), side=Side.SHARER),
    )
    assert _kinds(outcomes) == ["HelpSession", "HelpSession"]
    assert reread(session).state == State.ACTIVE
    assert story(session).count("connected") == 1


@pytest.mark.django_db(transaction=True)
def test_both_leaving_at_once_is_one_end(hanna, sam):
    session = make_session(hanna, sam)
    outcomes = at_once(
        *[partial(services.leave_session, actor=p, session=reread(session)) for p in (hanna, sam)]
    )
    assert _kinds(outcomes) == ["HelpSession", "HelpSession"]
    assert story(session).count("ended") == 1
    assert {o.end_reason for o in outcomes} == {reread(session).end_reason}
