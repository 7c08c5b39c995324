"""Directory groups: who may change them, who comes and goes, and what a deleted one leaves behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError
from apps.roles.services import assign_role, help_desk_operator
from apps.sessions.states import State
from apps.tenants import selectors, services
from apps.tenants.models import Act, AuditEntry, Group, User
from tests.factories import make_group


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("-number")[0]


def last_changes() -> Any:
    entry = last_entry()
    return {**entry.facts, **(entry.names or {})}["changes"]


def test_a_group_is_renamed_and_a_taken_or_impossible_name_refused(ada, contoso, hanna):
    group, other = make_group(contoso, "Desk"), make_group(contoso, "Floor")
    seen = fingerprint(selectors.group_state(group))
    services.change_group(actor=ada, group=group, name=" مكتب 🛠 ", description="d", seen=seen)
    group.refresh_from_db()
    assert (group.name, group.description) == ("مكتب 🛠", "d")
    assert last_changes()["name"] == ["Desk", "مكتب 🛠"]
    for name in ("FLOOR", "", " ", "x" * 121):
        with pytest.raises(InvalidError) as refusal:
            services.change_group(actor=ada, group=group, name=name, description="")
        assert set(refusal.value.fields) == {"name"}
    with pytest.raises(ChangedMeanwhileError):
        services.change_group(actor=ada, group=group, name="Desk", description="", seen=seen)
    with pytest.raises(NotAllowedError):
        services.change_group(actor=hanna, group=other, name="Mine", description="")


def test_people_come_and_go_and_only_that_is_written_down(ada, contoso, sam, hanna, wilma):
    group = make_group(contoso, "Desk", [sam])
    services.change_group_people(actor=ada, group=group, add=[sam, hanna], remove=[wilma])
    assert set(group.people.all()) == {sam, hanna}
    assert last_changes()["people"] == [[], ["Hanna Helper <hanna@contoso.example>"]]
    services.change_group_people(actor=ada, group=group, remove=[sam])
    before = AuditEntry.objects.count()
    services.change_group_people(actor=ada, group=group, add=[hanna], remove=[sam])
    assert AuditEntry.objects.count() == before
    assert set(group.people.all()) == {hanna}


def test_strangers_and_disabled_people_do_not_come_in(ada, contoso, fabrikam, sam, magnus):
    group, theirs = make_group(contoso), make_group(fabrikam)
    with pytest.raises(NotAllowedError):
        services.change_group_people(actor=ada, group=group, add=[sam, magnus])
    with pytest.raises(NotAllowedError):
        services.change_group_people(actor=ada, group=theirs, add=[magnus])
    services.disable_person(actor=ada, person=sam)
    sam.refresh_from_db()
    with pytest.raises(services.DisabledMemberError):
        services.change_group_people(actor=ada, group=group, add=[sam])
    assert not group.people.exists()
    assert not theirs.people.exists()


def test_who_leaves_an_admin_group_loses_the_session_that_stood_on_it(
    ada, hanna, active, django_capture_on_commit_callbacks
):
    group = Group.objects.get(people=hanna, assignments_as_admin__isnull=False)
    with django_capture_on_commit_callbacks(execute=True):
        services.change_group_people(actor=ada, group=group, remove=[hanna])
    active.refresh_from_db()
    assert active.state == State.ENDED


def test_a_deleted_group_takes_its_part_of_assignments_along(ada, contoso, sam, hanna):
    admins, scope = make_group(contoso, "A", [hanna]), make_group(contoso, "S", [sam])
    assignment = assign_role(
        actor=ada,
        tenant=contoso,
        role=help_desk_operator(),
        name="Both",
        admin_groups=[admins],
        scope_groups=[scope],
    )
    with pytest.raises(NotAllowedError):
        services.delete_group(actor=hanna, group=scope)
    services.delete_group(actor=ada, group=scope)
    assert not assignment.scope_groups.exists()
    assert last_entry().act == Act.REMOVED
    assert last_entry().facts["target"] == "S"


def test_the_last_group_of_conditional_access_stays(ada, contoso):
    """Without any group it covers everybody: deleting one must not widen it."""
    first, second = make_group(contoso), make_group(contoso)
    services.change_settings(actor=ada, tenant=contoso, compliance_groups=[first, second])
    services.delete_group(actor=ada, group=first)
    with pytest.raises(services.LastCoveredGroupError):
        services.delete_group(actor=ada, group=second)
    assert Group.objects.filter(pk=second.pk).exists()


def test_the_django_admin_deletes_by_the_same_rule(client, ada, contoso):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    last, free = make_group(contoso, "Last"), make_group(contoso, "Free")
    services.change_settings(actor=ada, tenant=contoso, compliance_groups=[last])
    for group, said in (
        (last, "Conditional access covers this group alone."),
        (free, "was deleted successfully"),
    ):
        where = reverse("admin:tenants_group_delete", args=[group.pk])
        assert said in client.post(where, {"post": "yes"}, follow=True).content.decode()
    assert Group.objects.filter(pk=last.pk).exists()
    assert not Group.objects.filter(pk=free.pk).exists()
    assert (last_entry().act, last_entry().actor) == (Act.REMOVED, operator)
