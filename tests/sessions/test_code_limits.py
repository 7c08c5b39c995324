"""S2: guesses are limited, per person and per address, whatever the number of processes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.common.clock import now
from apps.sessions import services
from apps.sessions.models import EntryTries
from apps.sessions.states import State
from tests.factories import ADDRESS, make_person, redeem
from tests.threads import at_once

ELSEWHERE = "198.51.100.9"


def _wrong(person, times=1, address=ADDRESS):
    for _ in range(times):
        with pytest.raises(services.WrongCodeError):
            redeem(person, "WRNG-CDES", address=address)


def _locked(person, code="WRNG-CDES", address=ADDRESS):
    with pytest.raises(services.TooManyTriesError) as refusal:
        redeem(person, code, address=address)
    return refusal.value.until


def test_five_wrong_tries_lock_the_person_wherever_they_go(clock, sam, waiting, settings):
    _wrong(sam, 5)
    until = _locked(sam, waiting.code, ELSEWHERE)  # even the right code
    clock.shift(settings.REMOTEHELP_CODE_LOCKED_FOR - timedelta(seconds=1))
    assert _locked(sam, waiting.code, ELSEWHERE) == until


def test_five_wrong_tries_lock_the_address_whoever_comes(clock, sam, wilma, hanna, waiting):
    _wrong(sam, 3)
    _wrong(wilma, 2)
    _locked(sam, waiting.code)
    assert redeem(sam, waiting, address=ELSEWHERE).helper == hanna  # only three of them were Sam's


def test_another_tenants_wrong_tries_at_one_address_lock_nobody_here(
    clock, sam, waiting, mallory, magnus
):
    """T3: neither can they be noticed here, nor can one tenant lock the other out."""
    _wrong(mallory, 3)
    _wrong(magnus, 2)
    _locked(magnus)
    assert redeem(sam, waiting).state == State.INTRODUCED


def test_the_lock_is_over_after_ten_minutes(clock, sam, hanna, settings):
    _wrong(sam, 5)
    until = _locked(sam)
    assert until - now() == settings.REMOTEHELP_CODE_LOCKED_FOR == timedelta(minutes=10)
    clock.shift(settings.REMOTEHELP_CODE_LOCKED_FOR)
    opened = services.open_session(actor=hanna)
    _wrong(sam, 4)  # a new count
    assert redeem(sam, opened).state == State.INTRODUCED


def test_the_fifth_try_may_be_right(clock, sam, waiting, hanna):
    _wrong(sam, 4)
    assert redeem(sam, waiting).state == State.INTRODUCED
    # It was no wrong try, so it locked nobody; the four before it are not forgiven.
    _wrong(sam, 1)
    _locked(sam)


def test_wrong_tries_far_apart_lock_nobody(clock, sam, settings):
    for _ in range(12):
        _wrong(sam)
        clock.shift(settings.REMOTEHELP_CODE_TRIES_WITHIN / 4 + timedelta(seconds=1))


def test_a_helper_cannot_clear_wrong_tries_with_a_code_of_their_own(clock, hanna, sam, waiting):
    """Else four guesses and one own code, again and again, would be no limit at all."""
    _wrong(hanna, 4)
    with pytest.raises(services.OwnCodeError):
        redeem(hanna, waiting)
    _wrong(hanna, 1)
    _locked(hanna)


def test_an_accomplices_code_does_not_clear_wrong_tries(clock, sam, hanna):
    _wrong(sam, 4)
    assert redeem(sam, services.open_session(actor=hanna)).state == State.INTRODUCED
    _wrong(sam, 1)
    _locked(sam, services.open_session(actor=hanna).code)


def test_who_is_locked_out_does_not_lock_the_office_out(clock, sam, wilma, otto, settings):
    settings.REMOTEHELP_CODE_TRIES_PER_ADDRESS = 8
    _wrong(sam, 5)
    for _ in range(20):
        _locked(sam)
    assert EntryTries.objects.get(key__startswith="address:").tries == 5
    assert redeem(wilma, services.open_session(actor=otto)).state == State.INTRODUCED


def test_a_locked_address_costs_the_person_nothing(clock, sam, wilma, otto):
    _wrong(sam, 5)
    for _ in range(20):
        _locked(wilma)
    assert not EntryTries.objects.filter(key=f"person:{wilma.pk}", tries__gt=0).exists()
    assert (
        redeem(wilma, services.open_session(actor=otto), address=ELSEWHERE).state
        == State.INTRODUCED
    )


def test_spent_counts_are_forgotten_and_standing_locks_are_not(clock, sam, settings):
    _wrong(sam, 5)
    clock.shift(timedelta(minutes=9))
    services.forget_spent_codes()
    _locked(sam)
    clock.shift(timedelta(minutes=12))
    assert services.forget_spent_codes() >= 2
    assert not EntryTries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_get_no_further_than_many_in_a_row(sam, contoso):
    """On connections of their own, as processes have them: five are looked at, the rest are refused."""
    outcomes = at_once(*[lambda: redeem(sam, "WRNG-CDES")] * 8)
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["TooManyTriesError"] * 3 + ["WrongCodeError"] * 5
    _locked(sam)


@pytest.mark.django_db(transaction=True)
def test_many_people_of_one_address_at_once_share_its_limit(contoso):
    people = [make_person(contoso) for _ in range(7)]
    outcomes = at_once(*[lambda p=p: redeem(p, "WRNG-CDES") for p in people])
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["TooManyTriesError"] * 2 + ["WrongCodeError"] * 5
