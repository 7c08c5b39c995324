"""The page with the list of sessions (M2, M3)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.common.clock import now
from apps.sessions.models import HelpSession
from apps.sessions.rows import ROWS_PER_PAGE
from apps.sessions.states import State
from tests.factories import make_assignment, make_person, make_session

LIST = "/reports/sessions/"


def _shown(answer) -> list[str]:
    """The ids of the sessions that the page links to, in order."""
    return re.findall(r'href="/reports/sessions/([0-9a-f-]{36})/"', answer.content.decode())


def _next(answer) -> str:
    found = re.search(r'href="([^"]+)" rel="next"', answer.content.decode())
    return unescape(found[1]) if found else ""


def _text(answer) -> str:
    return unescape(re.sub(r"<[^>]+>|\s+", " ", answer.content.decode()))


def test_a_person_sees_their_own_sessions_and_nobody_elses(client, active, otto, wilma):
    other = make_session(otto, wilma, State.ACTIVE)

    for person, sees in ((active.helper, active), (active.sharer, active), (otto, other)):
        client.force_login(person)
        assert _shown(client.get(LIST)) == [str(sees.pk)]


def test_who_views_reports_sees_the_whole_tenant_and_no_other(
    client, ada, active, otto, wilma, mallory, magnus
):
    other = make_session(otto, wilma, State.ENDED)
    make_session(mallory, magnus, State.ACTIVE)

    client.force_login(ada)
    assert set(_shown(client.get(LIST))) == {str(active.pk), str(other.pk)}


def test_a_row_says_who_what_on_what_and_how_it_ended(client, active_control, hanna):
    HelpSession.objects.filter(pk=active_control.pk).update(
        was_elevated=True,
        state=State.ENDED,
        end_reason="helper_left",
        active_at=now() - timedelta(hours=1, minutes=2, seconds=3),
        ended_at=now(),
    )
    client.force_login(hanna)
    text = _text(client.get(LIST))

    for words in (
        "Hanna Helper",
        "Sam Sharer",
        "sams-laptop",
        "Full control with elevation",
        "1:02:03",
        "The helper left",
    ):
        assert words in text


def test_a_browser_and_an_app_without_a_record_are_told_apart(client, hanna, sam):
    """M3"""
    client.force_login(hanna)
    make_session(hanna, sam, State.ACTIVE)
    assert " Browser " in _text(client.get(LIST))
    HelpSession.objects.update(app_version="1.4.0")
    assert " Unenrolled device " in _text(client.get(LIST))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"q": "sam"}, True),
        ({"q": "SHARER hanna"}, True),
        ({"q": "sam@contoso.example"}, True),
        ({"q": "laptop"}, True),
        ({"q": "wilma"}, False),
        ({"q": "sam wilma"}, False),
        ({"q": "100%"}, False),
        ({"kind": "full_control"}, True),
        ({"kind": "view_screen"}, False),
        ({"standing": "active"}, True),
        ({"standing": "ended"}, False),
        ({"standing": "helper_left"}, False),
        ({"side": "helper"}, True),
        ({"side": "sharer"}, False),
        ({"since": "2000-01-01", "until": "2998-01-01"}, True),
        ({"since": "2998-01-01"}, False),
        ({"until": "2000-01-01"}, False),
        ({"unknown": "parameter"}, True),
    ],
)
def test_filters_in_the_address_narrow_the_list(client, active_control, hanna, query, is_found):
    client.force_login(hanna)
    answer = client.get(LIST, query)

    assert answer.status_code == 200
    assert _shown(answer) == ([str(active_control.pk)] if is_found else [])


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "telepathy"},
        {"standing": "lost"},
        {"since": "yesterday"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"q": "x" * 101},
        {"q": "a\x00b"},
        {"after": "nowhere"},
    ],
)
def test_filters_of_no_use_are_refused_with_words(client, active, hanna, query):
    client.force_login(hanna)
    answer = client.get(LIST, query)

    assert answer.status_code == 400
    assert _shown(answer) == []
    assert 'role="alert"' in answer.content.decode()


def test_pages_together_are_the_list_and_keep_the_filters(client, hanna, sam):
    first = make_session(hanna, sam, State.ENDED)
    number = ROWS_PER_PAGE + 3
    HelpSession.objects.bulk_create(
        HelpSession(
            tenant_id=first.tenant_id,
            helper=hanna,
            state=State.ENDED,
            ended_at=now(),
            end_reason="helper_left",
            opened_at=first.opened_at - timedelta(minutes=n // 4),
        )
        for n in range(1, number)
    )
    whole = [str(pk) for pk in HelpSession.objects.values_list("pk", flat=True)]

    client.force_login(hanna)
    page = client.get(LIST, {"standing": "helper_left", "kind": ""})
    assert _shown(page) == whole[:ROWS_PER_PAGE]
    following = _next(page)
    assert "standing=helper_left" in following
    assert "kind" not in following
    second = client.get(following)
    assert _shown(second) == whole[ROWS_PER_PAGE:]
    assert _next(second) == ""
    assert "First page" in _text(second)

    oldest = client.get(LIST, {"order": "oldest"})
    assert _shown(oldest) == whole[::-1][:ROWS_PER_PAGE]
    assert _shown(client.get(_next(oldest))) == whole[::-1][ROWS_PER_PAGE:]


def test_an_empty_list_says_what_to_do(client, sam, hanna):
    client.force_login(sam)
    text = _text(client.get(LIST))
    assert "There is no session yet." in text
    assert "Get help" in text

    make_session(hanna, sam, State.ENDED)
    client.force_login(hanna)
    assert "No session matches these filters." in _text(client.get(LIST, {"q": "nobody"}))


def test_times_are_marked_for_the_readers_own_clock(client, active, hanna):
    client.force_login(hanna)
    page = client.get(LIST).content.decode()

    assert re.search(r'<time datetime="[^"]+[+-]\d\d:\d\d" data-local-time>', page)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    client, contoso, hanna, ada, django_assert_num_queries
):
    people = [make_person(contoso) for _ in range(6)]
    make_assignment(hanna, scope=people)
    make_session(hanna, people[0], State.ACTIVE)
    for reader in (hanna, ada):
        client.force_login(reader)
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(LIST)
        for person in people[1:]:
            make_session(hanna, person, State.ACTIVE)
        with django_assert_num_queries(len(few)):
            client.get(LIST)


def test_nobody_is_sent_to_sign_in_and_a_site_operator_to_the_admin(client, admin_user):
    answer = client.get(LIST)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))

    client.force_login(admin_user)
    assert client.get(LIST)["Location"] == "/admin/"
