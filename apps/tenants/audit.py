"""The audit log: every administrative change, sealed into a chain for each tenant.

`record` is called by every administrative service, last, inside its transaction: the change and its entry stand or
fall together. See docs/decisions/audit-log.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Manager, Model, QuerySet

from apps.common.clock import now
from apps.common.retention import by_tenant
from apps.tenants.models import Act, AuditEntry, AuditHead, Origin, Tenant, User

logger = logging.getLogger(__name__)

Plain = str | int | bool | None | list[str]

# Kinds whose very name, or what is kept of them, names a person: all of it is forgotten after 30 days (M4).
ABOUT_PEOPLE = frozenset({"tenants.user", "licenses.seat", "devices.device"})
LONGEST_TEXT = 500
LONGEST_LIST = 100

_acting: ContextVar[User | None] = ContextVar("acting", default=None)


@contextmanager
def acting(person: User) -> Iterator[None]:
    """Whoever is behind services that are called here with no actor, as the Django admin does for operators."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


# --- what is written down ------------------------------------------------------------------------


def plain(value: Any) -> Plain:
    """A value as it is kept: short, and readable without the rows that it came from."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Manager):
        value = value.all()
    if isinstance(value, QuerySet | list | tuple | set | frozenset):
        return sorted(str(plain(one)) for one in value)
    if isinstance(value, User):
        value = f"{value.full_name} <{value.email}>"  # two people can have one name
    # What no database keeps would keep the change itself from being made.
    text = str(value).replace("\0", "").encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def state_of(row: Model, *names: str) -> dict[str, Plain]:
    """These fields of the row as they are kept, for `old` and `new`."""
    return {name: plain(getattr(row, name)) for name in names}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Plain]]:
    changes: dict[str, list[Plain]] = {}
    for name in sorted({*old, *new}):
        before, after = plain(old.get(name)), plain(new.get(name))
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):  # what went, and what came
            before, after = _without(before, after), _without(after, before)
        changes[name] = [_short(before), _short(after)]
    return changes


def _without(some: list[str], others: list[str]) -> list[str]:
    known = set(others)
    return [one for one in some if one not in known]


def _short(value: Plain) -> Plain:
    if not isinstance(value, list) or len(value) <= LONGEST_LIST:
        return value
    return [*value[:LONGEST_LIST], f"+ {len(value) - LONGEST_LIST}"]


def _origin(actor: User | None) -> Origin:
    if actor is None:
        return Origin.SITE
    if actor.through is not None:
        return Origin.CLIENT
    return Origin.OPERATOR if actor.tenant_id is None else Origin.PERSON


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one thing, with what it was before and is now; as `record` takes it."""

    act: Act
    target: Model
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    names_people: bool = False


def record(
    *,
    actor: User | None,
    tenant: Tenant,
    act: Act,
    target: Model,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    names_people: bool = False,
) -> AuditEntry | None:
    """Write down who did what to which thing, with what it was before and is now.

    Call it last in the transaction of the change: from here to its end others of the tenant who change something
    wait. `names_people` says that the values name people (members of a group): they are forgotten after 30 days; of
    people, seats and devices that is so anyway. A change that changed nothing is no entry (None).
    """
    change = Change(act, target, old or {}, new or {}, names_people)
    entries = record_all(actor=actor, tenant=tenant, changes=[change])
    return entries[0] if entries else None


_AT_ONCE = 500


def record_all(
    *, actor: User | None, tenant: Tenant, changes: Iterable[Change]
) -> list[AuditEntry]:
    """The same for many changes that were made in one transaction, in their order. However many, few queries."""
    actor = actor or _acting.get()
    found = [(change, _changes(change.old, change.new)) for change in changes]
    told = [(one, what) for one, what in found if what or one.act is not Act.CHANGED]
    if not told:
        return []
    with transaction.atomic():
        head, _is_new = AuditHead.objects.select_for_update().get_or_create(tenant=tenant)
        entries = []
        for change, what in told:
            entry = _next_entry(actor, tenant, head, change, what)
            head.number, head.digest = entry.number, entry.digest
            entries.append(entry)
        AuditEntry.objects.bulk_create(entries, batch_size=_AT_ONCE)
        AuditHead.objects.filter(pk=tenant.pk).update(number=head.number, digest=head.digest)
    # A second witness that names nobody: whoever rewrites the table has not rewritten the server's log.
    for entry in entries:
        logger.info(
            "audit entry",
            extra={"audited_tenant": str(tenant.pk), "number": entry.number, "seal": entry.digest},
        )
    return entries


