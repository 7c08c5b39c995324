"""The device app's socket: a living token opens it without an origin, and nothing else stands in for one."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from tests.device_app import token_for
from tests.sessions.wire import ORIGIN, cookie_of

HOST = (b"host", b"testserver")


def _bearer(value: str) -> tuple[bytes, bytes]:
    return (b"authorization", f"Bearer {value}".encode())


@pytest.fixture
def knock(wire, connecting):
    def make(*headers, session=connecting):
        return wire.knock(None, session, headers=[HOST, *headers])

    return make


def test_the_app_joins_its_session_with_a_token_and_no_origin(knock, sam):
    socket = knock(_bearer(token_for(sam)))
    assert socket.open()
    greeting = socket.hear()
    assert (greeting["type"], greeting["side"]) == ("session.joined", "sharer")


def test_an_own_origin_does_no_harm_and_a_foreign_one_refuses(knock, sam):
    for origin, is_let_in in (
        (ORIGIN, True),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
    ):
        socket = knock(_bearer(token_for(sam)), (b"origin", origin.encode()))
        assert socket.open() is is_let_in, origin


def test_a_token_that_is_worth_nothing_opens_nothing(knock, sam, ada):
    for header in (
        _bearer("nothing"),
        _bearer(""),
        _bearer(token_for(sam, valid_for=-1)),
        _bearer(token_for(sam, scopes="openid")),
        _bearer(token_for(ada)),
        (b"authorization", b"Basic " + token_for(sam).encode()),
        (b"authorization", b""),
        (b"authorization", b"\xff\xfe"),
    ):
        assert not knock(header).open(), header


def test_a_cookie_beside_a_worthless_token_counts_for_nothing(knock, sam, wire, connecting):
    cookie = (b"cookie", f"sessionid={cookie_of(sam)}".encode())
    assert not knock(_bearer("nothing"), cookie, (b"origin", ORIGIN.encode())).open()
    assert not knock(cookie).open(), "a cookie without an origin"
    assert wire.knock(sam, connecting).open()


def test_two_tokens_are_as_good_as_none(knock, sam, hanna):
    assert not knock(_bearer(token_for(sam)), _bearer(token_for(hanna))).open()
    assert not knock(_bearer(token_for(sam)), _bearer(token_for(sam))).open()


def test_a_person_who_is_disabled_is_refused(knock, sam):
    token = token_for(sam)
    assert knock(_bearer(token)).open()
    get_user_model().objects.filter(pk=sam.pk).update(is_active=False)
    assert not knock(_bearer(token)).open()


def test_a_stranger_with_a_token_of_their_own_is_refused(knock, otto, mallory):
    for person in (otto, mallory):
        assert not knock(_bearer(token_for(person))).open()


def test_the_helpers_page_and_the_sharers_app_hear_each_other(knock, wire, connecting, hanna, sam):
    helper = wire.join(hanna, connecting)
    app = knock(_bearer(token_for(sam)))
    assert app.open()
    assert app.hear()["is_peer_here"] is True
    assert helper.hear() == {"type": "peer.joined"}
    app.say({"type": "offer", "sdp": "v=0\r\n", "attempt": 1})
    assert helper.hear()["type"] == "offer"


def test_a_token_in_the_address_opens_nothing(wire, connecting, sam):
    path = f"/ws/sessions/{connecting.pk}/?access_token={token_for(sam)}"
    assert not wire.knock(None, path, headers=[HOST]).open()
