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


class BadCursorError(InvalidError):
    code = "bad_cursor"
    message = _("This page of the list cannot be found. Start from the first one.")


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows, and where the next ones start; `next_cursor` is empty on the last page."""

    rows: list[M]
    next_cursor: str


def _encode(at: datetime, pk: uuid.UUID) -> str:
    text = json.dumps([at.isoformat(), pk.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, uuid.UUID]:
    if len(cursor) > _CURSOR_LIMIT:
        raise BadCursorError
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at, pk = json.loads(text)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return moment.astimezone(UTC), uuid.UUID(hex=pk)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadCursorError from error


def page_by_time(
    found: QuerySet[M], *, field: str, cursor: str, size: int, is_oldest_first: bool = False
) -> Page[M]:
    """The next `size` rows by (`field`, id). The cursor says only where to go on, never whose rows:
    that is the queryset's matter, so a cursor of somebody else opens nothing.
    """
    sign, word = ("", "gt") if is_oldest_first else ("-", "lt")
    if cursor:
        at, pk = _decode(cursor)
        # The first condition alone lets the index find the place; the second settles equal times.
        found = found.filter(
            Q(**{f"{field}__{word}e": at}),
            Q(**{f"{field}__{word}": at}) | Q(**{field: at, f"id__{word}": pk}),
        )
    rows = list(found.order_by(f"{sign}{field}", f"{sign}id")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    next_cursor = _encode(getattr(rows[-1], field), rows[-1].pk) if more else ""
    return Page(rows, next_cursor)
