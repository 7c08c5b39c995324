"""The kit of every administrative list: search, filters, sorting by column, paging by key, and what an empty one says.

All that the person chose stands in the address, so a list can be kept and passed on. See docs/decisions/admin-lists.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.common.keyset import Key, page_by

M = TypeVar("M", bound=Model)

ROWS_PER_PAGE = 50
MOST_WORDS = 5
_CURSOR = "after"
_SORT = "sort"
# Of the address, and no filter.
_PLACE = (_CURSOR, _SORT)

ANY: list[tuple[str, StrPromise | str]] = [("", _("Any"))]


class FilterForm(forms.Form):
    """The base of a list's filters. Each is optional, and an empty one narrows nothing."""

    q = forms.CharField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            one.required = False


def matching(words: str, *names: str) -> Q:
    """Rows in which each of the words is somewhere in one of these fields. More than a few words are too many."""
    found = Q()
    for word in words.split()[:MOST_WORDS]:
        anywhere = Q()
        for name in names:
            anywhere |= Q(**{f"{name}__icontains": word})
        found &= anywhere
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; with a key, its heading sorts by it. `name` is what the address says."""

    name: str
    label: StrPromise | str
    key: Key | None = None
    is_hidden: bool = False  # its heading is for screen readers alone, as over buttons


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as it is shown: where its heading leads, and whether the list is sorted by it."""

    label: StrPromise | str
    url: str = ""
    sorted: str = ""  # as `aria-sort` has it
    is_hidden: bool = False


@dataclass(slots=True)
class Listing(Generic[M]):
    """One page of a list, with all that its templates (`components/list/`) need."""

    form: FilterForm
    headings: list[Heading]
    rows: list[M] = field(default_factory=list)
    next_url: str = ""
    first_url: str = ""
    clear_url: str = ""
    keep_url: str = ""  # the address to keep or pass on
    sort: str = ""  # goes along when the filters are sent
    is_first_page: bool = True
    is_narrowed: bool = False

    @property
    def status(self) -> int:
        """What the page answers with: a filter that cannot be understood is no page."""
        return 400 if self.form.errors else 200


def listing(
    request: HttpRequest,
    *,
    form: FilterForm,
    columns: Sequence[Column],
    rows: Callable[[dict[str, Any]], QuerySet[M]],
    default_sort: str = "",
    size: int = ROWS_PER_PAGE,
) -> Listing[M]:
    """The page of the list that the address asks for.

    `form` is bound to `request.GET`. `rows` gives what the actor may see, narrowed by the cleaned filters, in no
    order. `default_sort` is the name of a column, with a minus for descending; without it the first column that
    sorts. An unknown sort is the default.
    """
    keys = {column.name: column.key for column in columns if column.key is not None}
    default = default_sort or next(iter(keys))
    asked = request.GET.get(_SORT, "")
    sort = asked if asked.removeprefix("-") in keys else default
    cursor = request.GET.get(_CURSOR, "")
    said = _said(request)
    kept_sort = {_SORT: sort} if sort != default else {}
    first = {**said, **kept_sort}
    made: Listing[M] = Listing(
        form=form,
        headings=[_heading(request, column, sort, said) for column in columns],
        first_url=_address(request, first),
        keep_url=request.build_absolute_uri(_address(request, first)),
        clear_url=request.path,
        sort=kept_sort.get(_SORT, ""),
        is_first_page=not cursor,
    )
    if not form.is_valid():
        return made
    made.is_narrowed = any(value not in ("", None, False) for value in form.cleaned_data.values())
    page = page_by(
        rows(form.cleaned_data),
        keys[sort.removeprefix("-")],
        cursor=cursor,
        size=size,
        is_descending=sort.startswith("-"),
    )
    made.rows = page.rows
    if page.next_cursor:
        made.next_url = _address(request, {**first, _CURSOR: page.next_cursor})
    return made


def _said(request: HttpRequest) -> dict[str, str]:
    """The filters of the address, without those that narrow nothing."""
    names: Iterable[str] = (name for name in request.GET if name not in _PLACE)
    return {name: value for name in names if (value := request.GET.get(name))}


def _address(request: HttpRequest, said: dict[str, str]) -> str:
    return f"{request.path}?{urlencode(said)}" if said else request.path


def _heading(request: HttpRequest, column: Column, sort: str, said: dict[str, str]) -> Heading:
    if column.key is None:
        return Heading(column.label, is_hidden=column.is_hidden)
    is_this = sort.removeprefix("-") == column.name
    is_down = is_this and sort.startswith("-")
    other = column.name if is_down or not is_this else f"-{column.name}"
    direction = ("descending" if is_down else "ascending") if is_this else ""
    return Heading(column.label, _address(request, {**said, _SORT: other}), direction)
