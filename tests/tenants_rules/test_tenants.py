from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from apps.common.errors import InvalidError, NotAllowedError, NotFoundError
from apps.tenants import selectors, services
from apps.tenants.models import Cloud, Group, Tenant, User, VerifiedDomain
from tests.factories import PASSWORD, make_person


@pytest.fixture
def operator(db):
    """A site operator: a superuser without a tenant."""
    return User.objects.create_superuser("root", "root@site.example", "x")


def test_a_new_tenant_is_on_public_and_forbids_unenrolled_devices(operator):
    """T1, T2, T5."""
    tenant = services.create_tenant(actor=operator, name="Tail Spin", domain="TailSpin.Example")
    row = Tenant.objects.get(pk=tenant.pk)
    assert (row.is_remote_help_enabled, row.are_unenrolled_devices_allowed) == (True, False)
    assert (row.cloud, row.is_sign_out_at_end, row.is_compliance_required) == (
        Cloud.PUBLIC,
        False,
        False,
    )
    assert [(d.name, d.is_primary) for d in row.domains.all()] == [("tailspin.example", True)]


def test_only_a_site_operator_creates_tenants(ada, hanna):
    for actor in (ada, hanna):
        with pytest.raises(NotAllowedError):
            services.create_tenant(actor=actor, name="Mine", domain="mine.example")
    assert not Tenant.objects.filter(name="Mine").exists()


def test_a_domain_and_a_short_name_belong_to_one_tenant(contoso):
    """T5."""
    for name, domain in (("Contoso", "other.example"), ("Other", "CONTOSO.example")):
        with pytest.raises(services.NameTakenError):
            services.create_tenant(actor=None, name=name, domain=domain)
    assert Tenant.objects.count() == VerifiedDomain.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        VerifiedDomain.objects.create(tenant=contoso, name="second.example", is_primary=True)


def test_a_name_in_any_script_gets_a_short_name(db):
    assert services.create_tenant(actor=None, name="日本", domain="nihon.example").slug


PERSON = {"first_name": "Nora", "last_name": "New"}


def test_people_are_created_by_administrators_in_a_verified_domain(ada, contoso, hanna, mallory):
    person = services.create_person(
        actor=ada, tenant=contoso, email=" Nora@CONTOSO.example ", **PERSON
    )
    row = User.objects.get(pk=person.pk)
    assert (row.email, row.tenant, row.is_active) == ("nora@contoso.example", contoso, True)
    assert not row.has_usable_password()
    assert (row.is_staff, row.is_superuser) == (False, False)
    for actor in (hanna, mallory):
        with pytest.raises(NotAllowedError):
            services.create_person(actor=actor, tenant=contoso, email="x@contoso.example", **PERSON)
    for email in ("x@fabrikam.example", "x@sub.contoso.example"):
        with pytest.raises(services.ForeignDomainError):
            services.create_person(actor=ada, tenant=contoso, email=email, **PERSON)
    for email in ("contoso.example", "x@", "@contoso.example", "a b@contoso.example", ""):
        with pytest.raises(InvalidError) as refusal:
            services.create_person(actor=ada, tenant=contoso, email=email, **PERSON)
        assert set(refusal.value.fields) == {"email"}
    with pytest.raises(services.NameTakenError):
        services.create_person(actor=ada, tenant=contoso, email="NORA@contoso.example", **PERSON)


def test_an_administrator_touches_their_own_tenant_only(ada, fabrikam, magnus, sam):
    """T3."""
    with pytest.raises(NotAllowedError):
        services.create_person(actor=ada, tenant=fabrikam, email="spy@fabrikam.example", **PERSON)
    with pytest.raises(NotAllowedError):
        services.create_group(actor=ada, tenant=fabrikam, name="Spies", people=[magnus])
    with pytest.raises(NotAllowedError):
        services.create_group(actor=ada, tenant=ada.tenant, name="Spies", people=[sam, magnus])
    with pytest.raises(NotAllowedError):
        services.disable_person(actor=ada, person=magnus)
    with pytest.raises(NotAllowedError):
        services.change_settings(actor=ada, tenant=fabrikam, is_remote_help_enabled=False)
    assert not Group.objects.filter(name="Spies").exists()
    magnus.refresh_from_db()
    fabrikam.refresh_from_db()
    assert magnus.is_active
    assert fabrikam.is_remote_help_enabled


def test_a_groups_name_is_used_once_in_its_tenant(ada, contoso, fabrikam, sam):
    group = services.create_group(actor=ada, tenant=contoso, name="Desk", people=[sam])
    assert list(group.people.all()) == [sam]
    with pytest.raises(services.NameTakenError):
        services.create_group(actor=ada, tenant=contoso, name="DESK")
    assert services.create_group(actor=None, tenant=fabrikam, name="Desk").tenant == fabrikam


def test_a_weak_password_is_refused(ada, contoso):
    for password in ("short", "password1234", "nora@contoso.example"):
        with pytest.raises(InvalidError) as refusal:
            services.create_person(
                actor=ada,
                tenant=contoso,
                email="nora@contoso.example",
                password=password,
                **PERSON,
            )
        assert set(refusal.value.fields) == {"password"}
    assert not User.objects.filter(first_name="Nora").exists()


