"""Audit entries as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.tenants.models import ApiClient, AuditEntry, Origin
from apps.tenants.rights import RIGHTS
from apps.tenants.selectors import permissions_held

# What is kept under a name that is no field's.
_LABELS: dict[str, StrPromise] = {
    "administers": gettext_lazy("administers"),
    "domains": gettext_lazy("verified domains"),
    "primary_domain": gettext_lazy("primary domain"),
    "client_id": gettext_lazy("client id"),
    "server_url": gettext_lazy("address of the sign-in"),
    "secret": gettext_lazy("secret"),
    "number_of_people": gettext_lazy("number of people"),
    "people_changed": gettext_lazy("people changed"),
    "memberships": gettext_lazy("memberships"),
    "groups_made": gettext_lazy("groups made"),
    "rows_left_out": gettext_lazy("rows left out"),
    "scopes": gettext_lazy("rights"),
}


@dataclass(frozen=True, slots=True)
class ShownChange:
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as a line of a list. `who` is empty once the names are gone."""

    entry: AuditEntry
    who: str
    kind: str
    target: str
    changes: list[ShownChange]


def shown_entry(entry: AuditEntry) -> ShownEntry:
    said: dict[str, Any] = {**entry.facts, **(entry.names or {})}
    changes = said.get("changes", {})
    return ShownEntry(
        entry=entry,
        who=_who(entry),
        kind=kind_words(entry.target_kind),
        target=str(said.get("target", "")),
        changes=[
            ShownChange(
                _label(entry.target_kind, name),
                _value(entry.target_kind, name, old),
                _value(entry.target_kind, name, new),
            )
            for name, (old, new) in changes.items()
        ],
    )


def _who(entry: AuditEntry) -> str:
    if entry.origin == Origin.SITE:
        return str(Origin.SITE.label)
    name = str((entry.names or {}).get("actor", ""))
    if entry.origin == Origin.CLIENT:
        client = str(entry.facts.get("client", ""))
        words = _("API client %(client)s, for %(name)s") if name else _("API client %(client)s")
        return words % {"client": client, "name": name}
    if entry.origin == Origin.OPERATOR:
        return (
            _("%(name)s (site operator)") % {"name": name} if name else str(Origin.OPERATOR.label)
        )
    return name


def kind_words(kind: str) -> str:
    """The name of a kind of thing; of one that the program no longer has, its technical name."""
    try:
        return str(apps.get_model(kind)._meta.verbose_name)
    except LookupError:
        return kind


def _field(kind: str, name: str) -> Any:
    try:
        return apps.get_model(kind)._meta.get_field(name)
    except (LookupError, FieldDoesNotExist):
        return None


def _label(kind: str, name: str) -> str:
    known = _LABELS.get(name)
    if known is not None:
        return str(known)
    return str(getattr(_field(kind, name), "verbose_name", name))


def _value(kind: str, name: str, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(RIGHTS.get(str(one), one)) for one in value)
    choices = {str(key): label for key, label in getattr(_field(kind, name), "flatchoices", ())}
    if str(value) in choices:
        return str(choices[str(value)])
    return _moment(value)


def _moment(value: Any) -> str:
    """A time, to the minute, in UTC; anything else as it is."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{at:%Y-%m-%d %H:%M} UTC" if at.tzinfo is not None else str(value)


@dataclass(frozen=True, slots=True)
class ShownClient:
    """An API client as a line of a list. What its administrator has lost meanwhile, it has lost too."""

    state: str  # valid, revoked, run_out, or without its administrator
    rights: list[StrPromise]
    lost: list[StrPromise]


def shown_client(client: ApiClient) -> ShownClient:
    person = client.acts_for
    held = permissions_held(person) if person is not None else frozenset()
    state = "valid"
    if client.revoked_at is not None:
        state = "revoked"
    elif client.expires_at <= now():
        state = "run_out"
    elif person is None or not person.is_active or not held & set(client.scopes):
        state = "powerless"
    return ShownClient(
        state=state,
        rights=[RIGHTS[name] for name in RIGHTS if name in client.scopes and name in held],
        lost=[RIGHTS[name] for name in RIGHTS if name in client.scopes and name not in held],
    )
