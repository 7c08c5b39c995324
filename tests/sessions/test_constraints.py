from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.sessions.models import HelpSession, SecurityCode


def _refused(constraint: str, session: HelpSession, **values):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        HelpSession.objects.filter(pk=session.pk).update(**values)


def test_an_ended_session_has_a_time_and_a_reason(active):
    now, name = timezone.now(), "session_ended_has_time_and_reason"
    _refused(name, active, state="ended")
    _refused(name, active, state="ended", ended_at=now)
    _refused(name, active, state="ended", end_reason="helper_left")
    _refused(name, active, state="ended", ended_at=now, end_reason="because")
    _refused(name, active, ended_at=now)
    _refused(name, active, end_reason="helper_left")
    assert HelpSession.objects.filter(pk=active.pk).update(
        state="ended", ended_at=now, end_reason="helper_left"
    )


def test_a_session_is_of_two_people(active):
    _refused("session_of_two_people", active, sharer=active.helper)


def test_a_session_under_way_has_a_sharer(active):
    _refused("session_under_way_has_sharer", active, sharer=None)


def test_states_and_kinds_are_of_the_closed_sets(active):
    _refused("session_state_known", active, state="paused")
    _refused("session_kind_known", active, kind="wheel_only")


def test_a_session_has_one_live_code(waiting):
    live = waiting.session.codes.get()
    extra = {"session": waiting.session, "digest": "x", "expires_at": live.expires_at}
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityCode.objects.create(**extra)
    for spent in ("used_at", "replaced_at"):
        SecurityCode.objects.create(**extra | {"digest": spent, spent: timezone.now()})
    with pytest.raises(IntegrityError), transaction.atomic():  # a digest stands once
        SecurityCode.objects.create(**extra | {"digest": live.digest, "used_at": timezone.now()})
