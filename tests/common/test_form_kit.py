from __future__ import annotations

import json

import pytest
from django import forms
from django.test import RequestFactory

from apps.common.conflicts import ChangedMeanwhileError, fingerprint, require_unchanged
from apps.common.errors import InvalidError, RuleError
from apps.common.form_kit import KitForm, MembersForm, answer_check, shown_value
from apps.tenants.models import Group


class Shape(KitForm):
    name = forms.CharField(label="Name", max_length=5)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "First"), ("b", "Second")])
    is_on = forms.BooleanField(label="On", required=False)


STATE = {"name": "Old", "kind": "a", "is_on": True}


def _sent(**said: str) -> Shape:
    form = Shape({"name": "New", "kind": "a", **said})
    assert form.is_valid(), form.errors
    return form


def test_a_form_starts_with_what_is_there_and_knows_it_again():
    form = Shape(state=STATE)
    assert form["name"].value() == "Old"
    version = str(form["version"].value())
    assert version == fingerprint(STATE)
    seen = _sent(version=version).seen
    require_unchanged(STATE, seen)
    with pytest.raises(ChangedMeanwhileError):
        require_unchanged({**STATE, "name": "Theirs"}, seen)
    require_unchanged(STATE, None)


def test_a_conflict_shows_both_and_the_next_save_is_knowing():
    form = _sent(version=fingerprint(STATE))
    there = {"name": "Their", "kind": "b", "is_on": True}
    form.refuse(ChangedMeanwhileError(there))
    assert form.conflict is not None
    shown = [(one.label, one.present, one.wanted) for one in form.conflict.differences]
    assert shown == [("Name", "Their", "New"), ("Kind", "Second", "First"), ("On", "Yes", "No")]
    assert form["name"].value() == "New"
    again = Shape(form.data)
    assert again.is_valid()
    require_unchanged(there, again.seen)


class Grouped(MembersForm):
    people = forms.CharField()


def test_a_previewed_form_looks_first_saves_then_and_shows_refusals(contoso, hanna, wilma):
    desk = Group.objects.get(assignments_as_scope__admin_groups__people=hanna)
    made = []

    def change() -> None:
        desk.people.add(wilma)
        made.append("asked")

    def refuse() -> None:
        raise InvalidError(fields={"people": "Not she."})

    for said in ({"people": "wilma", "preview": "1"}, {"people": "wilma"}):
        form = Grouped(said)
        assert form.is_valid()
        is_looking = "preview" in said
        assert form.save(contoso.pk, change) is not is_looking
        assert (form.preview is not None) is is_looking
        assert desk.people.filter(pk=wilma.pk).exists() is not is_looking
        form = Grouped(said)
        assert form.is_valid()
        assert not form.save(contoso.pk, refuse)
        assert form.errors == {"people": ["Not she."]}
        assert form.status == 400
    assert made == ["asked", "asked"]


def test_a_refusal_stands_beside_its_field_or_above_the_form():
    form = _sent()
    form.refuse(InvalidError(fields={"name": "Taken."}))
    assert form.errors == {"name": ["Taken."]}
    form = _sent()
    form.refuse(RuleError("Not now."))
    assert form.non_field_errors() == ["Not now."]
    form = _sent()
    form.refuse(InvalidError(fields={"elsewhere": "Wrong."}))
    assert form.non_field_errors() == ["Wrong."]


def test_a_check_speaks_of_the_one_field_that_was_left(rf: RequestFactory):
    sent = {"name": "far too long", "kind": ""}
    asked = rf.post("/", sent, headers={"X-Check": "name"})
    answer = answer_check(asked, Shape(asked.POST))
    assert answer is not None
    assert len(json.loads(answer.content)["errors"]) == 1
    for name in ("nothing", "__all__"):
        asked = rf.post("/", sent, headers={"X-Check": name})
        answer = answer_check(asked, Shape(asked.POST))
        assert answer is not None
        assert json.loads(answer.content) == {"errors": []}
    assert answer_check(rf.post("/", sent), Shape(sent)) is None


def test_values_are_shown_as_people_read_them():
    form = Shape()
    assert shown_value(form.fields["kind"], "b") == "Second"
    assert shown_value(form.fields["kind"], ["a", "b"]) == "First, Second"
    assert shown_value(form.fields["is_on"], False) == "No"
    assert shown_value(form.fields["name"], "") == "–"
