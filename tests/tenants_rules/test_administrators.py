from __future__ import annotations

import pytest
from django.urls import reverse
from guardian.shortcuts import assign_perm

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.tenants import selectors, services
from apps.tenants.models import AuditEntry, User
from apps.tenants.rights import MAKES_ADMINISTRATORS, RIGHTS, SETS, find_set
from tests.factories import make_person
from tests.threads import at_once

ALL = frozenset(RIGHTS)
REPORTS = "tenants.view_reports"
DEVICES = "tenants.manage_devices"


def _held(person: User) -> frozenset[str]:
    return selectors.permissions_held(person)


@pytest.fixture
def rita(contoso):
    """Makes administrators, and reads reports; nothing else."""
    rita = make_person(contoso, "Rita", "Roles")
    services.grant_administration(
        actor=None, person=rita, permissions=[MAKES_ADMINISTRATORS, REPORTS]
    )
    return rita


def test_the_rights_are_the_permissions_of_the_tenant():
    from apps.tenants.models import Tenant

    assert {f"tenants.{name}" for name, _label in Tenant._meta.permissions} == ALL
    assert SETS[0].rights == ALL
    assert all(one.rights <= ALL for one in SETS)
    assert len({one.rights for one in SETS}) == len({one.slug for one in SETS}) == len(SETS)
    assert find_set(SETS[1].rights) is SETS[1]
    assert find_set({REPORTS, DEVICES}) is None


def test_an_administrator_makes_another(ada, sam):
    services.change_administration(actor=ada, person=sam, rights=[REPORTS, DEVICES])
    assert _held(sam) == {REPORTS, DEVICES}
    services.change_administration(actor=ada, person=sam, rights=[REPORTS])
    assert _held(sam) == {REPORTS}
    services.change_administration(actor=ada, person=sam, rights=[])
    assert _held(sam) == frozenset()


def test_nobody_gives_or_takes_more_than_they_hold(rita, ada, sam, hanna):
    services.change_administration(actor=rita, person=sam, rights=[REPORTS])
    for rights in ([REPORTS, DEVICES], ALL):
        with pytest.raises(services.MoreThanOwnError):
            services.change_administration(actor=rita, person=sam, rights=rights)
        with pytest.raises(services.MoreThanOwnError):
            services.change_administration(actor=rita, person=rita, rights=rights)
    with pytest.raises(services.MoreThanOwnError):
        services.change_administration(actor=rita, person=ada, rights=[REPORTS])
    assert _held(sam) == {REPORTS}
    assert _held(ada) == ALL
    # What is not changed need not be one's own.
    assign_perm(DEVICES, sam, sam.tenant)
    services.change_administration(actor=rita, person=sam, rights=[DEVICES])
    assert _held(sam) == {DEVICES}


def test_it_takes_the_right_to_make_administrators(sam, hanna, ada, contoso):
    services.change_administration(actor=ada, person=hanna, rights=ALL - {MAKES_ADMINISTRATORS})
    for actor in (hanna, sam):
        with pytest.raises(NotAllowedError):
            services.change_administration(actor=actor, person=sam, rights=[REPORTS])
        with pytest.raises(NotAllowedError):
            services.grant_administration(actor=actor, person=sam, permissions=[REPORTS])
    assert _held(sam) == frozenset()


def test_people_of_another_tenant_and_unknown_rights_are_refused(ada, magnus):
    with pytest.raises(NotFoundError):
        services.change_administration(actor=ada, person=magnus, rights=[REPORTS])
    with pytest.raises(NotAllowedError):
        services.grant_administration(
            actor=None, person=magnus, permissions=["tenants.delete_tenant"]
        )
    with pytest.raises(NotFoundError):
        selectors.person_for(ada, magnus.pk)


def test_the_last_full_administrator_stays_one(ada, sam, rita):
    for rights in (frozenset[str](), ALL - {REPORTS}):
        with pytest.raises(services.LastAdministratorError):
            services.change_administration(actor=ada, person=ada, rights=rights)
    with pytest.raises(services.LastAdministratorError):
        services.disable_person(actor=ada, person=ada)
    assert _held(ada) == ALL

    services.change_administration(actor=ada, person=sam, rights=ALL)
    services.change_administration(actor=ada, person=ada, rights=[])
    assert _held(ada) == frozenset()
    # A disabled one counts for nothing.
    services.grant_administration(actor=None, person=ada)
    services.disable_person(actor=sam, person=ada)
    with pytest.raises(services.LastAdministratorError):
        services.change_administration(actor=sam, person=sam, rights=[])