def _next_entry(
    actor: User | None,
    tenant: Tenant,
    head: AuditHead,
    change: Change,
    changes: dict[str, list[Plain]],
) -> AuditEntry:
    target = change.target
    about = {"target": plain(target), "target_id": str(target.pk)}
    names: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    if actor is not None:
        names |= {"actor": plain(actor), "actor_id": str(actor.pk)}
        if actor.through is not None:  # names a program, and stays
            facts |= {"client": plain(actor.through.name), "client_id": str(actor.through.id)}
    is_about_people = target._meta.label_lower in ABOUT_PEOPLE
    (names if is_about_people else facts).update(about)
    (names if is_about_people or change.names_people else facts)["changes"] = changes
    salt = secrets.token_hex(16)
    entry = AuditEntry(
        tenant=tenant,
        number=head.number + 1,
        at=now(),
        act=change.act,
        target_kind=target._meta.label_lower,
        origin=_origin(actor),
        facts=facts,
        names=names,
        salt=salt,
        names_digest=_digest(salt, names),
        previous=head.digest,
        actor=actor,
        target_key=str(target.pk),
    )
    entry.digest = seal_of(entry)
    return entry


# --- the chain ------------------------------------------------------------------------------------


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def seal_of(entry: AuditEntry) -> str:
    """The digest of what stays of the entry and of the one before it."""
    return _digest(
        entry.previous,
        str(entry.tenant_id),
        entry.number,
        entry.at.astimezone(UTC).isoformat(),
        str(entry.act),
        entry.target_kind,
        str(entry.origin),
        entry.facts,
        entry.names_digest,
    )


@dataclass(slots=True)
class Verdict:
    """What a check of one tenant's chain found; `faults` say where it is broken, in words for operators."""

    number: int = 0
    digest: str = ""
    faults: list[str] = field(default_factory=list)


def verify(tenant: Tenant, known: Iterable[tuple[int, str]] = ()) -> Verdict:
    """Walk the tenant's chain from its beginning: nothing changed, taken out, put in or cut off.

    `known` are numbers and seals that were noted elsewhere. Without them, somebody who rewrote the whole chain
    and its end is not found out.
    """
    verdict = Verdict()
    seals: dict[int, str] = {}
    wanted = dict(known)
    keeps_names_from = now() - settings.REMOTEHELP_NAMES_KEPT_FOR
    entries = AuditEntry.objects.filter(tenant=tenant).order_by("number")
    for entry in entries.iterator(chunk_size=500):
        if entry.number != verdict.number + 1:
            verdict.faults.append(f"{verdict.number + 1}: missing")
        if entry.previous != verdict.digest:
            verdict.faults.append(f"{entry.number}: does not follow the one before")
        verdict.faults += [f"{entry.number}: {fault}" for fault in _faults(entry, keeps_names_from)]
        verdict.number, verdict.digest = entry.number, entry.digest
        if entry.number in wanted:
            seals[entry.number] = entry.digest
    head = AuditHead.objects.filter(tenant=tenant).first()
    if (head.number, head.digest) != (verdict.number, verdict.digest) if head else verdict.number:
        verdict.faults.append("the end of the log is not where it was")
    verdict.faults += [
        f"{number}: is not the entry that was noted"
        for number, digest in wanted.items()
        if seals.get(number) != digest
    ]
    return verdict


def _faults(entry: AuditEntry, keeps_names_from: datetime) -> Iterator[str]:
    if entry.digest != seal_of(entry):
        yield "was changed"
    if entry.names is None:
        if entry.at > keeps_names_from:
            yield "has lost its names before their time"
    elif entry.names_digest != _digest(entry.salt, entry.names):
        yield "its names were changed"


def oldest_names(tenant: Tenant | None) -> datetime | None:
    """When the oldest entry that still names people was written; in the tenant, or on the whole site."""
    naming = AuditEntry.objects.filter(names__isnull=False)
    naming = naming if tenant is None else naming.filter(tenant=tenant)
    return naming.order_by("at").values_list("at", flat=True).first()


def names_due(before: datetime) -> dict[uuid.UUID, int]:
    """How many entries of then or earlier still name people, by tenant."""
    return by_tenant(AuditEntry.objects.filter(at__lte=before, names__isnull=False))


def forget_names(before: datetime | None = None) -> int:
    """Empty the names of entries from then or earlier, by default 30 days ago (M4); gives their number.

    The seals go on holding.
    """
    return AuditEntry.objects.filter(
        at__lte=before or now() - settings.REMOTEHELP_NAMES_KEPT_FOR, names__isnull=False
    ).update(names=None, salt="", actor=None, target_key="")
