"""Paging by key: each page starts after the last row of the one before, however many rows there are."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError

M = TypeVar("M", bound=Model)

_CURSOR_LIMIT = 200
_TEXT_CURSOR_LIMIT = 1500  # 254 characters of four bytes each, and the id


class BadCursorError(InvalidError):
    code = "bad_cursor"
    message = _("This page of the list cannot be found. Start from the first one.")


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows, and where the next ones start; `next_cursor` is empty on the last page."""

    rows: list[M]
    next_cursor: str


def _encode(key: str, pk: uuid.UUID) -> str:
    text = json.dumps([key, pk.hex], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parts(cursor: str, limit: int) -> tuple[str, uuid.UUID]:
    if len(cursor) > limit:
        raise BadCursorError
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key, pk = json.loads(text)
        if not isinstance(key, str) or "\0" in key:
            raise ValueError("no key of ours")
        key.encode()  # a lone surrogate is no text
        return key, uuid.UUID(hex=pk)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadCursorError from error


def _decode(cursor: str) -> tuple[datetime, uuid.UUID]:
    at, pk = _parts(cursor, _CURSOR_LIMIT)
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return moment.astimezone(UTC), pk
    except (ValueError, OverflowError) as error:
        raise BadCursorError from error


def page_by_time(
    found: QuerySet[M], *, field: str, cursor: str, size: int, is_oldest_first: bool = False
) -> Page[M]:
    """The next `size` rows by (`field`, id). The cursor says only where to go on, never whose rows:
    that is the queryset's matter, so a cursor of somebody else opens nothing.
    """
    sign, word = ("", "gt") if is_oldest_first else ("-", "lt")
    if cursor:
        found = _after(found, field, word, *_decode(cursor))
    rows, more = _cut(found.order_by(f"{sign}{field}", f"{sign}id"), size)
    next_cursor = _encode(getattr(rows[-1], field).isoformat(), rows[-1].pk) if more else ""
    return Page(rows, next_cursor)


def page_by_text(found: QuerySet[M], *, field: str, cursor: str, size: int) -> Page[M]:
    """The next `size` rows by a text of at most 120 characters, then id, in the order of the database's own collation."""
    if cursor:
        found = _after(found, field, "gt", *_parts(cursor, _TEXT_CURSOR_LIMIT))
    rows, more = _cut(found.order_by(field, "id"), size)
    next_cursor = _encode(getattr(rows[-1], field), rows[-1].pk) if more else ""
    return Page(rows, next_cursor)


class KeyKind(Enum):
    """What is sorted by: decides how a cursor's key is read again."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Key:
    """A field, never null, that a list can be sorted by; texts have at most 254 characters."""

    field: str
    kind: KeyKind = KeyKind.TEXT


def page_by(
    found: QuerySet[M], key: Key, *, cursor: str, size: int, is_descending: bool = False
) -> Page[M]:
    """The next `size` rows by that key in either direction, then id. As ever, a cursor opens nothing by itself."""
    sign, word = ("-", "lt") if is_descending else ("", "gt")
    if cursor:
        found = _after(found, key.field, word, *_key_in(cursor, key.kind))
    rows, more = _cut(found.order_by(f"{sign}{key.field}", f"{sign}id"), size)
    if not more:
        return Page(rows, "")
    value = getattr(rows[-1], key.field)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return Page(rows, _encode(text, rows[-1].pk))


def _key_in(cursor: str, kind: KeyKind) -> tuple[str | int | datetime, uuid.UUID]:
    if kind is KeyKind.TIME:
        return _decode(cursor)
    text, pk = _parts(cursor, _TEXT_CURSOR_LIMIT)
    if kind is KeyKind.TEXT:
        return text, pk
    try:
        number = int(text)
    except ValueError as error:
        raise BadCursorError from error
    if abs(number) >= 2**63:
        raise BadCursorError
    return number, pk


def _after(
    found: QuerySet[M], field: str, word: str, key: datetime | str | int, pk: uuid.UUID
) -> QuerySet[M]:
    # The first condition alone lets the index find the place; the second settles equal keys.
    return found.filter(
        Q(**{f"{field}__{word}e": key}),
        Q(**{f"{field}__{word}": key}) | Q(**{field: key, f"id__{word}": pk}),
    )


def _cut(found: QuerySet[M], size: int) -> tuple[list[M], bool]:
    """The first rows, and whether there are more."""
    rows = list(found[: size + 1])
    return rows[:size], len(rows) > size
