"""Importing people and memberships: begun with a file, checked, then applied as a whole, or its valid rows only."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.errors import NotAllowedError, NotFoundError, RuleError
from apps.directory.csv_files import decoded, rows_of
from apps.directory.models import Import, ImportState
from apps.directory.plans import Plan, Planner
from apps.tenants import audit
from apps.tenants.models import Act, Tenant, User
from apps.tenants.services import (
    change_group_people,
    create_group,
    create_people,
    rename_people,
    require_permission,
)

MANAGE = "tenants.manage_people"
# Up to so many rows the answer waits for it; more are the worker's.
AT_ONCE = 200
FAULTS_KEPT = 500
MOST_KEPT = 20
# An import that nobody went on with is forgotten, and with it the addresses in its file.
KEPT_FOR = timedelta(days=1)
# So long after it was sent, an import that still waits for the worker is taken up again.
LEFT_AFTER = timedelta(minutes=10)
_PROGRESS_KEPT_FOR = 60 * 60


class ImportBusyError(RuleError):
    code = "import_busy"
    message = _("This import is not waiting to be applied. Look at how it stands.")


class ImportFaultyError(RuleError):
    code = "import_faulty"
    message = _(
        "Some rows have faults, so nothing was applied. Mend them, or apply the valid rows only."
    )


class NothingToApplyError(RuleError):
    code = "nothing_to_apply"
    message = _("No row of this file can be applied. Mend the rows and send the file again.")


def _require_manager(actor: User, tenant_id: uuid.UUID) -> None:
    require_permission(actor, MANAGE)
    if actor.tenant_id != tenant_id:
        raise NotAllowedError


def begin_import(*, actor: User, tenant: Tenant, data: bytes, makes_groups: bool) -> Import:
    """Keep a file to be checked. Refused at once when it cannot be read at all; nothing of it is applied yet.

    Its rows are for `check_import`, here or by the worker, as `AT_ONCE` says.
    """
    _require_manager(actor, tenant.pk)
    text = decoded(data)
    rows = rows_of(text)
    old = Import.objects.filter(tenant=tenant).exclude(
        state__in=[ImportState.CHECKING, ImportState.APPLYING]
    )
    for one in old.order_by("-created_at")[MOST_KEPT - 1 :]:
        one.delete()
    return Import.objects.create(
        tenant=tenant,
        created_by=actor,
        makes_groups=makes_groups,
        number_of_rows=len(rows),
        text=text,
    )


def check_import(import_id: uuid.UUID) -> None:
    """Say of each row what it would do or what is wrong with it. Done once more, it is simply said anew."""
    found = Import.objects.select_related("tenant", "created_by").filter(
        pk=import_id, state=ImportState.CHECKING
    )
    row = found.first()
    if row is None or row.created_by is None:
        return
    plan = _plan(row, row.created_by)
    report = _report(plan)
    report["refusal"] = _rehearsal(row, row.created_by, plan)
    found.update(state=ImportState.CHECKED, report=report)


def _plan(row: Import, actor: User) -> Plan:
    rows = rows_of(row.text)
    return Planner(row.tenant, actor, rows, makes_groups=row.makes_groups).run()


def _rehearsal(row: Import, actor: User, plan: Plan) -> str:
    """What the services would refuse of the whole: a licence without enough seats, for one. Nothing of it stays."""
    try:
        with transaction.atomic():
            _do(row, actor, plan)
            transaction.set_rollback(True)
    except RuleError as error:
        return str(error)
    return ""


def _report(plan: Plan) -> dict[str, Any]:
    return {
        "created": len(plan.to_create),
        "changed": len(plan.to_rename),
        "unchanged": plan.number_unchanged,
        "joined": sum(len(joining) for joining in plan.joining.values()),
        "groups": len(plan.new_groups),
        "faulty": plan.number_faulty,
        "faults": [asdict(fault) for fault in plan.faults[:FAULTS_KEPT]],
        "refusal": "",
    }


@transaction.atomic
def begin_applying(*, actor: User, row: Import, valid_rows_only: bool) -> None:
    """Decide that a checked import is applied: as a whole, or its valid rows only. Of two who press at once one wins."""
    _require_manager(actor, row.tenant_id)
    report = row.report
    if report.get("faulty") and not valid_rows_only:
        raise ImportFaultyError
    if report.get("faulty", 0) >= row.number_of_rows:
        raise NothingToApplyError
    won = Import.objects.filter(pk=row.pk, state=ImportState.CHECKED).update(
        state=ImportState.APPLYING, valid_rows_only=valid_rows_only, created_by=actor
    )
    if not won:
        raise ImportBusyError


def apply_import(import_id: uuid.UUID) -> None:
    """Do it: everything in one transaction, or nothing. The rows are asked again first: what has changed since the check
    counts, and who began it must still be allowed to. Done a second time, it does nothing."""
    try:
        with transaction.atomic():
            # Somebody else who is at it has it locked.
            rows = Import.objects.select_for_update(of=("self",), skip_locked=True)
            found = rows.select_related("tenant", "created_by")
            row = found.filter(pk=import_id, state=ImportState.APPLYING).first()
            if row is None:
                return
            _apply(row)
    except RuleError as refusal:
        _note_failure(import_id, refusal)


def _apply(row: Import) -> None:
    actor = row.created_by
    if actor is None:
        raise NotAllowedError
    _require_manager(actor, row.tenant_id)
    plan = _plan(row, actor)
    if plan.number_faulty and not row.valid_rows_only:
        raise ImportFaultyError
    _do(row, actor, plan)
    report = _report(plan)
    audit.record(
        actor=actor,
        tenant=row.tenant,
        act=Act.IMPORTED,
        target=row,
        new={
            "number_of_people": report["created"],
            "people_changed": report["changed"],
            "memberships": report["joined"],
            "groups_made": report["groups"],
            "rows_left_out": report["faulty"],
        },
    )
    Import.objects.filter(pk=row.pk).update(
        state=ImportState.DONE, report={**report, "faults": []}, text="", finished_at=now()
    )


def _do(row: Import, actor: User, plan: Plan) -> None:
    steps = 2 + len(plan.joining)
    people = create_people(actor=actor, tenant=row.tenant, profiles=plan.to_create)
    _note_progress(row, 1, steps)
    rename_people(actor=actor, tenant=row.tenant, profiles=plan.to_rename)
    _note_progress(row, 2, steps)
    known = plan.known | {person.email: person for person in people}
    for done, (name, addresses) in enumerate(sorted(plan.joining.items()), start=3):
        members = [known[address] for address in addresses]
        group = plan.groups.get(name)
        if group is None:
            create_group(actor=actor, tenant=row.tenant, name=plan.new_groups[name], people=members)
        else:
            change_group_people(actor=actor, group=group, add=members)
        _note_progress(row, done, steps)


def _note_failure(import_id: uuid.UUID, refusal: RuleError) -> None:
    """Nothing was applied. With faults that came up since the check it can be looked at again."""
    row = Import.objects.select_related("tenant", "created_by").get(pk=import_id)
    report = {**row.report, "refusal": str(refusal)}
    if isinstance(refusal, ImportFaultyError) and row.created_by is not None:
        report = {**_report(_plan(row, row.created_by)), "refusal": str(refusal)}
    Import.objects.filter(pk=import_id, state=ImportState.APPLYING).update(
        state=ImportState.FAILED, report=report, text="", finished_at=now()
    )


@transaction.atomic
def drop_import(*, actor: User, row: Import) -> None:
    """Forget a file that is not being applied."""
    _require_manager(actor, row.tenant_id)
    idle = Import.objects.filter(pk=row.pk).exclude(state=ImportState.APPLYING)
    if not idle.exists():
        raise ImportBusyError if Import.objects.filter(pk=row.pk).exists() else NotFoundError
    idle.delete()


def go_on_with_imports() -> int:
    """Do what a worker that ended has left: in the embedded mode a restart loses what was queued. Gives the number."""
    left = Import.objects.filter(
        state__in=[ImportState.CHECKING, ImportState.APPLYING],
        created_at__lte=now() - LEFT_AFTER,
    )
    found = list(left.order_by("created_at").values_list("pk", "state")[:MOST_KEPT])
    for import_id, state in found:
        (check_import if state == ImportState.CHECKING else apply_import)(import_id)
    return len(found)


def forget_imports() -> int:
    """Drop files that nobody went on with for a day, and after 30 days what became of the others (M4)."""
    at = now()
    waiting = Import.objects.exclude(text="").filter(created_at__lte=at - KEPT_FOR)
    told = Import.objects.filter(created_at__lte=at - settings.REMOTEHELP_NAMES_KEPT_FOR)
    return waiting.delete()[0] + told.delete()[0]


# --- how far it is -------------------------------------------------------------------------------


def _key(import_id: uuid.UUID) -> str:
    return f"directory-import:{import_id}"


def _note_progress(row: Import, done: int, steps: int) -> None:
    # Beside the transaction, which shows nothing before its end.
    cache.set(_key(row.pk), round(100 * done / steps), _PROGRESS_KEPT_FOR)


def progress_of(row: Import) -> int:
    """In per cent, as far as it is known."""
    return int(cache.get(_key(row.pk), 0))
