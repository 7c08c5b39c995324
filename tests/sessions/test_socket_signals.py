"""Offers, answers and candidates pass to the other side alone, unread, and only after consent (S4, T3, M5)."""

from __future__ import annotations

import json

import pytest

from apps.sessions import services
from apps.sessions.consumers import SessionConsumer
from apps.sessions.models import HelpSession
from apps.sessions.states import Kind, State
from tests.factories import make_session
from tests.sessions.wire import ANSWER, CANDIDATE, OFFER, beat

BAD_MESSAGE, TOO_FAST, UNSUPPORTED_DATA, TOO_BIG = 4400, 4429, 1003, 1009
READY = {"type": "ready"}
RESTART = {"type": "restart", "attempt": 2}


def test_a_socket_is_told_how_the_session_stands(wire, connecting, hanna, sam):
    helper, greeting = wire.greet(hanna, connecting)
    assert greeting == {
        "type": "session.joined",
        "side": "helper",
        "state": "connecting",
        "is_peer_here": False,
        "ice_servers": [],
    }
    _, greeting = wire.greet(sam, connecting)
    assert (greeting["side"], greeting["is_peer_here"]) == ("sharer", True)
    assert helper.hear() == {"type": "peer.joined"}


@pytest.mark.parametrize(
    "state", [State.INTRODUCED, State.REQUESTED, State.CONNECTING, State.ACTIVE]
)
def test_the_greeting_names_the_state(wire, hanna, sam, state):
    _, greeting = wire.greet(sam, make_session(hanna, sam, state))
    assert greeting["state"] == state


