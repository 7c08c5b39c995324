from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.common.keyset import BadCursorError, Key, KeyKind, page_by
from apps.common.lists import ANY, Column, FilterForm, Listing, listing, matching
from apps.tenants.models import Group, User
from tests.factories import make_group, make_person


class GroupFilters(FilterForm):
    kind = forms.ChoiceField(choices=[*ANY, ("a", "A")])


COLUMNS = (
    Column("name", "Name", Key("name")),
    Column("about", "Description", Key("description")),
    Column("actions", "Actions", is_hidden=True),
)


def _list(rf: RequestFactory, contoso, address: str, size: int = 2) -> Listing[Group]:
    request: HttpRequest = rf.get(address)
    return listing(
        request,
        form=GroupFilters(request.GET),
        columns=COLUMNS,
        rows=lambda said: Group.objects.filter(
            matching(said["q"], "name", "description"), tenant=contoso
        ).exclude(name="Everyone"),
        size=size,
    )


@pytest.fixture
def groups(contoso):
    return [make_group(contoso, name) for name in ("Bravo", "Alpha", "Delta", "Charlie", "Echo")]


def _walk(rf, contoso, address):
    names, pages = [], 0
    while address:
        shown = _list(rf, contoso, address)
        names += [group.name for group in shown.rows]
        address, pages = shown.next_url, pages + 1
    return names, pages


def test_a_list_is_walked_page_by_page_in_both_directions(rf, contoso, groups):
    order = ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]
    assert _walk(rf, contoso, "/groups/") == (order, 3)
    assert _walk(rf, contoso, "/groups/?sort=-name") == (order[::-1], 3)
    assert _walk(rf, contoso, "/groups/?sort=nonsense&q=") == (order, 3)


def test_equal_keys_are_settled_by_the_id(rf, contoso, groups):
    names, _pages = _walk(rf, contoso, "/groups/?sort=about")
    assert sorted(names) == ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]


def test_the_address_keeps_filters_and_order_and_no_place(rf, contoso, groups):
    shown = _list(rf, contoso, "/groups/?q=a&sort=-name&kind=&after=")
    assert shown.keep_url == "http://testserver/groups/?q=a&sort=-name"
    assert "after=" in shown.next_url
    assert (shown.is_narrowed, shown.sort, shown.clear_url) == (True, "-name", "/groups/")
    name, about, actions = shown.headings
    assert (name.sorted, name.url) == ("descending", "/groups/?q=a&sort=name")
    assert (about.sorted, about.url) == ("", "/groups/?q=a&sort=about")
    assert actions.url == ""


def test_each_word_is_sought_and_a_flood_of_words_is_cut(rf, contoso, groups):
    make_group(contoso, "Alpha team")
    assert _walk(rf, contoso, "/groups/?q=team+ALPHA")[0] == ["Alpha team"]
    assert len(matching(" ".join(["word"] * 50), "name")) == 5


def test_a_filter_that_cannot_be_understood_shows_no_rows(rf, contoso, groups):
    for address in ("/groups/?kind=z", "/groups/?q=" + "x" * 101, "/groups/?q=%00"):
        shown = _list(rf, contoso, address)
        assert (shown.rows, shown.status) == ([], 400)


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyJhIiwxXQ"])
def test_a_cursor_of_nobody_is_refused(rf, contoso, groups, cursor):
    with pytest.raises(BadCursorError):
        _list(rf, contoso, f"/groups/?after={cursor}")


def test_times_and_numbers_are_keys_too(contoso):
    for day in (1, 2, 3):
        person = make_person(contoso)
        person.date_joined = datetime(2026, 1, day, tzinfo=UTC)
        person.save()
    people = User.objects.filter(tenant=contoso)
    key = Key("date_joined", KeyKind.TIME)
    first = page_by(people, key, cursor="", size=2, is_descending=True)
    rest = page_by(people, key, cursor=first.next_cursor, size=2, is_descending=True)
    days = [person.date_joined.day for person in (*first.rows, *rest.rows)]
    assert days == [3, 2, 1]
    with pytest.raises(BadCursorError):
        page_by(people, Key("x", KeyKind.NUMBER), cursor=first.next_cursor, size=2)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/groups/?q=nothing", "Nothing matches these filters."),
        ("/groups/?kind=z", "cannot be shown with these filters"),
        ("/groups/", "There is no group yet."),
    ],
)
def test_an_empty_list_says_why_and_what_next(rf, contoso, address, said):
    text = render_to_string(
        "components/list/_table.html",
        {
            "listing": _list(rf, contoso, address),
            "label": "Groups",
            "empty": "There is no group yet.",
            "empty_url": "/new/",
            "empty_step": "Make one",
        },
    )
    assert said in text
