"""Paging by key: each page starts after the last row of the one before, however many rows there are."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError

M = TypeVar("M", bound=Model)

_CURSOR_LIMIT = 200
_TEXT_CURSOR_LIMIT = 1200  # 120 characters of four bytes each, and the id


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


def _after(
    found: QuerySet[M], field: str, word: str, key: datetime | str, pk: uuid.UUID
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