def test_people_sign_in_until_they_are_disabled(ada, sam, rf):
    credentials = {"request": rf.post("/"), "email": sam.email, "password": PASSWORD}
    assert authenticate(**credentials) == sam
    services.disable_person(actor=ada, person=sam)
    assert authenticate(**credentials) is None
    sam.refresh_from_db()
    assert not sam.is_active


def test_switches_are_for_administrators_and_nothing_else_is_a_switch(ada, hanna, contoso):
    with pytest.raises(NotAllowedError):
        services.change_settings(actor=hanna, tenant=contoso, is_remote_help_enabled=False)
    for forbidden in ({"cloud": "gcc"}, {"slug": "x"}, {"name": "x", "is_chat_enabled": False}):
        with pytest.raises(NotAllowedError):
            services.change_settings(actor=ada, tenant=contoso, **forbidden)
    with pytest.raises(InvalidError) as refusal:
        services.change_settings(actor=ada, tenant=contoso, mandatory_app_version="newest")
    assert set(refusal.value.fields) == {"mandatory_app_version"}
    contoso.refresh_from_db()
    assert (contoso.is_remote_help_enabled, contoso.is_chat_enabled) == (True, True)
    assert (contoso.cloud, contoso.mandatory_app_version) == ("public", "")
    services.change_settings(actor=ada, tenant=contoso, mandatory_app_version="1.10")
    contoso.refresh_from_db()
    assert contoso.mandatory_app_version == "1.10"


def test_administration_is_granted_for_the_own_tenant_by_operators(operator, hanna, fabrikam):
    services.grant_administration(
        actor=operator, person=hanna, permissions=["tenants.view_reports"]
    )
    assert selectors.may_administer(hanna, "tenants.view_reports")
    assert not selectors.may_administer(hanna, "tenants.manage_roles")
    assert not hanna.has_perm("tenants.view_reports", fabrikam)
    services.revoke_administration(actor=operator, person=hanna)
    assert not selectors.may_administer(hanna, "tenants.view_reports")
    for person in (operator, hanna):
        with pytest.raises(NotAllowedError):
            services.grant_administration(actor=hanna, person=person)


def test_administration_is_asked_of_the_database_every_time(ada):
    assert all(selectors.may_administer(ada, name) for name in selectors.PERMISSIONS)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert ada.is_active  # the stale object
    assert not any(selectors.may_administer(ada, name) for name in selectors.PERMISSIONS)


def test_a_superuser_is_nobodys_administrator(operator, hanna, contoso):
    User.objects.filter(pk=hanna.pk).update(is_superuser=True)
    hanna.refresh_from_db()
    for person in (operator, hanna):
        assert not selectors.may_administer(person, "tenants.manage_settings")
        with pytest.raises(NotAllowedError):
            services.change_settings(actor=person, tenant=contoso, is_chat_enabled=False)


def test_a_tenant_is_of_active_people(hanna, operator, contoso):
    assert selectors.tenant_of(hanna) == contoso
    hanna.is_active = False
    for person in (hanna, operator):
        with pytest.raises(NotFoundError):
            selectors.tenant_of(person)


def test_the_trust_card_says_who_it_is(hanna, contoso):
    """S3."""
    card = selectors.trust_card_of(hanna)
    assert (card.full_name, card.initials, card.job_title) == ("Hanna Helper", "HH", "Help desk")
    assert (card.company, card.verified_domain) == ("Contoso", "contoso.example")
    assert card.has_picture is False


def test_the_trust_card_names_the_domain_that_the_person_is_of(contoso):
    VerifiedDomain.objects.create(tenant=contoso, name="Contoso.org")
    person = make_person(contoso, "Orla")
    User.objects.filter(pk=person.pk).update(email="orla@contoso.ORG")
    person.refresh_from_db()
    assert selectors.verified_domain_of(person) == "Contoso.org"
    # An address of nobody's domain is not shown as verified.
    person.email = "orla@evil.example"
    assert selectors.verified_domain_of(person) == "contoso.example"


def test_a_person_without_names_is_shown_by_address(contoso):
    person = User(tenant=contoso, email="pat@contoso.example")
    assert (person.full_name, person.initials) == ("pat@contoso.example", "P")


def test_one_person_per_directory_id_and_one_local_account_per_address(contoso, fabrikam):
    def make(**values):
        with transaction.atomic():
            return User.objects.create(**values)

    make(tenant=contoso, directory_oid="1", email="a@contoso.example")
    make(tenant=fabrikam, directory_oid="1", email="a@contoso.example")
    make(tenant=contoso, directory_oid="2", email="a@contoso.example")
    make(tenant=contoso, email="A@contoso.example")
    with pytest.raises(IntegrityError):
        make(tenant=contoso, directory_oid="1")
    with pytest.raises(IntegrityError):
        make(tenant=contoso, email="a@contoso.example")