@pytest.mark.django_db(transaction=True)
def test_two_who_remove_each_other_at_once_leave_one(ada, sam):
    services.grant_administration(actor=None, person=sam)
    at_once(
        lambda: services.change_administration(actor=ada, person=sam, rights=[]),
        lambda: services.change_administration(actor=sam, person=ada, rights=[]),
    )
    assert selectors.full_administrators(sam.tenant_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_who_disables_and_one_who_takes_rights_at_once_leave_one(ada, sam):
    services.grant_administration(actor=None, person=sam)
    at_once(
        lambda: services.disable_person(actor=ada, person=sam),
        lambda: services.change_administration(actor=sam, person=ada, rights=[]),
    )
    assert selectors.full_administrators(sam.tenant_id).count() == 1


def test_whoever_holds_more_is_not_disabled_by_whoever_holds_less(rita, ada, sam, contoso):
    paul = make_person(contoso, "Paul", "People")
    services.grant_administration(
        actor=None, person=paul, permissions=["tenants.manage_people", REPORTS]
    )
    for person in (rita, ada):
        with pytest.raises(services.MoreThanOwnError):
            services.disable_person(actor=paul, person=person)
        assert User.objects.get(pk=person.pk).is_active
    services.disable_person(actor=paul, person=sam)
    assert not User.objects.get(pk=sam.pk).is_active


def test_a_disabled_person_is_given_nothing(ada, sam):
    services.disable_person(actor=ada, person=sam)
    sam.refresh_from_db()
    with pytest.raises(InvalidError):
        services.change_administration(actor=ada, person=sam, rights=[REPORTS])


def test_the_second_of_two_sees_what_the_first_did(ada, sam):
    seen = fingerprint(selectors.administration_state(sam))
    services.change_administration(actor=ada, person=sam, rights=[REPORTS], seen=seen)
    with pytest.raises(ChangedMeanwhileError) as refusal:
        services.change_administration(actor=ada, person=sam, rights=[DEVICES], seen=seen)
    assert refusal.value.present == {"rights": [REPORTS]}
    assert _held(sam) == {REPORTS}


# --- the pages ------------------------------------------------------------------------------------


@pytest.fixture
def as_person(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def _page(name: str, *args: object) -> str:
    return reverse(f"administration:{name}", args=args)


def test_the_list_says_who_and_what_and_each_administrator_may_read_it(as_person, ada, rita, sam):
    for person in (ada, rita):
        text = as_person(person).get(_page("administrators")).content.decode()
        assert "ada@contoso.example" in text
        assert "rita@contoso.example" in text
        assert "sam@contoso.example" not in text
        assert ">Administrator</span>" in text
    devices = make_person(ada.tenant, "Dora", "Devices")
    services.grant_administration(actor=None, person=devices, permissions=[DEVICES])
    text = as_person(devices).get(_page("administrators")).content.decode()
    assert "Change rights" not in text
    assert as_person(devices).get(_page("add_administrator")).status_code == 403
    assert as_person(sam).get(_page("administrators")).status_code == 403


def test_somebody_is_made_an_administrator_by_a_set(as_person, ada, sam, magnus):
    client = as_person(ada)
    listed = client.get(_page("add_administrator"), {"q": "sam"}).content.decode()
    assert _page("administrator", sam.pk) in listed
    assert "ada@contoso.example" not in listed
    page = client.get(_page("administrator", sam.pk), {"set": "auditor"}).content.decode()
    assert page.count(" checked") == 1
    version = client.get(_page("administrator", sam.pk)).context["form"]["version"].value()
    answer = client.post(
        _page("administrator", sam.pk), {"rights": [REPORTS], "version": version}, follow=True
    )
    assert "The rights of Sam Sharer are changed." in answer.content.decode()
    assert _held(sam) == {REPORTS}
    stale = client.post(_page("administrator", sam.pk), {"rights": [DEVICES], "version": version})
    assert stale.status_code == 409
    assert "data-conflict" in stale.content.decode()
    assert client.get(_page("administrator", magnus.pk)).status_code == 404
    assert client.post(_page("administrator", sam.pk), {"rights": ["nonsense"]}).status_code == 400


def test_taking_ones_own_rights_is_warned_about_first(as_person, ada, sam):
    services.grant_administration(actor=None, person=sam)
    client = as_person(ada)
    body = {"rights": [REPORTS]}
    asked = client.post(_page("administrator", ada.pk), body)
    assert "Take rights away from yourself?" in asked.content.decode()
    assert _held(ada) == ALL
    # More for oneself is asked about by the rules, and keeping all is no loss.
    assert client.post(_page("administrator", ada.pk), {"rights": sorted(ALL)}).status_code == 302
    client.post(_page("administrator", ada.pk), {**body, "confirmed": "1"})
    assert _held(ada) == {REPORTS}
    answer = client.post(_page("administrator", sam.pk), {"rights": []})
    assert answer.status_code == 403


def test_the_last_one_is_told_on_the_page(as_person, ada):
    client = as_person(ada)
    answer = client.post(_page("administrator", ada.pk), {"rights": [], "confirmed": "1"})
    assert answer.status_code == 409
    assert "last person with all administrative rights" in answer.content.decode()


def test_the_rail_shows_what_is_the_persons(as_person, ada, sam):
    assert _page("audit") in as_person(ada).get(reverse("home")).content.decode()
    text = as_person(sam).get(reverse("home")).content.decode()
    assert "Tenant administration" not in text
    services.grant_administration(actor=None, person=sam, permissions=[DEVICES])
    text = as_person(sam).get(reverse("home")).content.decode()
    assert _page("administrators") in text
    assert _page("audit") not in text


def test_the_audit_page_says_who_did_what_in_words(as_person, ada, sam, contoso, fabrikam):
    services.change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    services.change_administration(actor=ada, person=sam, rights=[REPORTS])
    client = as_person(ada)
    text = client.get(_page("audit")).content.decode()
    assert "Ada Administrator" in text
    assert "Chat:" in text
    assert "Yes → No" in text
    assert "Reports: all sessions, and the audit log" in text
    assert "Fabrikam" not in text
    narrowed = client.get(_page("audit"), {"act": "changed", "q": "contoso ada"})
    assert [entry.act for entry in narrowed.context["listing"].rows] == ["changed"]
    assert not client.get(_page("audit"), {"q": "nobody"}).context["listing"].rows
    assert not client.get(_page("audit"), {"until": "2020-01-01"}).context["listing"].rows
    for wrong in ({"since": "2026-02-02", "until": "2026-02-01"}, {"since": "x"}, {"act": "x"}):
        assert client.get(_page("audit"), wrong).status_code == 400
    assert as_person(sam).get(_page("audit")).status_code == 200


def test_an_entry_without_names_is_shown_without(as_person, ada, contoso):
    services.change_settings(actor=ada, tenant=contoso, is_chat_enabled=False)
    AuditEntry.objects.update(names=None, actor=None)
    text = as_person(ada).get(_page("audit")).content.decode()
    assert "Name gone after 30 days" in text


def test_the_lists_cost_the_same_for_few_and_for_many(
    as_person, ada, contoso, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_person(ada)
    for name in ("administrators", "audit", "add_administrator"):
        client.get(_page(name))
        with CaptureQueriesContext(connection) as few:
            client.get(_page(name))
        for _ in range(5):
            services.grant_administration(actor=None, person=make_person(contoso))
            make_person(contoso)
        with django_assert_num_queries(len(few)):
            client.get(_page(name))
        assert len(few) <= 14


# --- the API --------------------------------------------------------------------------------------


def test_the_api_reads_and_sets_rights(client, ada, sam, magnus):
    client.force_login(ada)
    where = reverse("api:administrator", args=[sam.pk])
    first = client.get(where).json()
    assert first["rights"] == []

    def put(rights, **more):
        return client.put(where, {"rights": rights, **more}, content_type="application/json")

    answer = put([REPORTS], version=first["version"])
    assert (answer.status_code, answer.json()["rights"]) == (200, [REPORTS])
    assert put([DEVICES], version=first["version"]).json()["code"] == "changed_meanwhile"
    assert put([REPORTS]).json() == answer.json()  # again: the same
    assert put(["tenants.nothing"]).status_code == 400
    listed = client.get(reverse("api:administrators")).json()["administrators"]
    assert {one["email"] for one in listed} == {"ada@contoso.example", "sam@contoso.example"}
    foreign = reverse("api:administrator", args=[magnus.pk])
    assert client.get(foreign).status_code == 404
    entries = client.get(reverse("api:audit"), {"act": "granted"}).json()["entries"]
    assert entries[0]["changes"] == {"administers": [None, [REPORTS]]}
    assert client.get(reverse("api:audit"), {"cursor": "x"}).status_code == 400


# --- the Django admin -----------------------------------------------------------------------------


def test_an_operator_does_not_remove_the_last_one_by_mistake(client, ada, sam):
    operator = User.objects.create_superuser("root", "root@site.example", "x")
    client.force_login(operator)
    body = {"email": ada.email, "first_name": "Ada", "last_name": "A", "administers": sorted(ALL)}
    where = reverse("admin:tenants_user_change", args=[ada.pk])
    assert client.post(where, body).status_code == 409
    gone = reverse("admin:tenants_user_delete", args=[ada.pk])
    said = client.post(gone, {"post": "yes"}, follow=True).content.decode()
    assert str(services.LastAdministratorError.message) in said
    assert User.objects.get(pk=ada.pk).is_active
    less = {**body, "is_active": "on", "administers": [REPORTS]}
    assert client.post(where, less).status_code == 409
    assert _held(ada) == ALL
    services.grant_administration(actor=None, person=sam)
    assert client.post(where, body).status_code == 302
    assert not User.objects.get(pk=ada.pk).is_active
