from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.tenants import audit
from apps.tenants.models import Act, AuditEntry, AuditHead, Origin, User
from apps.tenants.services import change_settings, create_group, create_person
from tests.factories import make_person
from tests.threads import at_once


def _entry() -> AuditEntry:
    entry = AuditEntry.objects.order_by("-number").first()
    assert entry is not None
    assert entry.names is not None
    return entry


def test_a_change_says_who_when_what_old_and_new(ada, contoso, clock):
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False, mandatory_app_version="2.0")
    entry = _entry()
    assert (entry.act, entry.origin, entry.target_kind) == (
        Act.CHANGED,
        Origin.PERSON,
        "tenants.tenant",
    )
    assert (entry.names or {})["actor"] == f"{ada.full_name} <{ada.email}>"
    assert entry.facts["target"] == "Contoso"
    assert entry.facts["changes"] == {
        "is_chat_enabled": [True, False],
        "mandatory_app_version": ["", "2.0"],
    }
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    assert _entry() == entry, "nothing changed, so nothing is written down"


def test_what_a_group_gained_is_kept_and_not_the_whole_group(ada, contoso, sam, hanna):
    group = create_group(actor=ada, tenant=contoso, name="Finance", people=[sam])
    audit.record(
        actor=ada,
        tenant=contoso,
        act=Act.CHANGED,
        target=group,
        old={"people": [sam]},
        new={"people": [sam, hanna]},
        names_people=True,
    )
    entry = _entry()
    assert (entry.names or {})["changes"] == {
        "people": [[], [f"{hanna.full_name} <{hanna.email}>"]]
    }
    assert entry.facts == {"target": "Finance", "target_id": str(group.pk)}


def test_names_go_after_30_days_and_the_seals_hold(ada, contoso, sam, clock):
    """M4"""
    create_person(
        actor=ada, tenant=contoso, email="n@contoso.example", first_name="Nora", last_name="Nash"
    )
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    clock.shift(timedelta(days=29))
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=True)
    clock.shift(timedelta(days=1))

    assert audit.forget_names() > 0
    assert audit.forget_names() == 0

    kept = json.dumps(
        list(AuditEntry.objects.order_by("number").values_list("facts", "names", "salt"))
    )
    for name in ("Nora", "n@contoso", "Sam Sharer", "Hanna", str(sam.pk)):
        assert name not in kept
    newest = _entry()
    assert newest.actor == ada
    older = AuditEntry.objects.get(tenant=contoso, number=newest.number - 1)
    assert (older.names, older.actor, older.target_key) == (None, None, "")
    assert older.facts["changes"] == {"is_chat_enabled": [True, False]}
    assert audit.verify(contoso).faults == []


def test_the_chains_of_tenants_are_apart(ada, contoso, fabrikam):
    ours, theirs = audit.verify(contoso), audit.verify(fabrikam)
    assert (ours.faults, theirs.faults) == ([], [])
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    assert audit.verify(contoso).number == ours.number + 1
    assert audit.verify(fabrikam).number == theirs.number


def _set(entry: AuditEntry, **changes: object) -> None:
    AuditEntry.objects.filter(pk=entry.pk).update(**changes)


TAMPERED = {
    "the facts": lambda e: _set(e, facts={**e.facts, "target": "Another"}),
    "who": lambda e: _set(e, names={**e.names, "actor": "Somebody else"}),
    "when": lambda e: _set(e, at=e.at - timedelta(days=1)),
    "the act": lambda e: _set(e, act=Act.ADDED),
    "the number": lambda e: _set(e, number=e.number + 100),
    "names too early": lambda e: _set(e, names=None),
    "an entry": lambda e: e.delete(),
    "its own seal": lambda e: _set(e, digest="0" * 64),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_found(what, ada, contoso):
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    entry = _entry()
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=True)
    assert audit.verify(contoso).faults == []

    TAMPERED[what](entry)
    assert audit.verify(contoso).faults


