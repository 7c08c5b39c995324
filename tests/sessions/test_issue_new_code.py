from __future__ import annotations

import pytest

from apps.common.errors import NotFoundError
from apps.sessions import services
from apps.sessions.services.core import IllegalStepError
from apps.sessions.states import State
from tests.factories import redeem
from tests.sessions.stories import last_event, reread, story


def test_a_new_code_replaces_the_old_one_and_starts_the_time_anew(clock, hanna, sam, settings):
    valid_for = settings.REMOTEHELP_CODE_VALID_FOR
    old = services.open_session(actor=hanna)
    clock.shift(valid_for / 2)
    new = services.issue_new_code(actor=hanna, session=old.session)
    assert new.session.pk == old.session.pk
    assert new.code != old.code
    assert last_event(old.session) == ("code_renewed", "", "", hanna)
    row = reread(old.session)
    assert new.expires_at == row.expires_at == old.expires_at + valid_for / 2
    with pytest.raises(services.WrongCodeError):
        redeem(sam, old)
    clock.shift(valid_for * 0.9)  # the first code would be over by now
    assert redeem(sam, new).state == State.INTRODUCED


def test_a_new_code_is_for_the_sessions_helper_alone(waiting, sam, otto, mallory):
    for person in (sam, otto, mallory):
        with pytest.raises(NotFoundError):
            services.issue_new_code(actor=person, session=waiting.session)
    assert story(waiting.session) == ["opened"]
    assert redeem(sam, waiting).state == State.INTRODUCED


def test_the_sharer_cannot_renew_the_code(introduced, sam):
    with pytest.raises(IllegalStepError):
        services.issue_new_code(actor=sam, session=introduced)


def test_an_expired_session_gets_no_new_code(clock, hanna, settings):
    opened = services.open_session(actor=hanna)
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR)
    with pytest.raises(IllegalStepError):
        services.issue_new_code(actor=hanna, session=opened.session)
    assert opened.session.codes.count() == 1
