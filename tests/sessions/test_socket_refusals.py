"""Whoever may not be in a session is refused before the socket is accepted, and all of them alike (T3, S9)."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as site_settings

from apps.sessions import services
from apps.sessions.models import HelpSession
from tests.factories import make_session
from tests.sessions.wire import ORIGIN

REFUSED = (
    1000  # what the server closes with before it accepts: the browser sees a refused handshake
)


@pytest.fixture
def turned_away(wire):
    """Knock, and expect to be refused with nothing said."""

    def knock(person, session, **where) -> None:
        socket = wire.knock(person, session, **where)
        assert not socket.open(), "accepted"
        assert socket.close_code == REFUSED

    return knock


def test_only_the_two_participants_are_let_in(
    wire, turned_away, connecting, hanna, sam, otto, ada, mallory
):
    for stranger in (None, otto, ada, mallory):
        turned_away(stranger, connecting)
    connecting.refresh_from_db()
    assert (connecting.helper_channel, connecting.sharer_channel) == ("", "")
    for participant in (hanna, sam):
        assert wire.knock(participant, connecting).open()


def test_a_session_that_is_not_there_and_one_of_another_tenant_look_alike(
    turned_away, hanna, mallory, magnus
):
    theirs = make_session(mallory, magnus)
    turned_away(hanna, theirs)
    turned_away(hanna, uuid.uuid4())


def test_an_ended_session_lets_nobody_in(turned_away, wire, active, hanna, sam):
    assert wire.knock(hanna, active).open()
    services.leave_session(actor=sam, session=active)
    for person in (hanna, sam):
        turned_away(person, active)


def test_a_session_whose_time_ran_out_lets_nobody_in_and_is_ended_by_the_knock(
    turned_away, clock, connecting, hanna
):
    clock.shift(site_settings.REMOTEHELP_CONNECT_WITHIN + timedelta(seconds=1))
    turned_away(hanna, connecting)
    connecting.refresh_from_db()
    assert (connecting.state, connecting.end_reason) == ("ended", "not_connected")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://testserver.evil.example",
        "http://eviltestserver",
        "http://evil.example#testserver",
        "http://testserver@evil.example",
        "not an address",
        "http://testserver:9999",  # the cookie knows no ports
        "https://testserver",
        "ftp://testserver",
        "http://localhost",  # allowed as a host, but not where the socket was asked
    ],
)
def test_a_socket_of_another_origin_is_refused(turned_away, wire, connecting, hanna, origin):
    turned_away(hanna, connecting, origin=origin)
    assert wire.knock(hanna, connecting, origin=ORIGIN).open()


def test_a_disabled_person_is_refused(turned_away, wire, connecting, hanna, sam):
    assert wire.knock(hanna, connecting).open()
    socket = wire.knock(hanna, connecting)  # signed in before
    hanna.is_active = False
    hanna.save(update_fields=["is_active"])
    assert not socket.open()
    assert socket.close_code == REFUSED
    assert wire.knock(sam, connecting).open()


def test_a_cookie_that_was_signed_out_is_refused(wire, turned_away, connecting, hanna, client):
    client.force_login(hanna)
    cookie = client.cookies["sessionid"].value
    headers = [
        (b"host", b"testserver"),
        (b"origin", ORIGIN.encode()),
        (b"cookie", f"sessionid={cookie}".encode()),
    ]
    assert wire.knock(None, connecting, headers=headers).open()
    client.post("/accounts/logout/")
    turned_away(None, connecting, headers=headers)


def test_a_made_up_cookie_is_refused(turned_away, connecting):
    for cookie in (b"sessionid=abcdefghijklmnopqrstuvwxyz012345", b"sessionid=", b"\xff\xfe=1"):
        headers = [(b"host", b"testserver"), (b"origin", ORIGIN.encode()), (b"cookie", cookie)]
        turned_away(None, connecting, headers=headers)


@pytest.mark.parametrize(
    "path", ["/ws/", "/ws/sessions/1/", "/ws/sessions/../", "/", "/sessions/", "/ws/sessions/%00/"]
)
def test_an_address_that_is_no_socket_is_refused_without_noise(turned_away, hanna, caplog, path):
    turned_away(hanna, path)
    turned_away(None, path)
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_a_refused_socket_leaves_no_trace_in_the_session(turned_away, active, otto):
    before = HelpSession.objects.filter(pk=active.pk).values().get()
    turned_away(otto, active)
    assert HelpSession.objects.filter(pk=active.pk).values().get() == before
    assert not active.events.filter(actor=otto).exists()
