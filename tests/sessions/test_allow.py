from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from apps.common.errors import NotFoundError
from apps.licenses.models import License, Product, Seat
from apps.licenses.services import cancel_license, revoke_seat
from apps.sessions import services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import HelpSession, Refusal
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import Kind, State
from tests.factories import APP_VERSION, make_session
from tests.sessions.stories import last_event, reread, story


def test_the_sharer_allows_and_both_are_told(clock, requested, sam, settings, telling):
    with telling(requested) as told:
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    row = reread(requested)
    assert (row.state, row.kind) == (State.CONNECTING, Kind.VIEW_SCREEN)
    assert row.expires_at - row.allowed_at == settings.REMOTEHELP_CONNECT_WITHIN
    assert last_event(row) == ("allowed", State.REQUESTED, State.CONNECTING, sam)
    assert told.both == [State.CONNECTING]


def test_nobody_consents_for_the_sharer(requested, hanna, otto, mallory, sam):
    for stranger in (otto, mallory):
        with pytest.raises(NotFoundError):
            services.allow(actor=stranger, session=requested, kind=Kind.VIEW_SCREEN)
    with pytest.raises(IllegalStepError):
        services.allow(actor=hanna, session=requested, kind=Kind.VIEW_SCREEN)
    assert reread(requested).state == State.REQUESTED
    assert (
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN).state
        == State.CONNECTING
    )


def test_consent_to_one_kind_is_no_consent_to_another(hanna, sam):
    """S5: *Allow* on a page that showed *View screen* never starts full control."""
    session = make_session(hanna, sam, State.REQUESTED, kind=Kind.FULL_CONTROL)
    with pytest.raises(IllegalStepError):
        services.allow(actor=sam, session=session, kind=Kind.VIEW_SCREEN)
    assert reread(session).state == State.REQUESTED
    services.allow(actor=sam, session=session, kind=Kind.FULL_CONTROL)
    assert reread(session).kind == Kind.FULL_CONTROL


def test_consent_to_one_request_is_no_consent_to_the_next(hanna, sam):
    """The page that is a request behind was loaded before another tab declined."""
    session = make_session(hanna, sam, State.REQUESTED, app_version=APP_VERSION)
    stale = reread(session)
    services.decline(actor=sam, session=session)
    services.request_kind(actor=hanna, session=session, kind=Kind.FULL_CONTROL)
    with pytest.raises(IllegalStepError):
        services.allow(actor=sam, session=stale, kind=Kind.VIEW_SCREEN)
    row = reread(session)
    assert (row.state, row.kind, row.allowed_at) == (State.REQUESTED, Kind.FULL_CONTROL, None)


def test_consent_to_one_request_is_no_consent_to_a_like_one(hanna, sam):
    session = make_session(hanna, sam, State.REQUESTED)
    stale = reread(session)
    services.decline(actor=sam, session=session)
    services.request_kind(actor=hanna, session=session, kind=Kind.VIEW_SCREEN)
    with pytest.raises(IllegalStepError):
        services.allow(actor=sam, session=stale, kind=Kind.VIEW_SCREEN)
    assert reread(session).state == State.REQUESTED


def test_an_answer_after_two_minutes_is_too_late(clock, hanna, sam, settings):
    """Product.md 5.5: nothing is ever accepted by a timeout, nor after it."""
    in_time = make_session(hanna, sam, State.REQUESTED)
    late = make_session(hanna, sam, State.REQUESTED)
    clock.shift(settings.REMOTEHELP_ANSWER_WITHIN - timedelta(seconds=1))
    assert (
        services.allow(actor=sam, session=in_time, kind=Kind.VIEW_SCREEN).state == State.CONNECTING
    )
    clock.shift(timedelta(seconds=1))
    with pytest.raises(services.StepTakenError):
        services.allow(actor=sam, session=late, kind=Kind.VIEW_SCREEN)
    assert reread(late).state == State.REQUESTED


def test_a_licence_that_ended_before_the_consent_stops_it(requested, sam, contoso):
    """L3: it was no running session yet."""
    add_on = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    cancel_license(actor=None, license_=add_on)
    with pytest.raises(IneligibleError) as refusal:
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    assert refusal.value.code == "license_missing"
    assert Refusal.objects.get().step == "allow"
    assert reread(requested).state == State.REQUESTED


def test_a_right_withdrawn_while_the_sharer_allows_ends_the_session(
    requested, sam, contoso, django_capture_on_commit_callbacks
):
    """The seat goes after the question and before the commit, when no running session is to be seen yet."""
    seat = Seat.objects.get(license__tenant=contoso)
    fired: list[str] = []

    def withdraw(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and HelpSession._meta.db_table in sql and not fired:
            fired.append(sql)
            with django_capture_on_commit_callbacks(execute=True):
                revoke_seat(actor=None, seat=seat)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(withdraw):
        services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    assert fired
    row = reread(requested)
    assert (row.state, row.end_reason) == (State.ENDED, "ground_lost")
    assert story(row)[-2:] == ["allowed", "ended"]
