from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.errors import NotFoundError
from apps.sessions import codes, services
from apps.sessions.eligibility import IneligibleError
from apps.sessions.models import EntryTries, HelpSession, Refusal, SecurityCode
from apps.sessions.states import State
from tests.factories import ADDRESS, APP_VERSION, make_device, redeem
from tests.sessions.stories import last_event, reread, story


def test_a_right_code_introduces_both(clock, waiting, sam, hanna, settings, telling):
    """S2, S3."""
    with telling(waiting.session) as told:
        session = redeem(sam, waiting)
    assert session.pk == waiting.session.pk
    row = reread(session)
    assert (row.state, row.sharer, row.helper) == (State.INTRODUCED, sam, hanna)
    assert (row.device, row.device_name, row.app_version) == (None, "", "")
    assert row.expires_at - row.introduced_at == settings.REMOTEHELP_IDLE_FOR
    assert last_event(row) == ("redeemed", State.WAITING, State.INTRODUCED, sam)
    assert told.both == [State.INTRODUCED]
    assert row.codes.get().used_at == row.introduced_at


@pytest.mark.parametrize("written", [str.lower, codes.shown, lambda c: f" {c[:2]} {c[2:]} "])
def test_a_code_is_taken_as_people_type_it(written, waiting, sam):
    assert redeem(sam, written(waiting.code)).state == State.INTRODUCED


def test_the_device_app_brings_its_device(waiting, sam, sams_laptop):
    redeem(sam, waiting, device=sams_laptop, app_version=APP_VERSION)
    row = reread(waiting.session)
    assert (row.device, row.device_name, row.app_version) == (
        sams_laptop,
        "sams-laptop",
        APP_VERSION,
    )


def test_a_device_of_somebody_else_is_no_device_of_mine(waiting, sam, wilma, fabrikam):
    """T3: naming another's device gives neither the device nor a different answer."""
    for device in (make_device(sam.tenant, owner=wilma), make_device(fabrikam)):
        opened = services.open_session(actor=waiting.session.helper)
        assert redeem(sam, opened, device=device).device is None


BAD = ["unknown", "malformed", "empty", "expired", "used", "replaced", "ended", "foreign"]


@pytest.fixture
def bad_codes(hanna, sam, mallory):
    """One code of each kind that is worth nothing to Sam."""

    def opened(helper=hanna):
        return services.open_session(actor=helper)

    used = opened()
    redeem(sam, used)
    replaced = opened()
    services.issue_new_code(actor=hanna, session=replaced.session)
    expired = opened()
    SecurityCode.objects.filter(session=expired.session).update(
        expires_at=expired.expires_at - timedelta(hours=1)
    )
    ended = opened()
    services.leave_session(actor=hanna, session=ended.session)
    EntryTries.objects.all().delete()
    return {
        "unknown": codes.issue(),
        "malformed": "certainly not a code",
        "empty": "",
        "expired": expired.code,
        "used": used.code,
        "replaced": replaced.code,
        "ended": ended.code,
        "foreign": opened(mallory).code,
    }


def test_every_bad_code_gets_one_answer_by_one_road(bad_codes, sam, settings):
    """S2, T3: nothing tells unknown, malformed, expired, used, replaced, ended and foreign codes apart."""
    settings.REMOTEHELP_CODE_TRIES = settings.REMOTEHELP_CODE_TRIES_PER_ADDRESS = 100
    with pytest.raises(services.WrongCodeError):
        redeem(sam, "the first try makes the rows that count")
    assert set(bad_codes) == set(BAD)
    seen = set()
    for kind, code in bad_codes.items():
        before = list(HelpSession.objects.order_by("pk").values())
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            pytest.raises(services.WrongCodeError) as refusal,
        ):
            redeem(sam, code)
        error = refusal.value
        verbs = tuple(query["sql"].split()[0] for query in queries)
        seen.add((error.code, error.status, str(error), str(error.fields), verbs))
        assert list(HelpSession.objects.order_by("pk").values()) == before, kind
    assert len(seen) == 1
    assert not Refusal.objects.exists()


def test_a_code_is_good_until_its_last_moment_and_not_after(clock, hanna, sam, settings):
    first, second = (services.open_session(actor=hanna) for _ in range(2))
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR - timedelta(microseconds=1))
    assert redeem(sam, first).state == State.INTRODUCED
    clock.shift(timedelta(microseconds=1))
    with pytest.raises(services.WrongCodeError):
        redeem(sam, second)


def test_a_helpers_own_code_is_refused_and_stays_good(waiting, hanna, sam):
    with pytest.raises(services.OwnCodeError):
        redeem(hanna, waiting)
    assert reread(waiting.session).state == State.WAITING
    assert redeem(sam, waiting).state == State.INTRODUCED


def test_a_refused_pair_keeps_the_code_and_both_are_told(waiting, hanna, sam, wilma, telling):
    """R5: Wilma is not in Hanna's scope; the code is still good for Sam."""
    with telling(waiting.session) as told, pytest.raises(IneligibleError) as refusal:
        redeem(wilma, waiting)
    assert refusal.value.code == "out_of_scope"
    refused = Refusal.objects.get()
    assert (refused.session, refused.helper, refused.sharer) == (waiting.session, hanna, wilma)
    assert (refused.step, refused.code, refused.tenant) == ("redeem", "out_of_scope", hanna.tenant)
    assert [m["type"] for m in told.helper] == ["session.changed"]
    assert story(waiting.session) == ["opened"]
    assert redeem(sam, waiting).state == State.INTRODUCED


def test_a_helper_disabled_since_helps_nobody(waiting, hanna, sam):
    hanna.is_active = False
    hanna.save()
    with pytest.raises(IneligibleError) as refusal:
        redeem(sam, waiting)
    assert refusal.value.code == "person_disabled"


def test_a_disabled_person_and_a_site_operator_redeem_nothing(waiting, sam, django_user_model):
    sam.is_active = False
    operator = django_user_model.objects.create_superuser("root", "root@site.example", "x")
    for person in (sam, operator):
        with pytest.raises(NotFoundError):
            redeem(person, waiting)
    assert not EntryTries.objects.exists()
    assert reread(waiting.session).state == State.WAITING


def test_the_count_names_nobodys_address(sam):
    with pytest.raises(services.WrongCodeError):
        redeem(sam, "wrong", address=ADDRESS)
    assert EntryTries.objects.count() == 2
    assert not any(ADDRESS in key for key in EntryTries.objects.values_list("key", flat=True))
