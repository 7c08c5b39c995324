"""The page of one session: who, what, and its story in words."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.reports.selectors import story_of
from apps.reports.words import event_words, length_words
from apps.sessions import services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import SessionEvent, Side
from apps.sessions.states import EndReason, Kind, State
from tests.factories import make_session


def _text(answer) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def _page(client, session) -> str:
    return _text(client.get(f"/reports/sessions/{session.pk}/"))


def test_the_story_tells_each_step_in_words(client, active_control, hanna, sam):
    services.ask_elevation(actor=hanna, session=active_control)
    services.answer_elevation(actor=sam, session=active_control, is_granted=True)
    services.leave_session(actor=sam, session=active_control)

    client.force_login(hanna)
    text = _page(client, active_control)
    places = [
        text.index(words)
        for words in (
            "Hanna Helper got a security code.",
            "Sam Sharer entered the security code.",
            "Hanna Helper asked for: Full control.",
            "Sam Sharer allowed: Full control.",
            "The picture came through.",
            "Hanna Helper asked for elevation.",
            "Sam Sharer granted elevation.",
            "Sam Sharer ended the session.",
        )
    ]
    assert places == sorted(places)
    assert "The sharer left" in text
    assert "Go to the session" not in text


def test_a_running_session_links_to_itself_only_for_its_two_people(client, active, hanna, ada):
    client.force_login(hanna)
    assert "Go to the session" in _page(client, active)
    client.force_login(ada)
    assert "Go to the session" not in _page(client, active)
    assert "Sam Sharer" in _page(client, active)


def test_a_refusal_stands_in_the_story_with_its_reason(client, contoso, introduced, hanna):
    """R7"""
    contoso.is_compliance_required = True
    contoso.save()
    with pytest.raises(IneligibleError):
        services.request_kind(actor=hanna, session=introduced, kind=Kind.VIEW_SCREEN)

    client.force_login(hanna)
    assert "requires a compliant device" in _page(client, introduced)


def test_the_page_of_a_stranger_is_that_of_a_session_that_never_was(
    client, active, otto, mallory, sam
):
    """T3"""
    for stranger in (otto, mallory):
        client.force_login(stranger)
        theirs = client.get(f"/reports/sessions/{active.pk}/")
        absent = client.get(f"/reports/sessions/{uuid.uuid4()}/")
        assert theirs.status_code == absent.status_code == 404
        assert "Sam" not in theirs.content.decode()


@pytest.mark.parametrize("reason", EndReason.values)
def test_every_end_has_words(active, hanna, reason):
    services.end_session(actor=hanna, session=active, reason=EndReason(reason))

    last = story_of(active, hanna)[-1].words
    assert f": {reason}" not in last
    assert "no reason" not in last
    assert last.endswith(".")


def test_an_end_for_a_lost_ground_names_the_ground(active, hanna):
    services.end_session(
        actor=None, session=active, reason=EndReason.GROUND_LOST, detail="sharer_has_no_seat"
    )

    assert "The sharer has no Remote Help licence." in story_of(active, hanna)[-1].words


def test_every_event_that_the_services_write_has_words(hanna, sam, active):
    """A new event without words fails here: its bare name is no sentence."""
    names = {
        name
        for module in pkgutil.iter_modules(services.__path__)
        for name in re.findall(
            r'name="([a-z_]+)"',
            inspect.getsource(importlib.import_module(f"apps.sessions.services.{module.name}")),
        )
    }
    assert {"opened", "redeemed", "ended", "socket_lost"} <= names
    for name in names:
        event = SessionEvent(session=active, actor=hanna, name=name, detail=Side.HELPER)
        assert event_words(event) != name, name


def test_a_length_reads_like_a_clock():
    assert length_words(None) == ""
    assert length_words(timedelta(seconds=59)) == "0:00:59"
    assert length_words(timedelta(hours=26, minutes=1, seconds=5)) == "26:01:05"


def test_the_number_of_queries_does_not_grow_with_the_story(
    client, hanna, sam, django_assert_num_queries
):
    short, long = make_session(hanna, sam, State.WAITING), make_session(hanna, sam, State.ACTIVE)
    client.force_login(hanna)
    client.get(f"/reports/sessions/{short.pk}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/reports/sessions/{short.pk}/")
    with django_assert_num_queries(len(few)):
        client.get(f"/reports/sessions/{long.pk}/")