def test_a_cut_off_end_is_found(ada, contoso):
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    _entry().delete()
    assert audit.verify(contoso).faults == ["the end of the log is not where it was"]


def test_a_chain_that_was_rewritten_whole_is_found_by_a_noted_seal(ada, contoso):
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    before = audit.verify(contoso)
    noted = f"contoso:{before.number}:{before.digest}"
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert noted in out.getvalue().split()
    change_settings(actor=ada, tenant=contoso, is_chat_enabled=True)
    call_command("verify_audit", "--known", noted, stdout=io.StringIO())

    entry = AuditEntry.objects.get(tenant=contoso, number=before.number)
    entry.facts["changes"] = {"is_chat_enabled": [True, None]}
    entry.digest = audit.seal_of(entry)
    entry.save()
    last = _entry()
    last.previous = entry.digest
    last.digest = audit.seal_of(last)
    last.save()
    AuditHead.objects.update(digest=last.digest)

    assert audit.verify(contoso).faults == []
    with pytest.raises(CommandError, match="broken"):
        call_command("verify_audit", "--known", noted, stdout=io.StringIO(), stderr=io.StringIO())
    with pytest.raises(CommandError, match="no such tenant"):
        call_command("verify_audit", "nobody", stdout=io.StringIO())
    with pytest.raises(CommandError, match="not of the form"):
        call_command("verify_audit", "--known", "contoso", stdout=io.StringIO())


def test_texts_that_no_database_keeps_do_not_hinder_the_change(ada, contoso):
    long = "x" * 10_000
    assert audit.plain("a\0b") == "ab"
    assert audit.plain("\ud800") == "?"
    assert len(str(audit.plain(long))) == audit.LONGEST_TEXT + 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_follow_each_other(ada, contoso):
    before = audit.verify(contoso).number
    at_once(
        *[
            lambda name=name: create_group(actor=ada, tenant=contoso, name=name)
            for name in ("One", "Two", "Three")
        ]
    )
    verdict = audit.verify(contoso)
    assert (verdict.number, verdict.faults) == (before + 3, [])


def test_the_django_admin_writes_it_down_too(client, contoso, sam):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    group = create_group(actor=None, tenant=contoso, name="Finance", people=[sam])
    where = reverse("admin:tenants_group_change", args=[group.pk])
    client.post(where, {"name": "Money", "description": ""})
    entry = _entry()
    assert (entry.act, entry.origin, entry.actor) == (Act.CHANGED, Origin.OPERATOR, operator)
    assert (entry.names or {})["changes"] == {
        "name": ["Finance", "Money"],
        "people": [[f"{sam.full_name} <{sam.email}>"], []],
    }
    client.post(reverse("admin:tenants_group_delete", args=[group.pk]), {"post": "yes"})
    assert (_entry().act, _entry().facts["target"]) == (Act.REMOVED, "Money")


def test_what_an_action_of_the_django_admin_does_names_the_operator(client, contoso, sams_laptop):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    client.post(
        reverse("admin:devices_device_changelist"),
        {"action": "revoke", "_selected_action": [str(sams_laptop.pk)]},
    )
    assert (_entry().act, _entry().actor) == (Act.REVOKED, operator)


def test_a_password_set_by_an_operator_is_written_down_without_it(client, contoso):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    person = make_person(contoso)
    where = reverse("admin:auth_user_password_change", args=[person.pk])
    secret = "a very long secret 42"
    answer = client.post(
        where, {"usable_password": "true", "password1": secret, "password2": secret}
    )
    assert answer.status_code == 302
    assert _entry().act == Act.PASSWORD_SET
    assert secret not in json.dumps([_entry().names, _entry().facts])


def test_an_empty_tenant_can_be_removed_with_its_log(client, fabrikam):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    where = reverse("admin:tenants_tenant_delete", args=[fabrikam.pk])
    assert client.post(where, {"post": "yes"}).status_code == 302
    assert not AuditHead.objects.filter(pk=fabrikam.pk).exists()
