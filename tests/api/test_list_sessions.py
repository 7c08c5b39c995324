from __future__ import annotations

from datetime import timedelta

import pytest

from apps.common.clock import now
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from tests.factories import make_assignment, make_person, make_session

# Of problem details (RFC 9457), and what our own callers read.
PROBLEM_DETAILS = {"type", "title", "status", "detail", "code", "message", "fields"}


def _ids(answer):
    return [row["id"] for row in answer.json()["sessions"]]


@pytest.fixture
def many(hanna, sam):
    """Seven sessions; three of them opened in the same moment."""
    made = [make_session(hanna, sam, State.ENDED) for _ in range(7)]
    moment = now() - timedelta(hours=1)
    for number, session in enumerate(made):
        opened_at = moment + timedelta(minutes=min(number, 4))
        HelpSession.objects.filter(pk=session.pk).update(opened_at=opened_at)
    return [str(pk) for pk in HelpSession.objects.values_list("pk", flat=True)]


def test_pages_together_are_the_list_without_gap_or_repetition(as_person, hanna, many):
    program = as_person(hanna)
    found, cursor = [], ""
    for _page in range(4):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = program.get("sessions/", **query)
        found += _ids(answer)
        cursor = answer.json()["next_cursor"]

    assert cursor == ""
    assert found == many


def test_only_own_sessions_are_listed_whatever_one_administers(
    as_person, active, otto, wilma, ada, mallory, magnus
):
    other = make_session(otto, wilma, State.ACTIVE)
    foreign = make_session(mallory, magnus, State.ACTIVE)

    assert _ids(as_person(active.sharer).get("sessions/")) == [str(active.pk)]
    assert _ids(as_person(otto).get("sessions/")) == [str(other.pk)]
    assert _ids(as_person(mallory).get("sessions/")) == [str(foreign.pk)]
    assert _ids(as_person(ada).get("sessions/")) == []


def test_filters_narrow_the_list(as_person, hanna, sam, active_control, oleg):
    waiting = make_session(hanna, sam, State.WAITING)
    program = as_person(hanna)

    assert _ids(program.get("sessions/", state="waiting")) == [str(waiting.pk)]
    assert _ids(program.get("sessions/", kind="full_control")) == [str(active_control.pk)]
    assert _ids(program.get("sessions/", side="sharer")) == []
    assert _ids(as_person(sam).get("sessions/", side="sharer")) == [str(active_control.pk)]
    assert _ids(program.get("sessions/", search="sam laptop")) == [str(active_control.pk)]
    today = now().date().isoformat()
    assert len(_ids(program.get("sessions/", opened_from=today, opened_to=today))) == 2
    assert _ids(program.get("sessions/", opened_from="2999-01-01")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"state": "lost"},
        {"kind": ""},
        {"limit": "0"},
        {"limit": "101"},
        {"opened_from": "0001-01-01"},
        {"opened_to": "yesterday"},
        {"page": "2"},
        {"cursor": "AAAA"},
        {"cursor": "x" * 201},
        {"cursor": "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIjAwIl0"},
        {"cursor": "bnVsbA"},
    ],
)
def test_a_query_of_no_use_is_refused(as_person, hanna, query):
    answer = as_person(hanna).get("sessions/", **query)

    assert answer.status_code == 400
    assert set(answer.json()) == PROBLEM_DETAILS


def test_the_cursor_of_somebody_else_opens_nothing(as_person, hanna, many, mallory):
    cursor = as_person(hanna).get("sessions/", limit=2).json()["next_cursor"]

    assert _ids(as_person(mallory).get("sessions/", cursor=cursor)) == []


def test_the_number_of_queries_does_not_grow_with_the_rows(
    as_person, hanna, contoso, django_assert_num_queries
):
    people = [make_person(contoso) for _ in range(6)]
    make_assignment(hanna, scope=people)
    program = as_person(hanna)
    make_session(hanna, people[0], State.ACTIVE)
    program.get("sessions/")
    with django_assert_num_queries(3):  # the HTTP session, the person, the rows
        program.get("sessions/")
    for person in people[1:]:
        make_session(hanna, person, State.ACTIVE)
    with django_assert_num_queries(3):
        assert len(_ids(program.get("sessions/"))) == 6
