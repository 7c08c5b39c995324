"""Verified domains: claimed on the page, proved by a record of a real DNS server, and whose they then are (T5)."""

from __future__ import annotations

import re
from datetime import timedelta

import dns.rcode
import pytest
from django.urls import reverse

from apps.common.errors import InvalidError, NotAllowedError
from apps.tenants import domains, selectors, services
from apps.tenants.models import Act, AuditEntry, DomainClaim, User, VerifiedDomain
from tests.dns_server import DnsServer, dns_server
from tests.factories import make_person

LIST = "/administration/remote-help/domains/"


@pytest.fixture
def nameserver(settings):
    with dns_server() as server:
        settings.REMOTEHELP_DNS_SERVERS = [server.address]
        settings.REMOTEHELP_DNS_TIMEOUT = 0.6
        settings.REMOTEHELP_DNS_EVERY = timedelta(0)
        yield server


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def operator(db):
    return User.objects.create_superuser("operator", "op@example.org", "a long passphrase")


def prove(server: DnsServer, claim: DomainClaim, value: str = "") -> None:
    said = value or domains.record_value(claim.token)
    server.texts[domains.record_name(claim.name)] = ["v=spf1 -all", said]


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_domain_is_added_proved_and_of_use(page, ada, contoso, nameserver):
    """The walk of an administrator, to the account that the domain allows."""
    with pytest.raises(services.ForeignDomainError):
        services.create_person(
            actor=ada, tenant=contoso, email="n@contoso.org", first_name="N", last_name="N"
        )
    where = page.post(LIST, {"name": " Contoso.ORG. "})["Location"]
    claim = DomainClaim.objects.get()
    shown = text_of(page.get(where))
    assert "_remotehelp.contoso.org" in shown
    assert f"remotehelp-domain={claim.token}" in shown

    early = page.post(f"{where}check/")
    assert early.status_code == 409
    assert "not there yet" in text_of(early)
    prove(nameserver, claim, "remotehelp-domain=" + "0" * 32)
    assert page.post(f"{where}check/").status_code == 409
    assert not contoso.domains.filter(name="contoso.org").exists()

    prove(nameserver, claim)
    assert page.post(f"{where}check/")["Location"] == LIST
    assert set(nameserver.asked) == {"_remotehelp.contoso.org."}
    assert contoso.domains.filter(name="contoso.org", is_primary=False).exists()
    assert not DomainClaim.objects.exists()
    entry = AuditEntry.objects.get(act=Act.VERIFIED)
    assert (entry.actor, entry.facts["target"]) == (ada, "contoso.org")
    assert claim.token not in str(list(AuditEntry.objects.values_list("facts", "names")))
    made = services.create_person(
        actor=ada, tenant=contoso, email="n@contoso.org", first_name="N", last_name="N"
    )
    assert selectors.verified_domain_of(made) == "contoso.org"


def test_the_same_domain_again_is_the_same_claim(page, contoso, nameserver):
    first = page.post(LIST, {"name": "contoso.org"})["Location"]
    assert page.post(LIST, {"name": "CONTOSO.org"})["Location"] == first
    assert page.post(LIST, {"name": "contoso.example"}).status_code == 400, "verified already"
    assert page.post(f"{first}remove/")["Location"] == LIST
    assert not DomainClaim.objects.exists()
    assert page.get(first).status_code == 404


@pytest.mark.parametrize("faulty", ["silent", "refusing"])
def test_a_dns_server_that_gives_no_answer_proves_nothing_and_does_not_hang(
    faulty, page, contoso, nameserver
):
    where = page.post(LIST, {"name": "contoso.org"})["Location"]
    if faulty == "silent":
        nameserver.is_silent = True
    else:
        nameserver.rcode = dns.rcode.SERVFAIL
    answer = page.post(f"{where}check/")
    assert answer.status_code == 502
    assert "DNS gave no answer" in text_of(answer)
    nameserver.is_silent = False
    prove(nameserver, DomainClaim.objects.get())
    assert page.post(f"{where}check/").status_code == 302


