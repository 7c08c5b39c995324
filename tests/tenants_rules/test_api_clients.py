"""API clients: who makes them, how their maker's rights bound them, and what no client may do whatever its scopes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.common.clock import now
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.devices.services import issue_enrolment_token
from apps.roles.selectors import actions_anywhere, assignments_of
from apps.sessions.selectors import sessions_of
from apps.tenants import services
from apps.tenants.models import ApiClient, AuditEntry, Origin, Through, User
from apps.tenants.rights import RIGHTS
from apps.tenants.selectors import permissions_held
from apps.tenants.words import shown_client, shown_entry
from tests.factories import make_assignment, make_person

DEVICES, PEOPLE, ROLES, REPORTS = (
    f"tenants.{name}"
    for name in ("manage_devices", "manage_people", "manage_roles", "view_reports")
)


def soon(days=30):
    return now() + timedelta(days=days)


def make(actor, *scopes, name="Nightly", **more):
    given = {"expires_at": soon()} | more
    return services.create_api_client(actor=actor, name=name, scopes=scopes or [DEVICES], **given)


def through(person, *scopes):
    """The person as they stand there while a client of theirs asks."""
    found = User.objects.get(pk=person.pk)
    client = make(person, *scopes, name="Asks").client
    found.through = Through(client.pk, client.name, frozenset(scopes))
    return found


@pytest.fixture
def limited(contoso):
    """Makes administrators, and manages devices; nothing else."""
    person = make_person(contoso, "Lia", "Limited")
    services.grant_administration(actor=None, person=person, permissions=[ROLES, DEVICES])
    return person


def test_a_client_has_at_most_what_its_maker_holds(limited):
    with pytest.raises(services.MoreThanOwnError):
        make(limited, DEVICES, REPORTS)
    assert not ApiClient.objects.exists()

    issued = make(limited, DEVICES, ROLES)
    assert issued.client.scopes == [ROLES, DEVICES]
    assert issued.client.acts_for == limited
    assert issued.secret.startswith("rhc_")
    assert issued.secret not in issued.client.oauth.secret
    assert issued.client.oauth.check_secret(issued.secret)


def test_only_who_makes_administrators_makes_a_client(contoso, limited, hanna):
    services.revoke_administration(actor=None, person=limited, permissions=[ROLES])
    for actor in (limited, hanna):
        with pytest.raises(NotAllowedError):
            make(actor)
    assert not ApiClient.objects.exists()


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_its_time_is_bounded(ada, days):
    with pytest.raises(InvalidError) as refused:
        make(ada, expires_at=soon(days))
    assert list(refused.value.fields) == ["expires_at"]


@pytest.mark.parametrize("scopes", [[], ["tenants.add_tenant"], ["everything"]], ids=str)
def test_its_scopes_are_rights_that_there_are(ada, scopes):
    with pytest.raises(InvalidError) as refused:
        services.create_api_client(actor=ada, name="N", scopes=scopes, expires_at=soon())
    assert list(refused.value.fields) == ["scopes"]


def test_names_are_told_apart_until_a_client_is_revoked(ada):
    first = make(ada).client
    with pytest.raises(services.NameTakenError):
        make(ada, name="NIGHTLY")
    services.revoke_api_client(actor=ada, client=first)
    assert make(ada).client.name == "Nightly"


def test_there_are_not_endlessly_many(ada, monkeypatch):
    monkeypatch.setattr("apps.tenants.services.api_clients.CLIENTS_PER_TENANT", 1)
    make(ada)
    with pytest.raises(services.TooManyClientsError):
        make(ada, name="Another")


def test_an_operator_makes_one_for_an_administrator_and_never_beyond_their_rights(limited, hanna):
    operator = User.objects.create_superuser("op", "op@example.org", "a long passphrase")
    with pytest.raises(services.NotYourClientError):
        make(operator)
    with pytest.raises(services.MoreThanOwnError):
        make(operator, REPORTS, acts_for=limited)
    with pytest.raises(services.MoreThanOwnError):
        make(operator, DEVICES, acts_for=hanna)

    made = make(operator, DEVICES, acts_for=limited).client
    assert (made.acts_for, made.tenant) == (limited, limited.tenant)
    entry = AuditEntry.objects.get(target_key=str(made.pk))
    assert (entry.origin, entry.actor) == (Origin.OPERATOR, operator)


def test_nobody_reads_the_secret_of_what_acts_for_somebody_else(ada, limited):
    with pytest.raises(services.NotYourClientError):
        make(ada, DEVICES, acts_for=limited)
    client = make(limited).client
    with pytest.raises(services.NotYourClientError):
        services.rotate_api_client(actor=ada, client=client)

    services.revoke_api_client(actor=ada, client=client)
    client.refresh_from_db()
    assert client.revoked_at is not None


def test_another_tenants_client_does_not_exist(ada, fabrikam):
    fiona = make_person(fabrikam, "Fiona", "Fabrikam")
    services.grant_administration(actor=None, person=fiona)
    client = make(ada).client
    for step in (services.rotate_api_client, services.revoke_api_client):
        with pytest.raises(NotFoundError):
            step(actor=fiona, client=client)
    client.refresh_from_db()
    assert client.revoked_at is None


def test_a_new_secret_ends_the_old_one_and_says_so(ada):
    issued = make(ada)
    again = services.rotate_api_client(actor=ada, client=issued.client, expires_at=soon(60))
    oauth = again.client.oauth
    oauth.refresh_from_db()
    assert not oauth.check_secret(issued.secret)
    assert oauth.check_secret(again.secret)
    entry = AuditEntry.objects.filter(target_key=str(issued.client.pk)).latest("number")
    assert set(entry.facts["changes"]) == {"secret", "expires_at"}
    assert again.secret not in str(entry.facts) + str(entry.names)

    services.revoke_api_client(actor=ada, client=issued.client)
    oauth.refresh_from_db()
    assert not oauth.check_secret(again.secret)
    with pytest.raises(services.ClientStoppedError):
        services.rotate_api_client(actor=ada, client=issued.client)


def test_a_new_secret_needs_the_rights_still(limited):
    client = make(limited, DEVICES).client
    services.revoke_administration(actor=None, person=limited, permissions=[DEVICES])
    with pytest.raises(services.MoreThanOwnError):
        services.rotate_api_client(actor=limited, client=client)


def test_what_the_maker_loses_the_client_loses(limited):
    asks = through(limited, DEVICES, ROLES)
    assert permissions_held(asks) == {DEVICES, ROLES}
    services.revoke_administration(actor=None, person=limited, permissions=[DEVICES])
    assert permissions_held(asks) == {ROLES}
    client = ApiClient.objects.get()
    assert shown_client(client).lost == [RIGHTS[DEVICES]]
    services.revoke_administration(actor=None, person=limited, permissions=[ROLES])
    assert permissions_held(asks) == frozenset()
    assert shown_client(client).state == "powerless"


def test_a_client_is_nobodys_helper_and_in_no_session(ada, active, hanna):
    services.grant_administration(actor=None, person=hanna)
    make_assignment(hanna, covers_all_users=True, covers_all_devices=True)
    asks = through(hanna, *RIGHTS)
    assert (actions_anywhere(hanna), sessions_of(hanna).count()) != (frozenset(), 0)
    assert actions_anywhere(asks) == frozenset()
    assert not assignments_of(asks).exists()
    assert not sessions_of(asks).exists()


# --- what no client does --------------------------------------------------------------------------


def _grant(actor, sam):
    services.grant_administration(actor=actor, person=sam, permissions=[REPORTS])


def _take(actor, sam):
    services.revoke_administration(actor=actor, person=sam, permissions=[REPORTS])


def _change(actor, sam):
    services.change_administration(actor=actor, person=sam, rights=[REPORTS])


def _make_client(actor, sam):
    make(actor, name="Another")


def _rotate(actor, sam):
    services.rotate_api_client(actor=actor, client=ApiClient.objects.get())


def _revoke(actor, sam):
    services.revoke_api_client(actor=actor, client=ApiClient.objects.get())


def _set_password(actor, sam):
    services.create_person(
        actor=actor,
        tenant=actor.tenant,
        email="new@contoso.example",
        first_name="New",
        last_name="Person",
        password="a long passphrase",
    )


def _enrolment(actor, sam):
    issue_enrolment_token(actor=actor, name="T", expires_at=soon(1))


@pytest.mark.parametrize(
    "step",
    [_grant, _take, _change, _make_client, _rotate, _revoke, _set_password, _enrolment],
    ids=lambda step: step.__name__,
)
def test_a_client_with_every_scope_is_refused_what_its_maker_may(ada, sam, step):
    asks = through(ada, *RIGHTS)
    before = AuditEntry.objects.count()
    with pytest.raises(services.InPersonError):
        step(asks, sam)
    assert AuditEntry.objects.count() == before
    step(ada, sam)
    # Taking what was never given is nothing to write down.
    assert AuditEntry.objects.count() == before + (step is not _take)


def test_a_client_touches_nobody_who_holds_more_than_it_not_even_its_maker(ada, sam):
    asks = through(ada, PEOPLE)
    for person in (ada, make_other_administrator(ada)):
        with pytest.raises(services.MoreThanOwnError):
            services.disable_person(actor=asks, person=person)
        person.refresh_from_db()
        assert person.is_active
    services.disable_person(actor=asks, person=sam)
    sam.refresh_from_db()
    assert not sam.is_active


def make_other_administrator(ada):
    person = make_person(ada.tenant, "Rita", "Reports")
    services.grant_administration(actor=None, person=person, permissions=[REPORTS])
    return person


def test_the_audit_log_names_the_client_and_keeps_its_name(ada, contoso):
    asks = through(ada, PEOPLE)
    services.create_group(actor=asks, tenant=contoso, name="Night shift")
    entry = AuditEntry.objects.latest("number")
    assert (entry.origin, entry.actor) == (Origin.CLIENT, ada)
    assert entry.facts["client"] == "Asks"
    assert shown_entry(entry).who == f"API client Asks, for {ada.full_name} <{ada.email}>"
    entry.names = None
    assert shown_entry(entry).who == "API client Asks"