def test_signals_reach_the_other_side_byte_for_byte(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    # Spaces, order of keys and escapes are the sender's business.
    odd = '{ "attempt":1,"sdp" : "v=0\\r\\n\\u00e4 ä 日本 \\/",  "type":"offer"}'
    for text in (odd, json.dumps(OFFER), json.dumps(CANDIDATE), json.dumps(RESTART)):
        sharer.say_text(text)
        assert helper.hear_text() == text
    for message in (READY, ANSWER, CANDIDATE, RESTART):
        text = json.dumps(message, indent=1)
        helper.say_text(text)
        assert sharer.hear_text() == text


def test_a_long_description_passes_whole(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    text = json.dumps({**OFFER, "sdp": "a=candidate ä\r\n" * 3000}, ensure_ascii=False)
    sharer.say_text(text)
    assert helper.hear_text() == text


def test_signals_of_one_session_do_not_reach_another_of_the_same_people(wire, hanna, sam):
    """D5: two sessions at once."""
    first, second = (make_session(hanna, sam, State.CONNECTING) for _ in range(2))
    first_helper, first_sharer = wire.join_both(first)
    second_helper, second_sharer = wire.join_both(second)
    for attempt, sharer in enumerate((first_sharer, second_sharer), start=1):
        sharer.say({**OFFER, "attempt": attempt})
    assert first_helper.hear()["attempt"] == 1
    assert second_helper.hear()["attempt"] == 2
    # What comes next is an answer to what each one says next: nothing else had reached it.
    for helper, sharer in ((first_helper, first_sharer), (second_helper, second_sharer)):
        sharer.say(RESTART)
        assert helper.hear() == RESTART


@pytest.mark.parametrize("state", [State.INTRODUCED, State.REQUESTED])
def test_nothing_passes_before_consent(wire, hanna, sam, state):
    session = make_session(hanna, sam, state)
    helper, sharer = wire.join_both(session)
    for socket, message in ((sharer, OFFER), (helper, READY), (sharer, CANDIDATE)):
        socket.say(message)
        assert socket.hear() == {"type": "refused", "code": "not_now"}
    # The other one heard none of it: the next thing that it hears is the consent.
    if state is State.INTRODUCED:
        services.request_kind(actor=hanna, session=session, kind=Kind.VIEW_SCREEN)
        for socket in (helper, sharer):
            assert socket.hear() == {"type": "session.changed", "state": "requested"}
    session.refresh_from_db()
    services.allow(actor=sam, session=session, kind=Kind.VIEW_SCREEN)
    for socket in (helper, sharer):
        assert socket.hear() == {"type": "session.changed", "state": "connecting"}
    sharer.say(OFFER)
    assert helper.hear() == OFFER


def test_a_helper_who_waits_alone_cannot_signal(wire, waiting, hanna):
    helper = wire.join(hanna, waiting.session)
    helper.say(READY)
    assert helper.hear() == {"type": "refused", "code": "not_now"}


def test_media_cannot_be_reported_before_consent(wire, requested):
    helper, sharer = wire.join_both(requested)
    for socket in (helper, sharer):
        socket.say({"type": "media.flowing"})
        assert socket.hear() == {"type": "refused", "code": "not_now"}
    requested.refresh_from_db()
    assert (requested.state, requested.helper_has_media) == ("requested", False)


def test_consent_counts_even_when_its_notice_was_lost(wire, requested, sam):
    """A socket that believes an old state asks anew before it says no."""
    helper, sharer = wire.join_both(requested)
    HelpSession.objects.filter(pk=requested.pk).update(helper_channel="", sharer_channel="")
    services.allow(actor=sam, session=requested, kind=Kind.VIEW_SCREEN)
    sharer.say(OFFER)
    assert helper.hear() == OFFER


def test_an_end_whose_notice_was_lost_is_noticed_by_the_next_signal_after_a_while(
    wire, connecting, monkeypatch
):
    monkeypatch.setattr(SessionConsumer, "RECHECK_AFTER", 0.0)
    _, sharer = wire.join_both(connecting)
    HelpSession.objects.filter(pk=connecting.pk).update(helper_channel="", sharer_channel="")
    services.leave_session(actor=connecting.helper, session=connecting)
    sharer.say(OFFER)
    assert sharer.hear() == {"type": "refused", "code": "not_now"}


def test_only_the_sharer_offers_and_only_the_helper_answers(wire, connecting, hanna, sam):
    for message in (ANSWER, READY):
        helper, sharer = wire.join_both(connecting)
        sharer.say(message)
        assert sharer.hear() == {"type": "refused", "code": "wrong_side"}
        assert sharer.hear_close() == BAD_MESSAGE
        assert helper.hear() == {"type": "peer.left"}  # and not the answer
        helper.hang_up()
    helper, sharer = wire.join_both(connecting)
    helper.say(OFFER)
    assert helper.hear() == {"type": "refused", "code": "wrong_side"}
    assert helper.hear_close() == BAD_MESSAGE
    assert sharer.hear() == {"type": "peer.left"}


def test_a_signal_to_a_side_that_is_not_there_is_answered_with_its_absence(wire, connecting, sam):
    sharer = wire.join(sam, connecting)
    sharer.say(OFFER)
    assert sharer.hear() == {"type": "peer.absent"}


BAD = {
    "unknown_type": ('{"type": "chat", "text": "hello"}', BAD_MESSAGE),
    "wrong_fields": ('{"type": "offer", "sdp": "v=0", "attempt": 1, "note": ""}', BAD_MESSAGE),
    "bad_value": ('{"type": "offer", "sdp": "", "attempt": 1}', BAD_MESSAGE),
    "not_json": ("offer", BAD_MESSAGE),
    "not_an_object": ("[1]", BAD_MESSAGE),
    "too_large": (json.dumps({**OFFER, "sdp": "x" * 65 * 1024}), TOO_BIG),
}


@pytest.mark.parametrize("word", BAD)
def test_a_bad_message_ends_the_socket_with_a_word_and_the_session_goes_on(wire, connecting, word):
    text, close_code = BAD[word]
    helper, sharer = wire.join_both(connecting)
    sharer.say_text(text)
    assert sharer.hear() == {"type": "refused", "code": word}
    assert sharer.hear_close() == close_code
    assert helper.hear() == {"type": "peer.left"}
    usable_again(wire, connecting, helper)


def usable_again(wire, session, helper) -> None:
    """The sharer connects anew, and signals pass."""
    sharer = wire.join(session.sharer, session)
    assert helper.hear() == {"type": "peer.joined"}
    sharer.say(OFFER)
    assert helper.hear() == OFFER
    helper.say(ANSWER)
    assert sharer.hear() == ANSWER


def test_deep_json_and_an_empty_message_are_refused_without_a_stumble(wire, connecting, caplog):
    for text in ('{"a":' * 10_000 + "1" + "}" * 10_000, "[" * 60_000, ""):
        sharer = wire.join(connecting.sharer, connecting)
        sharer.say_text(text)
        assert sharer.hear() == {"type": "refused", "code": "not_json"}
        assert sharer.hear_close() == BAD_MESSAGE
    assert [r.getMessage() for r in caplog.records] == []


def test_a_binary_message_ends_the_socket_and_the_session_goes_on(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    sharer.say_bytes(json.dumps(OFFER).encode())
    assert sharer.hear() == {"type": "refused", "code": "binary"}
    assert sharer.hear_close() == UNSUPPORTED_DATA
    assert helper.hear() == {"type": "peer.left"}
    usable_again(wire, connecting, helper)


def test_who_talks_too_fast_is_cut_off_and_may_come_back(wire, connecting, settings):
    settings.REMOTEHELP_SOCKET_BURST, settings.REMOTEHELP_SOCKET_RATE = 5, 0.0
    helper, sharer = wire.join_both(connecting)
    for number in range(1, 9):
        sharer.say({"type": "restart", "attempt": number})
    assert [helper.hear()["attempt"] for _ in range(5)] == [1, 2, 3, 4, 5]
    assert sharer.hear() == {"type": "refused", "code": "too_fast"}
    assert sharer.hear_close() == TOO_FAST  # once, though more was under way
    assert helper.hear() == {"type": "peer.left"}
    usable_again(wire, connecting, helper)


def test_a_connection_with_many_candidates_is_not_too_fast(wire, connecting, settings):
    assert settings.REMOTEHELP_SOCKET_BURST >= 100
    helper, sharer = wire.join_both(connecting)
    for number in range(1, 101):
        sharer.say({**CANDIDATE, "attempt": number})
    assert [helper.hear()["attempt"] for _ in range(100)] == list(range(1, 101))


def test_what_follows_a_refused_message_is_not_passed_on(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    for text in ("not json", json.dumps(OFFER), json.dumps(CANDIDATE)):
        sharer.say_text(text)
    assert sharer.hear() == {"type": "refused", "code": "not_json"}
    assert sharer.hear_close() == BAD_MESSAGE
    assert helper.hear() == {"type": "peer.left"}


def test_a_signal_after_the_time_to_connect_has_run_out_is_refused(
    wire, connecting, clock, settings, monkeypatch
):
    monkeypatch.setattr(SessionConsumer, "RECHECK_AFTER", 0.0)
    helper, sharer = wire.join_both(connecting)
    clock.shift(settings.REMOTEHELP_CONNECT_WITHIN)
    beat(connecting)
    sharer.say(OFFER)
    heard = [sharer.hear(), sharer.hear()]
    assert {"type": "refused", "code": "not_now"} in heard
    assert {"type": "session.changed", "state": "ended"} in heard
    assert helper.hear() == {"type": "session.changed", "state": "ended"}
    connecting.refresh_from_db()
    assert connecting.end_reason == "not_connected"


def test_both_sides_may_report_media_and_neither_for_the_other(wire, connecting):
    helper, sharer = wire.join_both(connecting)
    helper.say({"type": "media.flowing"})
    helper.say({"type": "media.flowing"})  # said twice is not said by both
    helper.say(READY)
    assert sharer.hear() == READY
    connecting.refresh_from_db()
    assert connecting.state == State.CONNECTING
    assert (connecting.helper_has_media, connecting.sharer_has_media) == (True, False)
    sharer.say({"type": "media.flowing"})
    for socket in (helper, sharer):
        assert socket.hear() == {"type": "session.changed", "state": "active"}