def test_a_domain_of_another_tenant_is_told_only_to_who_proves_it(ada, mallory, nameserver):
    """T3: neither side learns of the other by typing a name."""
    services.grant_administration(actor=None, person=mallory)
    claim = services.claim_domain(actor=mallory, tenant=mallory.tenant, name="contoso.example")
    with pytest.raises(services.RecordNotFoundError):
        services.check_domain(actor=mallory, claim=claim)
    prove(nameserver, claim)
    with pytest.raises(services.DomainTakenError):
        services.check_domain(actor=mallory, claim=claim)
    assert VerifiedDomain.objects.get(name="contoso.example").tenant == ada.tenant
    # Both wait for one that is nobody's: whoever proves it first has it.
    ours = services.claim_domain(actor=ada, tenant=ada.tenant, name="shared.example")
    theirs = services.claim_domain(actor=mallory, tenant=mallory.tenant, name="shared.example")
    assert ours.token != theirs.token
    prove(nameserver, theirs)
    with pytest.raises(services.RecordNotFoundError):
        services.check_domain(actor=ada, claim=ours)
    services.check_domain(actor=mallory, claim=theirs)
    prove(nameserver, ours)
    with pytest.raises(services.DomainTakenError):
        services.check_domain(actor=ada, claim=ours)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "contoso",
        "192.0.2.1",
        "*.contoso.org",
        "a..b.org",
        "-a.org",
        "a b.org",
        "someone@contoso.org",
        "https://contoso.org/",
        "x" * 64 + ".org",
        ".".join(["abcdefgh"] * 30) + ".org",
        "x" * 10_000,
        "\u202econtoso.org",
        "🦊",
    ],
)
def test_what_is_no_domain_is_refused_beside_the_field(ada, contoso, name):
    with pytest.raises(InvalidError) as refusal:
        services.claim_domain(actor=ada, tenant=contoso, name=name)
    assert set(refusal.value.fields) == {"name"}
    assert not DomainClaim.objects.exists()


def test_a_domain_in_another_script_is_kept_as_dns_knows_it(ada, contoso):
    claim = services.claim_domain(actor=ada, tenant=contoso, name="Bücher.example")
    assert claim.name == "xn--bcher-kva.example"


def test_only_who_manages_the_settings_and_only_their_own(ada, hanna, mallory, contoso, fabrikam):
    claim = services.claim_domain(actor=ada, tenant=contoso, name="contoso.org")
    services.grant_administration(actor=None, person=mallory)
    for actor in (hanna, mallory):
        for call in (
            lambda: services.claim_domain(actor=actor, tenant=contoso, name="more.org"),  # noqa: B023
            lambda: services.check_domain(actor=actor, claim=claim),  # noqa: B023
            lambda: services.withdraw_claim(actor=actor, claim=claim),  # noqa: B023
            lambda: services.verify_domain(actor=actor, tenant=contoso, name="more.org"),  # noqa: B023
        ):
            with pytest.raises(NotAllowedError):
                call()
    with pytest.raises(NotAllowedError):
        services.verify_domain(actor=ada, tenant=contoso, name="contoso.org")


def test_checks_follow_each_other_slowly_and_claims_are_limited(
    ada, contoso, nameserver, settings, clock, monkeypatch
):
    settings.REMOTEHELP_DNS_EVERY = timedelta(seconds=10)
    claim = services.claim_domain(actor=ada, tenant=contoso, name="contoso.org")
    with pytest.raises(services.RecordNotFoundError):
        services.check_domain(actor=ada, claim=claim)
    with pytest.raises(services.TooSoonError):
        services.check_domain(actor=ada, claim=claim)
    assert len(nameserver.asked) == 1
    clock.shift(timedelta(seconds=11))
    with pytest.raises(services.RecordNotFoundError):
        services.check_domain(actor=ada, claim=claim)
    for number in range(services.MOST_CLAIMS - 1):
        services.claim_domain(actor=ada, tenant=contoso, name=f"d{number}.example")
    with pytest.raises(services.TooManyClaimsError):
        services.claim_domain(actor=ada, tenant=contoso, name="one-more.example")


