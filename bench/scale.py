"""The help decision, lists and previews of a large tenant on PostgreSQL, against an empty query.

10,000 people, 50,000 devices, 500 groups and 2,000 role assignments (bench/population.py). Each figure is the median of
whole calls as pages and the API make them, divided by the median of `SELECT 1` on the same connection, asked in turn
with them. Starts a PostgreSQL of its own unless TEST_DATABASE_URL names one, in which it makes a database of its own.

    python -m bench scale --share 0.1    a tenth of everything, to try it
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.figures import Target
from bench.tables import table

if TYPE_CHECKING:
    from bench.population import Place, Size

# product.md 8 and the figures measured for it, as multiples of the empty query.
DECISION = Target(10, 2)
LIST = Target(150, 15)
PREVIEW = Target(20_000, 5_000)
AT_LEAST, AT_MOST, PATIENCE = 3, 300, 3.0


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    call: Callable[[], object]
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One subject as measured: milliseconds, how many empty queries that is, and how many queries it makes."""

    subject: Subject
    milliseconds: float
    ratio: float
    queries: int
    in_database: float


def _seconds(call: Callable[[], object]) -> float:
    at = time.perf_counter()
    call()
    return time.perf_counter() - at


def empty_query() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _queries(call: Callable[[], object]) -> tuple[int, float]:
    """How many statements a call makes, and their milliseconds, the way to the database and back with them."""
    from django.db import connection

    spent: list[float] = []

    def count(execute: Any, *given: Any) -> Any:
        at = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent.append(time.perf_counter() - at)

    with connection.execute_wrapper(count):
        call()
    return len(spent), sum(spent) * 1000


def measure(subject: Subject) -> Found:
    """The call and the empty query in turn, so that neighbours on the machine disturb both alike."""
    _seconds(subject.call)
    calls: list[float] = []
    empties: list[float] = []
    until = time.perf_counter() + PATIENCE
    while len(calls) < AT_LEAST or (len(calls) < AT_MOST and time.perf_counter() < until):
        empties += [_seconds(empty_query) for _ in range(3)]
        calls.append(_seconds(subject.call))
    number, in_database = _queries(subject.call)
    found = median(calls)
    return Found(subject, found * 1000, found / median(empties), number, in_database)


# --- what is measured -----------------------------------------------------------------------------


def _page(rows: Callable[[], Any], key: Any, cursor: str) -> None:
    from apps.common.keyset import page_by
    from apps.common.lists import ROWS_PER_PAGE

    page_by(rows(), key, cursor=cursor, size=ROWS_PER_PAGE)


def _pages(name: str, rows: Callable[[], Any], key: Any) -> Iterator[Subject]:
    """The first page of a list, and one after four fifths of it."""
    from apps.common.keyset import page_by

    yield Subject(f"{name}: first page", partial(_page, rows, key, ""), LIST)
    deep = rows().count() * 4 // 5
    if deep > 50:
        cursor = page_by(rows(), key, cursor="", size=deep).next_cursor
        yield Subject(f"{name}: page after {deep:,} rows", partial(_page, rows, key, cursor), LIST)


def decisions(place: Place) -> Iterator[Subject]:
    from apps.roles.models import Action
    from apps.roles.selectors import actions_on
    from apps.sessions.eligibility import decision_on

    helper, device = place.helper, place.devices[7]
    sharer = place.people[7]

    def permission(who: Any) -> object:
        return actions_on(who, sharer_id=sharer.pk, device_id=device.pk, is_device_enrolled=True)

    def decision(who: Any, device_id: uuid.UUID | None) -> object:
        return decision_on(
            helper_id=who.pk, sharer_id=sharer.pk, device_id=device_id, action=Action.VIEW_SCREEN
        )

    yield Subject("permission of one pair", partial(permission, helper), DECISION)
    yield Subject(
        "permission of one pair, reaching nobody", partial(permission, place.nobody), DECISION
    )
    yield Subject("whole decision, with a device", partial(decision, helper, device.pk))
    yield Subject("whole decision, in a browser", partial(decision, helper, None))


