"""An index for the purge, and on PostgreSQL sessions and their events by day (docs/decisions/retention.md)."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import migrations, models
from django.db.models import Q

SESSIONS = "help_sessions_helpsession"
EVENTS = "help_sessions_sessionevent"
DAYS_AHEAD = 7


def first_id(at: datetime) -> str:
    return str(uuid.UUID(int=int(at.timestamp() * 1000) << 80))


def divide(apps: Any, schema_editor: Any) -> None:
    """Make what is there the first part of a parent of the same name. No row is copied."""
    if schema_editor.connection.vendor != "postgresql":
        return
    today = datetime.combine(datetime.now(UTC).date(), time.min, tzinfo=UTC)
    with schema_editor.connection.cursor() as cursor:
        # Rows whose foreign keys are still to be checked would keep the tables from being changed.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [SESSIONS])
        if cursor.fetchone() == ("p",):  # divided before, and gone back
            return
        foreign = _foreign_keys_to(cursor, SESSIONS)
        for name, table, _definition in foreign:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for parent, key in ((SESSIONS, "id"), (EVENTS, "id, session_id")):
            _divide_one(cursor, parent, key, until=first_id(today + timedelta(days=1)))
        for name, table, definition in foreign:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for ahead in range(1, DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            for parent in (SESSIONS, EVENTS):
                cursor.execute(
                    f"CREATE TABLE {parent}_p{day:%Y%m%d} PARTITION OF {parent} FOR VALUES FROM (%s) TO (%s)",
                    [first_id(day), first_id(day + timedelta(days=1))],
                )


def _divide_one(cursor: Any, parent: str, key: str, *, until: str) -> None:
    first = f"{parent}_p0"
    cursor.execute(
        "SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
        " WHERE x.indrelid = %s::regclass AND NOT x.indisprimary",
        [parent],
    )
    indexes = cursor.fetchall()
    outgoing = _foreign_keys_of(cursor, parent)
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p'", [parent]
    )
    (primary,) = cursor.fetchone()
    if key != "id":  # PostgreSQL knows no identity columns of tables with parts before version 17
        cursor.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {parent}")
        (start,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {parent} ALTER COLUMN id DROP IDENTITY")
        cursor.execute(f"CREATE SEQUENCE {parent}_id_seq START {int(start)}")
        cursor.execute(
            f"ALTER TABLE {parent} ALTER COLUMN id SET DEFAULT nextval('{parent}_id_seq')"
        )
    for name, _definition in indexes:
        cursor.execute(f"ALTER INDEX {name} RENAME TO {_short(name)}")
    for name, _definition in outgoing:  # each part gets its own from the parent
        cursor.execute(f"ALTER TABLE {parent} DROP CONSTRAINT {name}")
    cursor.execute(f"ALTER TABLE {parent} DROP CONSTRAINT {primary}")
    cursor.execute(f"ALTER TABLE {parent} RENAME TO {first}")
    cursor.execute(
        f"CREATE TABLE {parent} (LIKE {first} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        f" PARTITION BY RANGE ({'id' if key == 'id' else 'session_id'})"
    )
    cursor.execute(f"ALTER TABLE {parent} ADD CONSTRAINT {primary} PRIMARY KEY ({key})")
    if key != "id":
        cursor.execute(f"ALTER SEQUENCE {parent}_id_seq OWNED BY {parent}.id")
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in outgoing:
        cursor.execute(f"ALTER TABLE {parent} ADD CONSTRAINT {name} {definition}")
    cursor.execute(
        f"ALTER TABLE {parent} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO (%s)", [until]
    )


def _short(name: str) -> str:
    return f"{name[:60]}_p0"


def _foreign_keys_of(cursor: Any, table: str) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f' AND conparentid = 0",
        [table],
    )
    return [(name, _now(definition)) for name, definition in cursor.fetchall()]


def _foreign_keys_to(cursor: Any, table: str) -> list[tuple[str, str, str]]:
    cursor.execute(
        "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE confrelid = %s::regclass AND contype = 'f' AND conparentid = 0",
        [table],
    )
    return list(cursor.fetchall())


def _now(definition: str) -> str:
    return re.sub(r"\s+NOT VALID$", "", definition)


class Migration(migrations.Migration):
    dependencies = [("help_sessions", "0004_time_limit")]

    operations = [
        migrations.AddIndex(
            model_name="helpsession",
            index=models.Index(
                fields=["tenant", "ended_at"], condition=Q(ended_at__isnull=False), name="session_by_end"
            ),
        ),
        migrations.AddIndex(
            model_name="refusal", index=models.Index(fields=["at"], name="refusal_by_time")
        ),
        # Back again nothing is done: code that knows nothing of days reads and writes the same tables, as long as the
        # days that were made last (a week), and the way forward again finds them divided.
        migrations.RunPython(divide, migrations.RunPython.noop),
    ]
