from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from apps.common.errors import InvalidError, NotFoundError, RuleError
from apps.common.wizards import MOST_DRAFTS, DraftGoneError, Step, Wizard


class First(forms.Form):
    name = forms.CharField(label="Name", max_length=10)


class Second(forms.Form):
    kinds = forms.MultipleChoiceField(
        label="Kinds",
        choices=[("a", "Kind A"), ("b", "Kind B")],
        widget=forms.CheckboxSelectMultiple,
    )


class Sample(Wizard):
    name = "sample"
    title = "Make a sample"
    button = "Create"
    url_name = ""
    steps = (Step("first", "Basics", First), Step("second", "Kinds", Second))
    made: Any = None
    refusal: RuleError | None = None

    def url(self, draft: str, slug: str) -> str:
        return f"/{draft}/{slug}/"

    def leave_url(self) -> str:
        return "/left/"

    def finish(self, said: dict[str, dict[str, Any]]) -> HttpResponse:
        if (refusal := type(self).refusal) is not None:
            raise refusal
        type(self).made = said
        return HttpResponseRedirect("/done/")


class Tab:
    """A browser's way through the wizard: follows where it is led."""

    def __init__(self, person, session=None) -> None:
        self.person, self.session = person, session or SessionStore()
        self.here = ""

    def _wizard(self, request, kind=Sample):
        request.user, request.session = self.person, self.session
        return kind(request)

    def begin(self, said=None) -> None:
        self.here = self._wizard(RequestFactory().get("/")).begin(said).url

    def go(self, data=None, at: str = "", **headers: str) -> HttpResponse:
        self.here = at or self.here
        _empty, draft, slug, _end = self.here.split("/")
        rf = RequestFactory()
        request = rf.get(self.here) if data is None else rf.post(self.here, data, headers=headers)
        answer: HttpResponse = self._wizard(request).run(draft, slug)
        if isinstance(answer, HttpResponseRedirect):
            self.here = answer.url
        return answer

    def at(self, slug: str) -> str:
        return f"/{self.here.split('/')[1]}/{slug}/"


@pytest.fixture
def tab(ada):
    Sample.made = Sample.refusal = None
    tab = Tab(ada)
    tab.begin()
    return tab


def _text(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_the_way_through(tab):
    assert 'aria-current="step">Basics' in _text(tab.go())
    tab.go({"name": "Sample"})
    assert tab.here == tab.at("second")
    tab.go({"kinds": ["a", "b"]})
    shown = _text(tab.go())
    assert "Kind A, Kind B" in shown
    assert "Sample" in shown
    assert tab.go({}).status_code == 302
    assert Sample.made == {"first": {"name": "Sample"}, "second": {"kinds": ["a", "b"]}}
    with pytest.raises(DraftGoneError):
        tab.go(at="/no-draft/first/")


def test_each_step_is_checked_and_nobody_jumps_ahead(tab):
    answer = tab.go({"name": "far too long a name"})
    assert answer.status_code == 400
    assert "far too long a name" in _text(answer)
    for slug in ("second", "review"):
        tab.go(at=tab.at(slug))
        assert tab.here == tab.at("first")
    tab.go({}, at=tab.at("review"))
    assert tab.here == tab.at("first")
    assert Sample.made is None


def test_back_keeps_what_was_said_though_it_is_not_well_yet(tab):
    tab.go({"name": "Sample"})
    tab.go({"kinds": ["nonsense"], "back": "1"})
    assert tab.here == tab.at("first")
    assert 'value="Sample"' in _text(tab.go())
    tab.go({"name": "Other"})
    answer = tab.go()
    assert answer.status_code == 200
    assert "is not one of the available choices" not in _text(answer)


def test_it_keeps_its_place_for_each_tab_apart(tab, ada):
    tab.go({"name": "Sample"})
    other = Tab(ada, tab.session)
    other.begin({"first": {"name": ["A copy"]}})
    assert 'value="A copy"' in _text(other.go())
    again = Tab(ada, tab.session)
    assert 'value="Sample"' in _text(again.go(at=tab.at("first")))
    for _ in range(MOST_DRAFTS):
        other.begin()
    with pytest.raises(DraftGoneError):
        tab.go()


def test_a_draft_is_nobody_elses_and_no_other_wizards(tab, mallory):
    with pytest.raises(DraftGoneError):
        Tab(mallory).go(at=tab.here)

    class Another(Sample):
        name = "another"

    request = RequestFactory().get("/")
    request.user, request.session = tab.person, tab.session
    with pytest.raises(DraftGoneError):
        Another(request).run(tab.here.split("/")[1], "first")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        tab.go(at=tab.at("third"))


def test_what_the_rules_refuse_leads_to_the_step_that_it_is_about(tab):
    tab.go({"name": "Sample"})
    tab.go({"kinds": ["a"]})
    Sample.refusal = InvalidError(fields={"name": "This name is already used."})
    answer = tab.go({})
    assert answer.status_code == 400
    assert "This name is already used." in _text(answer)
    assert 'aria-current="step">Basics' in _text(answer)
    Sample.refusal = RuleError("Not today.")
    answer = tab.go({}, at=tab.at("review"))
    assert (answer.status_code, "Not today." in _text(answer)) == (409, True)
    Sample.refusal = None
    assert tab.go({}, at=tab.at("review")).status_code == 302


def test_a_step_that_is_no_longer_well_is_open_again(tab):
    tab.go({"name": "Sample"})
    tab.go({"kinds": ["a"]})
    tab.go({"name": "", "back": "1"}, at=tab.at("first"))
    tab.go(at=tab.at("review"))
    assert tab.here == tab.at("first")


def test_a_field_is_checked_when_it_is_left_and_nothing_is_kept(tab):
    answer = tab.go({"name": "far too long a name"}, **{"X-Check": "name"})
    assert len(json.loads(answer.content)["errors"]) == 1
    assert "far too long" not in _text(tab.go())