def lists(place: Place) -> Iterator[Subject]:
    from apps.common.keyset import Key, KeyKind
    from apps.devices.rows import DeviceFilters, device_page, device_rows
    from apps.roles.selectors import named_assignment_rows, role_rows
    from apps.tenants.rows import administrator_rows, audit_rows, candidate_rows

    ada, tenant = place.administrator, place.tenant
    for name, who in (("helper", place.helper), ("chief", place.chief)):
        yield Subject(
            f"helpable devices of a {name}: first page",
            partial(device_page, who, DeviceFilters()),
            LIST,
        )
        yield from _deep_devices(name, who)
    everything = DeviceFilters()
    yield from _pages("devices", partial(device_rows, ada, everything), Key("name"))
    yield Subject(
        "devices: not compliant ones",
        partial(device_page, ada, DeviceFilters(is_compliant=False)),
        LIST,
    )
    yield Subject(
        "devices: searched for", partial(device_page, ada, DeviceFilters(search="linux 0499")), LIST
    )
    yield from _pages("assignments", partial(named_assignment_rows, tenant.pk), Key("name"))
    yield from _pages("roles", partial(role_rows, tenant.pk), Key("name"))
    yield from _pages("administrators", partial(administrator_rows, ada), Key("last_name"))
    yield from _pages("people to be administrators", partial(candidate_rows, ada), Key("last_name"))
    yield from _pages("audit log", partial(audit_rows, ada), Key("at", KeyKind.TIME))
    yield Subject(
        "audit log: searched for",
        partial(_page, partial(audit_rows, ada, q="Group 007"), Key("at", KeyKind.TIME), ""),
        LIST,
    )


def _deep_devices(name: str, who: Any) -> Iterator[Subject]:
    from apps.devices.rows import DeviceFilters, device_page, device_rows

    deep = device_rows(who, DeviceFilters()).count() * 4 // 5
    if deep > 50:
        cursor = device_page(who, DeviceFilters(), size=deep).next_cursor
        yield Subject(
            f"helpable devices of a {name}: page after {deep:,} rows",
            partial(device_page, who, DeviceFilters(), cursor=cursor),
            LIST,
        )


def previews(place: Place) -> Iterator[Subject]:
    from apps.common.previews import Touching, preview
    from apps.roles.models import RoleAssignment
    from apps.tenants.models import Tenant

    one = place.assignments[7]

    def wider() -> None:
        RoleAssignment.objects.filter(pk=one.pk).update(covers_all_users=True)

    def off() -> None:
        Tenant.objects.filter(pk=place.tenant.pk).update(is_remote_help_enabled=False)

    def joined() -> None:
        place.groups[3].people.add(*place.people[:100])

    for name, change, touching in (
        ("an assignment", wider, Touching.ASSIGNMENTS),
        ("a switch", off, Touching.SWITCHES),
        ("a hundred members", joined, Touching.MEMBERS),
        ("anything", wider, Touching.ANYTHING),
    ):
        yield Subject(
            f"preview of {name}",
            partial(preview, place.tenant.pk, change, touching=touching),
            PREVIEW,
        )


# --- running --------------------------------------------------------------------------------------


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The address of a PostgreSQL: one that is named, or one of our own."""
    from tests.lanes import LOGS, Lane, postgresql

    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
        return
    LOGS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="remotehelp-", ignore_cleanup_errors=True) as name,
        postgresql(Lane("bench", []), Path(name)) as address,
    ):
        yield address


@contextlib.contextmanager
def populated(size: Size) -> Iterator[Place]:
    """That tenant in a database of its own, to which Django is connected; dropped at the end."""
    with database() as address:
        os.environ["TEST_DATABASE_URL"] = address
        os.environ["DJANGO_SETTINGS_MODULE"] = "remotehelp_site.settings.test"
        import django

        django.setup()
        from django.db import connection

        from bench.population import populate

        before = str(connection.settings_dict["NAME"])
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield populate(size)
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def report(found: Sequence[Found]) -> str:
    rows = [
        [
            one.subject.name,
            f"{one.milliseconds:.2f}",
            f"{one.ratio:.1f}",
            str(one.queries),
            f"{one.in_database:.2f}",
            "" if one.subject.target is None else str(one.subject.target),
            "" if one.subject.target is None else one.subject.target.verdict(one.ratio),
        ]
        for one in found
    ]
    head = ["what", "ms", "/ empty query", "queries", "ms in database", "must / aim", ""]
    return table(head, rows)


def main(options: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the full size (default: 1)")
    given = parser.parse_args(list(options))
    from bench.population import Size

    size = Size().times(given.share)
    began = time.monotonic()
    with populated(size) as place:
        print(
            f"{size.people:,} people, {size.devices:,} devices, {size.groups:,} groups,"
            f" {size.assignments:,} assignments; made in {time.monotonic() - began:.0f} s."
        )
        empty = median(_seconds(empty_query) for _ in range(1000)) * 1000
        found = []
        for subjects in (decisions, lists, previews):
            for subject in subjects(place):
                found.append(measure(subject))
                print(f"  {subject.name}: {found[-1].milliseconds:.2f} ms", file=sys.stderr)
    print(f"An empty query: {empty:.3f} ms.\n")
    print(report(found))
    missed = [
        one.subject.name
        for one in found
        if one.subject.target and one.subject.target.verdict(one.ratio) == "MISSED"
    ]
    if missed:
        print(f"\nMissed: {', '.join(missed)}.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
