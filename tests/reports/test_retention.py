"""M4: 30 days after a session nothing here names anybody who took part in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.common import retention as registry
from apps.common.retention import kept_kinds
from apps.devices.models import Enrolment
from apps.reports import retention
from apps.reports.models import PurgeRun
from apps.reports.services import purge
from apps.sessions.models import HelpSession, Refusal, SecurityCode, SessionEvent
from apps.sessions.services import end_session, forget_sessions
from apps.sessions.states import EndReason, State
from apps.tenants.models import AuditEntry
from tests.factories import make_device, make_session


def _ended(helper, sharer, **kept):
    session = make_session(helper, sharer, **kept)
    return end_session(actor=None, session=session, reason=EndReason.ENDED_BY_ADMIN)


@pytest.fixture
def old(hanna, sam, clock):
    """A session that ended 30 days ago, and refusals with and without one."""
    session = _ended(hanna, sam)
    for one in (session, None):
        Refusal.objects.create(
            tenant=session.tenant,
            session=one,
            helper=hanna,
            sharer=sam,
            step="redeem",
            code="no_role",
        )
    clock.shift(timedelta(days=30))
    return session


def test_what_ended_30_days_ago_is_gone_with_all_that_is_known_of_it(old, hanna, sam, clock):
    young = _ended(hanna, sam)

    run = purge()

    assert list(HelpSession.objects.all()) == [young]
    assert set(SessionEvent.objects.values_list("session", flat=True)) == {young.pk}
    assert set(SecurityCode.objects.values_list("session", flat=True)) == {young.pk}
    assert not Refusal.objects.exists()
    assert not AuditEntry.objects.filter(names__isnull=False).exists()
    assert run.is_whole
    assert run.removed["sessions"] == 1
    assert run.removed["refusals"] == 1  # the other went with its session
    assert str(hanna.pk) not in str(run.removed)


def test_a_day_younger_stays(hanna, sam, clock):
    session = _ended(hanna, sam)
    clock.shift(timedelta(days=29))
    assert purge().removed["sessions"] == 0
    assert SessionEvent.objects.filter(session=session).exists()


def test_what_still_runs_stays_however_long_ago_it_began(hanna, sam, clock):
    session = make_session(hanna, sam)
    clock.shift(timedelta(days=40))
    purge()
    session.refresh_from_db()
    assert session.state == State.ACTIVE


def test_once_more_does_nothing_more(old):
    assert purge().removed["sessions"] == 1
    again = purge()
    assert set(again.removed.values()) == {0}
    assert again.is_whole


def test_what_a_run_has_no_time_for_is_left_and_said_and_goes_next_time(old):
    short = purge(at_most=timedelta(0))
    assert not short.is_whole
    assert HelpSession.objects.filter(pk=old.pk).exists() or short.removed["sessions"] == 1
    assert purge().is_whole
    assert not HelpSession.objects.exists()


def test_many_go_in_batches(hanna, sam, clock, monkeypatch):
    for name in ("BATCH", "BATCH_ON_SQLITE"):
        monkeypatch.setattr(f"apps.sessions.services.retention.{name}", 2)
    for _number in range(5):
        _ended(hanna, sam)
    clock.shift(timedelta(days=31))
    later = timezone.now() + timedelta(minutes=1)
    assert forget_sessions(timezone.now() - timedelta(days=30), until=later)
    assert not HelpSession.objects.exists()


def test_a_kind_that_fails_keeps_no_other(old, monkeypatch):
    def broken(before, *, until):
        raise RuntimeError("disk")

    kinds = {kind.name: kind for kind in kept_kinds()}
    monkeypatch.setitem(
        registry._kinds,
        "audit_names",
        replace(kinds["audit_names"], forget=broken),
    )
    run = purge()
    assert not run.is_whole
    assert not HelpSession.objects.exists()
    assert retention.last_whole_run() is None


def _checked() -> str:
    said = StringIO()
    call_command("check_retention", stdout=said)
    return said.getvalue()


def test_the_command_fails_while_anything_older_is_there(old, clock):
    clock.shift(timedelta(hours=2))
    with pytest.raises(CommandError, match=r"older than 30 days: .*sessions"):
        _checked()
    purge()
    assert "sessions: oldest none" in _checked()


def test_the_command_fails_when_nobody_purges(hanna, clock):
    purge()
    _checked()
    clock.shift(timedelta(days=2))
    with pytest.raises(CommandError, match="has not run"):
        _checked()


def test_a_device_of_the_session_stays(hanna, sam, contoso, clock):
    device = make_device(contoso, owner=sam, enrolment=Enrolment.ENROLLED)
    _ended(hanna, sam, device=device)
    clock.shift(timedelta(days=31))
    purge()
    device.refresh_from_db()
    assert not PurgeRun.objects.exclude(is_whole=True).exists()


def test_the_page_shows_what_is_kept_and_what_went_of_this_tenant_alone(
    mallory, fabrikam, old, ada, client, clock
):
    clock.shift(timedelta(hours=2))
    client.force_login(ada)
    page = client.get(reverse("reports:retention"))
    assert page.context["is_late"]
    assert {record.name for record in page.context["records"] if record.is_late} >= {"sessions"}

    run = purge()

    page = client.get(reverse("reports:retention"))
    assert not page.context["is_late"]
    assert ("Sessions, with all their events", 1) in page.context["removed"]
    assert sum(number for _label, number in page.context["removed"]) < sum(run.removed.values())


def test_the_page_says_when_nobody_purges(ada, client, clock):
    purge()
    clock.shift(timedelta(days=2))
    client.force_login(ada)
    assert client.get(reverse("reports:retention")).context["is_overdue"]
