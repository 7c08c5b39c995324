"""Sessions that were: as many as wanted, over so many days, for the benchmarks of reports and retention.

Tenants differ in size (the second half as large as the first, and so on), as do helpers in how much they do; weekdays
have more sessions than weekends. Written by the database itself, so ten million take minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

EVENTS_PER_SESSION = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What was made: how many sessions ended up to each day, and the people to go on with."""

    sessions: int
    events: int
    tenant: str
    helper: str
    sharer: str


def people(tenants: int, helpers: int, sharers: int) -> None:
    """Tenants with people in them; of each tenant a tenth part of the helpers does half of the work."""
    from apps.tenants.models import Tenant, User
    from apps.tenants.services import create_tenant

    made = [
        create_tenant(actor=None, name=f"Past {number}", domain=f"past{number}.example")
        for number in range(tenants)
    ]
    weights = [1 / (number + 1) for number in range(tenants)]
    for tenant, weight in zip(made, weights, strict=True):
        share = weight / sum(weights)
        for word, number in (("helper", helpers), ("sharer", sharers)):
            User.objects.bulk_create(
                User(
                    tenant=tenant,
                    email=f"{word}{i}@{tenant.slug}.example",
                    first_name=word,
                    last_name=str(i),
                )
                for i in range(max(2, round(number * share)))
            )
    assert Tenant.objects.count() >= tenants  # noqa: S101


def days_of(sessions: int, days: int, until: date) -> Iterator[tuple[date, int]]:
    """Each day and its number of sessions, the oldest first; weekends have a fifth."""
    all_days = [until - timedelta(days=back) for back in range(days, 0, -1)]
    weights = [0.2 if day.weekday() >= 5 else 1.0 for day in all_days]
    for day, weight in zip(all_days, weights, strict=True):
        yield day, round(sessions * weight / sum(weights))


def fill(sessions: int, days: int, *, tenants: int = 20, helpers: int = 2_000) -> Past:
    """Make them, all ended, with the events of each; called again, more of the same people. On PostgreSQL alone."""
    from django.db import connection

    from apps.sessions import partitions
    from apps.tenants.models import User

    if not User.objects.filter(first_name="helper").exists():
        people(tenants, helpers, helpers * 4)
    today = datetime.now(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS pairs AS SELECT row_number() OVER () AS n, h.tenant_id, h.id AS helper, s.id AS sharer"
            " FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY random()) AS place FROM tenants_user"
            "       WHERE first_name = 'helper') h"
            " JOIN LATERAL (SELECT id FROM tenants_user s WHERE s.tenant_id = h.tenant_id AND s.first_name = 'sharer'"
            "       ORDER BY random() LIMIT CASE WHEN h.place %% 10 = 0 THEN 10 ELSE 1 END) s ON true",
            [],
        )
        cursor.execute("CREATE UNIQUE INDEX IF NOT EXISTS pair_by_number ON pairs (n)")
        cursor.execute("ANALYZE pairs")
        for day, number in days_of(sessions, days, today):
            partitions.make_days([day])
            _one_day(cursor, day, number)
        cursor.execute("ANALYZE help_sessions_helpsession, help_sessions_sessionevent")
        cursor.execute("SELECT count(*) FROM help_sessions_helpsession")
        (made,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM help_sessions_sessionevent")
        (events,) = cursor.fetchone()
    helper = User.objects.filter(first_name="helper").order_by("email").first()
    assert helper is not None  # noqa: S101
    sharer = User.objects.filter(first_name="sharer", tenant=helper.tenant_id).first()
    assert sharer is not None  # noqa: S101
    return Past(made, events, str(helper.tenant_id), str(helper.pk), str(sharer.pk))


def _one_day(cursor: object, day: date, number: int) -> None:
    start = datetime.combine(day, time(7), tzinfo=UTC)
    cursor.execute(  # type: ignore[attr-defined]
        """
        WITH made AS (
          SELECT %(start)s::timestamptz + random() * interval '10 hours' AS opened,
                 interval '1 minute' * (1 + 30 * random() * random()) AS lasted,
                 1 + floor(random() * (SELECT count(*) FROM pairs))::bigint AS n,
                 random() AS dice
          FROM generate_series(1, %(number)s)
        ), known AS (
          SELECT (lpad(to_hex((extract(epoch FROM m.opened) * 1000)::bigint), 12, '0') || '7'
                  || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid AS id,
                 m.*, p.tenant_id, p.helper, p.sharer
          FROM made m JOIN pairs p USING (n)
        ), sessions AS (
          INSERT INTO help_sessions_helpsession
            (id, tenant_id, helper_id, sharer_id, device_name, app_version, state, kind, elevation, was_elevated,
             end_reason, end_detail, opened_at, introduced_at, requested_at, allowed_at, active_at, ended_at,
             helper_channel, sharer_channel, helper_has_media, sharer_has_media)
          SELECT id, tenant_id, helper, sharer, 'PC-' || substr(id::text, 15, 4), '1.4.0', 'ended',
                 CASE WHEN dice < 0.6 THEN 'full_control' ELSE 'view_screen' END, 'none', dice < 0.1,
                 CASE WHEN dice < 0.7 THEN 'helper_left' WHEN dice < 0.95 THEN 'sharer_left' ELSE 'connection_lost' END,
                 '', opened, opened + interval '20 s', opened + interval '30 s', opened + interval '40 s',
                 opened + interval '42 s', opened + lasted, '', '', false, false
          FROM known RETURNING id, helper_id, opened_at, ended_at
        )
        INSERT INTO help_sessions_sessionevent (session_id, actor_id, name, old, new, detail, at)
        SELECT s.id, s.helper_id, e.name, e.old, e.new, '', CASE e.name WHEN 'ended' THEN s.ended_at ELSE s.opened_at END
        FROM sessions s CROSS JOIN
             (VALUES ('opened', '', 'waiting'), ('allowed', 'requested', 'connecting'), ('ended', 'active', 'ended'))
             AS e(name, old, new)
        """,
        {"start": start, "number": number},
    )