def test_a_domain_in_use_and_the_primary_one_stay(page, ada, contoso, nameserver):
    org = services.verify_domain(actor=None, tenant=contoso, name="contoso.org")
    nora = services.create_person(
        actor=ada, tenant=contoso, email="nora@contoso.org", first_name="N", last_name="N"
    )
    remove = f"{LIST}verified/contoso.org/remove/"
    assert page.post(remove).status_code == 409
    assert page.post(f"{LIST}verified/contoso.example/remove/").status_code == 409
    nora.delete()
    assert "Another organisation" in text_of(page.get(remove))
    assert page.post(remove)["Location"] == LIST
    assert not VerifiedDomain.objects.filter(pk=org.pk).exists()
    assert page.get(remove).status_code == 404


def test_the_primary_domain_is_changed(page, ada, contoso):
    services.verify_domain(actor=None, tenant=contoso, name="contoso.org")
    assert page.post(f"{LIST}verified/contoso.org/primary/")["Location"] == LIST
    assert contoso.domains.get(is_primary=True).name == "contoso.org"
    entry = AuditEntry.objects.order_by("-number")[0]
    assert entry.facts["changes"] == {"primary_domain": ["contoso.example", "contoso.org"]}


def test_the_domains_of_others_are_nothing_here(page, contoso, fabrikam, mallory):
    """T3."""
    services.grant_administration(actor=None, person=mallory)
    theirs = services.claim_domain(actor=mallory, tenant=fabrikam, name="secret.example")
    shown = text_of(page.get(LIST))
    assert "secret.example" not in shown
    assert "fabrikam.example" not in shown
    for address in (
        f"{LIST}waiting/{theirs.pk}/",
        f"{LIST}verified/fabrikam.example/remove/",
    ):
        assert page.get(address).status_code == 404
    for address in (
        f"{LIST}waiting/{theirs.pk}/check/",
        f"{LIST}waiting/{theirs.pk}/remove/",
        f"{LIST}verified/fabrikam.example/primary/",
        f"{LIST}verified/fabrikam.example/remove/",
    ):
        assert page.post(address).status_code == 404
    assert DomainClaim.objects.filter(pk=theirs.pk).exists()


def test_a_site_operator_verifies_without_dns(client, operator, ada, contoso, mallory, fabrikam):
    claim = services.claim_domain(actor=ada, tenant=contoso, name="contoso.org")
    services.grant_administration(actor=None, person=mallory)
    taken = services.claim_domain(actor=mallory, tenant=fabrikam, name="contoso.example")
    client.force_login(operator)
    where = reverse("admin:tenants_domainclaim_changelist")
    chosen = {"action": "verify", "_selected_action": [str(claim.pk), str(taken.pk)]}
    answer = client.post(where, chosen, follow=True)
    said = sorted(str(message) for message in answer.context["messages"])
    assert said[0].startswith("contoso.example: This domain is verified by another organisation")
    assert said[1] == "contoso.org is verified."
    assert contoso.domains.filter(name="contoso.org").exists()
    assert AuditEntry.objects.get(act=Act.VERIFIED).actor == operator
    # A tenant's own staff see what waits, and have no such action.
    ada.is_staff = True
    ada.save()
    services.claim_domain(actor=ada, tenant=contoso, name="contoso.net")
    client.force_login(ada)
    assert 'value="verify"' not in text_of(client.get(where))
    client.post(where, {"action": "verify", "_selected_action": [str(claim.pk)]})
    assert not contoso.domains.filter(name="contoso.net").exists()


def test_the_page_counts_local_accounts_and_costs_the_same_for_many(
    page, contoso, django_assert_max_num_queries
):
    for number in range(5):
        services.verify_domain(actor=None, tenant=contoso, name=f"d{number}.example")
        make_person(contoso)
    with django_assert_max_num_queries(14):
        shown = text_of(page.get(LIST))
    assert re.search(r'class="numbers">6<', shown), "Ada and five more"
