"""The server keeps nothing of what passes through it: no description, no candidate, no code (M5)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.sessions import codes
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from tests.sessions.stories import reread

SECRETS = {
    "offer": "a=fingerprint:sha-256 0FFE4:5EC4E7",
    "answer": "a=ice-pwd:an5we4passw04d",
    "candidate": "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx",
}


def signed_in(person: Any) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def everything_in_the_database() -> Iterator[str]:
    """Each value of each column of each table, and what Django's HTTP sessions hold inside."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute("select * from " + connection.ops.quote_name(table))  # noqa: S608
            for row in cursor.fetchall():
                yield from (f"{table}: {value!r}" for value in row)
    yield from (f"http session: {s.get_decoded()}" for s in Session.objects.all())


def everything_in_the_cache() -> Iterator[str]:
    """Each key and value, whatever wrote it; in Redis that includes what is not the cache's."""
    cache: Any = caches["default"]
    inside = cache._cache  # the backends have no public way to list
    if isinstance(cache, RedisCache):
        redis = inside.get_client()
        for key in redis.scan_iter():
            yield f"{key!r}: {redis.dump(key)!r}"
            if redis.type(key) == b"string":
                yield f"{key!r}: {redis.get(key)!r}"
    else:
        yield from (f"{key}: {value!r}" for key, value in inside.items())


def whole_session(wire, hanna, sam) -> tuple[str, HelpSession]:
    """From the code to the end, over HTTP and sockets, with everything that browsers would exchange."""
    helper_browser, sharer_browser = signed_in(hanna), signed_in(sam)
    page = helper_browser.post(reverse("help_sessions:open")).content.decode()
    session = HelpSession.objects.get()
    helper = wire.join(hanna, session)
    code = page.split('data-code="')[1].split('"')[0]
    sharer_browser.post(reverse("help_sessions:redeem"), {"code": code.lower()})
    assert helper.hear()["state"] == "introduced"
    sharer, _ = wire.greet(sam, session)
    assert helper.hear() == {"type": "peer.joined"}
    address = reverse("help_sessions:request_kind", args=[session.pk])
    helper_browser.post(address, {"kind": "view_screen"})
    sharer_browser.post(reverse("help_sessions:allow", args=[session.pk]), {"kind": "view_screen"})
    for state in ("requested", "connecting"):
        for socket in (helper, sharer):
            assert socket.hear()["state"] == state
    offer = {"type": "offer", "sdp": SECRETS["offer"], "attempt": 1}
    answer = {"type": "answer", "sdp": SECRETS["answer"], "attempt": 1}
    candidate = {"type": "candidate", "attempt": 1}
    candidate["candidate"] = {"candidate": SECRETS["candidate"], "sdpMid": "0"}
    for sender, receiver, message in (
        (sharer, helper, offer),
        (helper, sharer, answer),
        (sharer, helper, candidate),
        (helper, sharer, candidate),
    ):
        sender.say(message)
        assert receiver.hear() == message
    for socket in (helper, sharer):
        socket.say({"type": "media.flowing"})
    for socket in (helper, sharer):
        assert socket.hear()["state"] == "active"
    # A message that is refused is not written down either.
    sharer.say_text(json.dumps({**offer, "more": SECRETS["answer"]}))
    assert sharer.hear()["code"] == "wrong_fields"
    sharer.hear_close()
    assert helper.hear() == {"type": "peer.left"}
    return code, session


def test_nothing_of_signals_or_code_is_in_logs_tables_or_cache(wire, hanna, sam, caplog):
    caplog.set_level(logging.DEBUG)
    code, session = whole_session(wire, hanna, sam)
    assert reread(session).state == State.ACTIVE
    database = list(everything_in_the_database())
    cached = list(everything_in_the_cache())
    logs = [f"{record.__dict__} {record.getMessage()}" for record in caplog.records]
    # Each of the three places is really looked into.
    assert any(str(session.pk) in line or session.pk.hex in line for line in database)
    assert any("django.contrib.sessions" in line for line in cached)
    assert any("request_started" in line for line in logs), "the request log says nothing"
    plain = codes.normalise(code)
    assert plain is not None
    forbidden = [*SECRETS.values(), code, plain, code.lower(), plain.lower()]
    # Pieces too: a log that cuts long texts off still tells.
    forbidden += [secret[:20] for secret in SECRETS.values()] + ["203.0.113.77", "an5we4passw04d"]
    for place in (database, cached, logs):
        for line in place:
            assert not [secret for secret in forbidden if secret in line]


def test_an_offer_waits_nowhere_for_a_side_that_is_not_there(wire, connecting, sam, caplog):
    """What cannot be passed on now is dropped, not kept."""
    caplog.set_level(logging.DEBUG)
    sharer = wire.join(sam, connecting)
    sharer.say({"type": "offer", "sdp": SECRETS["offer"], "attempt": 1})
    assert sharer.hear() == {"type": "peer.absent"}
    helper, greeting = wire.greet(connecting.helper, connecting)
    assert sharer.hear() == {"type": "peer.joined"}
    assert SECRETS["offer"] not in json.dumps(greeting)
    sharer.say({"type": "restart", "attempt": 2})
    assert helper.hear() == {"type": "restart", "attempt": 2}  # the first thing that it hears
    for place in (everything_in_the_database(), everything_in_the_cache()):
        assert not [line for line in place if SECRETS["offer"] in line]
