"""ICE servers come from the settings, with TURN credentials that run out (coturn's `use-auth-secret`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import timedelta

import pytest

from apps.sessions.ice import ice_servers

SECRET = "shared with coturn"
TURN = ["turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp"]


@pytest.fixture
def relay(settings):
    settings.REMOTEHELP_STUN_URLS = ["stun:turn.example:3478"]
    settings.REMOTEHELP_TURN_URLS = TURN
    settings.REMOTEHELP_TURN_SECRET = SECRET
    settings.REMOTEHELP_TURN_VALID_FOR = timedelta(hours=8)
    return settings


def test_without_settings_there_is_no_server_to_ask(settings):
    settings.REMOTEHELP_STUN_URLS = settings.REMOTEHELP_TURN_URLS = []
    assert ice_servers("somebody") == []


def test_the_credential_is_what_coturn_will_compute_and_ends_in_time(relay, clock):
    stun, turn = ice_servers("somebody")
    assert stun == {"urls": ["stun:turn.example:3478"]}
    assert turn["urls"] == TURN
    ends_at, label = turn["username"].split(":")
    assert int(ends_at) == int(time.time()) + 8 * 60 * 60
    assert label
    expected = hmac.digest(SECRET.encode(), turn["username"].encode(), hashlib.sha1)
    assert base64.b64decode(turn["credential"], validate=True) == expected
    clock.shift(timedelta(minutes=1))
    assert ice_servers("somebody")[1]["credential"] != turn["credential"]


def test_without_the_secret_no_relay_is_given_out(relay):
    relay.REMOTEHELP_TURN_SECRET = ""
    assert [list(server) for server in ice_servers("somebody")] == [["urls"]]


def test_the_relays_log_learns_nothing_about_the_person(relay, hanna):
    username = ice_servers(str(hanna.pk))[-1]["username"]
    for told in (str(hanna.pk), hanna.pk.hex, hanna.email, hanna.first_name.lower()):
        assert told not in username.lower()


def test_a_socket_is_told_the_servers_and_each_person_gets_their_own(relay, wire, connecting):
    _, helper = wire.greet(connecting.helper, connecting)
    _, sharer = wire.greet(connecting.sharer, connecting)
    names = set()
    for greeting in (helper, sharer):
        stun, turn = greeting["ice_servers"]
        assert stun == {"urls": ["stun:turn.example:3478"]}
        mac = hmac.digest(SECRET.encode(), turn["username"].encode(), hashlib.sha1)
        assert base64.b64decode(turn["credential"]) == mac
        names.add(turn["username"].split(":")[1])
        assert SECRET not in str(greeting)
    assert len(names) == 2
