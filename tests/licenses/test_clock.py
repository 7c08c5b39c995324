"""What time does to licences: read from the clock at once, written down by the worker."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings

from apps.common.clock import now
from apps.common.errors import InvalidError
from apps.licenses import services, tasks
from apps.licenses.models import License, LicenseState, Product, Terms
from apps.licenses.selectors import standings
from apps.licenses.services import TrialUsedError, change_license, note_states, order_license
from apps.sessions.eligibility import IneligibleError
from apps.sessions.states import State
from apps.tenants.models import AuditEntry, Origin
from tests.factories import make_license, make_session
from tests.threads import at_once


def noted(license_: License) -> list[list[str]]:
    entries = AuditEntry.objects.filter(target_key=str(license_.pk), origin=Origin.SITE)
    changes = (entry.facts["changes"].get("noted_state") for entry in entries.order_by("number"))
    return [change for change in changes if change]


def test_a_licence_becomes_active_by_the_clock_before_any_worker_comes(contoso, hanna, sam, clock):
    License.objects.filter(tenant=contoso, product=Product.REMOTE_HELP).update(
        activates_at=now() + timedelta(minutes=30), noted_state=LicenseState.PENDING
    )
    license_ = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    with pytest.raises(IneligibleError) as refused:
        make_session(hanna, sam)
    assert refused.value.code == "license_pending"
    assert refused.value.check.expected_at == license_.activates_at
    assert note_states() == 0
    clock.shift(timedelta(minutes=30))
    assert make_session(hanna, sam).state == State.ACTIVE
    assert noted(license_) == []
    assert tasks.note_states() == 1
    assert noted(license_) == [["pending", "active"]]
    assert tasks.note_states() == 0


def test_the_worker_writes_each_change_once_and_sessions_go_on(contoso, active, clock):
    license_ = License.objects.get(tenant=contoso, product=Product.REMOTE_HELP)
    change_license(actor=None, license_=license_, quantity=50, ends_at=now() + timedelta(minutes=5))
    assert note_states() == 0  # that it expires soon is no change of its own
    clock.shift(timedelta(minutes=5))
    assert not standings(contoso.pk, now())[Product.REMOTE_HELP].is_active
    assert [note_states(), note_states()] == [1, 0]
    assert noted(license_) == [["active", "expired"]]
    active.refresh_from_db()
    assert active.state == State.ACTIVE


def test_what_a_worker_missed_is_written_down_when_it_comes(contoso, clock):
    license_ = make_license(contoso, delay=timedelta(hours=1), ends_in=timedelta(hours=2))
    clock.shift(timedelta(hours=3))
    assert note_states() == 1
    assert noted(license_) == [["pending", "expired"]]


def test_a_cancelled_licence_is_not_said_to_be_active(contoso, clock):
    license_ = make_license(contoso, delay=timedelta(hours=1))
    services.cancel_license(actor=None, license_=license_)
    clock.shift(timedelta(hours=1))
    assert note_states() == 0
    assert License.objects.get(pk=license_.pk).state == LicenseState.CANCELLED


def test_a_renewed_licence_is_written_down_when_it_ends_again(contoso, clock):
    license_ = make_license(contoso, ends_in=timedelta(days=1))
    clock.shift(timedelta(days=1))
    note_states()
    change_license(actor=None, license_=license_, quantity=50, ends_at=now() + timedelta(days=1))
    clock.shift(timedelta(days=1))
    assert note_states() == 1
    assert noted(license_) == [["active", "expired"]] * 2


def test_beat_asks_for_it():
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.note_states.name in asked


def test_a_licence_is_no_longer_expired_only_with_an_end_in_the_future(contoso, clock):
    license_ = make_license(contoso, ends_in=timedelta(days=1))
    clock.shift(timedelta(days=2))
    ended = License.objects.get(pk=license_.pk)
    for ends_at in (ended.ends_at, now() - timedelta(hours=1)):
        with pytest.raises(InvalidError):
            change_license(actor=None, license_=ended, quantity=50, ends_at=ends_at)
    assert License.objects.get(pk=license_.pk).state == LicenseState.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_entry(contoso):
    license_ = make_license(contoso)
    License.objects.filter(pk=license_.pk).update(noted_state=LicenseState.PENDING)
    assert sorted(at_once(note_states, note_states, note_states)) == [0, 0, 1]
    assert noted(license_) == [["pending", "active"]]


@pytest.mark.django_db(transaction=True)
def test_two_trials_at_once_are_one(contoso):
    order = partial(
        order_license,
        actor=None,
        tenant=contoso,
        product=Product.REMOTE_HELP,
        quantity=1,
        terms=Terms.TRIAL,
    )
    outcomes = at_once(order, order, order)
    kinds = [type(outcome) for outcome in outcomes if not isinstance(outcome, License)]
    assert kinds == [TrialUsedError] * 2
    assert License.objects.filter(tenant=contoso, terms=Terms.TRIAL).count() == 1
