"""Every administrative service writes one entry into the audit log, and no refused one does."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

import apps.devices.services
import apps.directory.services
import apps.licenses.services
import apps.roles.services
import apps.tenants.services
from apps.common.clock import now
from apps.common.errors import NotAllowedError
from apps.devices.models import Device, Enrolment, Policy, SavedView
from apps.devices.services import issue_enrolment_token
from apps.licenses.models import License, Product, Seat, Terms
from apps.roles.models import Action, RoleAssignment
from apps.tenants import domains
from apps.tenants.models import Act, AuditEntry, DomainClaim, Tenant, User, VerifiedDomain
from apps.tenants.profiles import Profile
from apps.tenants.services import create_api_client, set_picture
from tests.dns_server import DnsServer, dns_server
from tests.factories import make_assignment, make_device, make_group, make_license, make_role

SERVICES = {
    f"{package.__name__.split('.')[1]}.{name}": service
    for package in (
        apps.tenants.services,
        apps.licenses.services,
        apps.roles.services,
        apps.devices.services,
        apps.directory.services,
    )
    for name, service in inspect.getmembers(package, inspect.isfunction)
    if service.__module__.startswith(package.__name__) and not name.startswith("_")
}

# Services that change something and are nobody's administration, each with the reason.
NOT_ADMINISTRATION = {
    "tenants.set_picture": "people change their own picture",
    "tenants.remove_picture": "people change their own picture",
    "tenants.set_language": "people choose their own language",
    "tenants.note_first_session": "the sessions say that there was one",
    "tenants.end_sign_ins": "a part of disabling somebody, which is written down",
    "tenants.give_first_password": "a part of making an account, which is written down",
    "tenants.admit_from_directory": "a sign-in, which the directory vouches for",
    "roles.ensure_built_in_roles": "a migration's work, of no tenant",
    "licenses.note_states": "time does it, and the entry is the site's; tests/licenses reads it",
    "directory.begin_import": "a file is looked at; what it does is written down when it is applied",
    "directory.check_import": "says what a file would do",
    "directory.begin_applying": "the decision; what is done is written down as it is done",
    "directory.apply_import": "writes one entry for each person and group, and one for itself: tests/directory",
    "directory.go_on_with_imports": "the same, after a worker that ended",
    "directory.drop_import": "forgets a file that did nothing",
    "directory.forget_imports": "upkeep",
    "devices.announce_change": "tells others and changes nothing",
    "devices.evaluate": "says anew what the policies find",
    "devices.evaluate_anew": "says anew what the policies find",
    "devices.evaluate_policy": "says anew what the policies find",
    "devices.want_evaluation": "part of a change of policies or groups, which is written down",
    "devices.want_evaluation_of_ageing": "upkeep",
    "devices.ask_policy_again": "says anew what the policies find, and changes nothing of them",
    "devices.record_policy_result": "says anew what the policies find",
    "devices.report_device": "the device speaks of itself",
    "devices.enrol_device": "people enrol their own device, with a token whose making is written down",
    "devices.register_device": "people make their own device known",
    "devices.prove_device": "a proof, spent once",
    "devices.prove_key": "a proof, spent once",
    "devices.forget_spent_proofs": "upkeep",
    "devices.connect_device": "a socket opens",
    "devices.disconnect_device": "a socket closes",
    "devices.reconnect_device": "a socket lives",
    "devices.touch_devices": "a socket lives",
    "devices.forget_silent_devices": "upkeep",
}
# Services that change nothing.
READ_ONLY = {
    "devices.due_policies",
    "directory.progress_of",
    "tenants.require_permission",
    "tenants.require_group_manager",
    "tenants.locked_group",
    "tenants.require_in_person",
    "tenants.require_not_last",
    "tenants.require_outranks",
    "tenants.require_local_account",
    "tenants.one_time_link_path",
    "licenses.require_enough_seats",
    "licenses.require_seats_for_members",
    "roles.help_desk_operator",
}


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "PNG")
    return made.getvalue()


@dataclass
class Stage:
    """What the calls below act on, all of Contoso."""

    tenant: Tenant
    ada: User
    sam: User
    laptop: Device
    nameserver: DnsServer

    @property
    def license(self) -> License:
        return License.objects.get(tenant=self.tenant, product=Product.REMOTE_HELP)

    def seat(self) -> Seat:
        return Seat.objects.get(license=self.license)

    def assignment(self) -> RoleAssignment:
        return make_assignment(self.sam, covers_all_users=True)

    def revoked(self) -> Device:
        apps.devices.services.revoke_device(actor=self.ada, device=self.laptop)
        self.laptop.refresh_from_db()
        return self.laptop

    def profile(self) -> dict[str, Any]:
        names = ("email", "first_name", "last_name", "job_title")
        return {name: getattr(self.sam, name) for name in names}

    def disabled(self) -> User:
        apps.tenants.services.disable_person(actor=self.ada, person=self.sam)
        return self.sam

    def pictured(self) -> User:
        set_picture(person=self.sam, data=picture())
        return self.sam

    def claim(self) -> DomainClaim:
        return apps.tenants.services.claim_domain(
            actor=self.ada, tenant=self.tenant, name="contoso.org"
        )

    def proved(self) -> DomainClaim:
        claim = self.claim()
        name, value = domains.record_name(claim.name), domains.record_value(claim.token)
        self.nameserver.texts[name] = [value]
        return claim

    def domain(self) -> VerifiedDomain:
        return apps.tenants.services.verify_domain(
            actor=None, tenant=self.tenant, name="contoso.org"
        )

    def policy(self) -> Policy:
        return apps.devices.services.create_policy(
            actor=None, tenant=self.tenant, name="P", rule="firewall", covers_all_devices=True
        )

    def view(self) -> SavedView:
        return apps.devices.services.save_view(
            actor=self.ada, name="V", query={"q": "x"}, is_shared=True
        )

    def client(self) -> Any:
        at = now() + timedelta(days=1)
        return create_api_client(
            actor=self.ada, name="C", scopes=["tenants.view_reports"], expires_at=at
        ).client

    def token(self) -> Any:
        at = now() + timedelta(days=1)
        return issue_enrolment_token(actor=self.ada, name="Warehouse", expires_at=at).token


@pytest.fixture
def stage(contoso, ada, sam, sams_laptop, settings):
    contoso.directory_id = contoso.pk
    contoso.save()
    with dns_server() as server:
        settings.REMOTEHELP_DNS_SERVERS = [server.address]
        yield Stage(contoso, ada, sam, sams_laptop, server)


@dataclass
class Call:
    """One call of a service: what is prepared for it, what it is given, and what it writes down."""

    act: Act
    prepared: Callable[[Stage], dict[str, Any]]
    has_actor: bool = True


CALLS = {
    "tenants.create_tenant": Call(
        Act.ADDED, lambda s: {"name": "Tail Spin", "domain": "tailspin.example"}, has_actor=False
    ),
    "tenants.change_settings": Call(
        Act.CHANGED, lambda s: {"tenant": s.tenant, "is_chat_enabled": False}
    ),
    "tenants.dismiss_setup": Call(Act.CHANGED, lambda s: {"tenant": s.tenant}),
    "tenants.create_person": Call(
        Act.ADDED,
        lambda s: {
            "tenant": s.tenant,
            "email": "n@contoso.example",
            "first_name": "N",
            "last_name": "N",
        },
    ),
    "tenants.create_group": Call(
        Act.ADDED, lambda s: {"tenant": s.tenant, "name": "G", "people": [s.sam]}
    ),
    "tenants.create_people": Call(
        Act.ADDED, lambda s: {"tenant": s.tenant, "profiles": [Profile("n@contoso.example", "N")]}
    ),
    "tenants.change_person": Call(
        Act.CHANGED, lambda s: {"person": s.sam, **s.profile(), "job_title": "Clerk"}
    ),
    "tenants.rename_people": Call(
        Act.CHANGED,
        lambda s: {"tenant": s.tenant, "profiles": {s.sam: Profile(s.sam.email, "Sami")}},
    ),
    "tenants.enable_person": Call(Act.ENABLED, lambda s: {"person": s.disabled()}),
    "tenants.issue_sign_in_link": Call(Act.LINKED, lambda s: {"person": s.sam}),
    "tenants.mail_sign_in_link": Call(Act.LINKED, lambda s: {"person": s.sam}),
    "tenants.set_picture_of": Call(Act.CHANGED, lambda s: {"person": s.sam, "data": picture()}),
    "tenants.remove_picture_of": Call(Act.CHANGED, lambda s: {"person": s.pictured()}),
    "tenants.change_group": Call(
        Act.CHANGED, lambda s: {"group": make_group(s.tenant), "name": "N", "description": ""}
    ),
    "tenants.delete_group": Call(Act.REMOVED, lambda s: {"group": make_group(s.tenant)}),
    "tenants.change_group_people": Call(
        Act.CHANGED, lambda s: {"group": make_group(s.tenant), "add": [s.sam]}
    ),
    "tenants.claim_domain": Call(Act.ADDED, lambda s: {"tenant": s.tenant, "name": "contoso.org"}),
    "tenants.withdraw_claim": Call(Act.REMOVED, lambda s: {"claim": s.claim()}),
    "tenants.check_domain": Call(Act.VERIFIED, lambda s: {"claim": s.proved()}),
    "tenants.verify_domain": Call(
        Act.VERIFIED, lambda s: {"tenant": s.tenant, "name": "contoso.org"}, has_actor=False
    ),
    "tenants.make_domain_primary": Call(Act.CHANGED, lambda s: {"domain": s.domain()}),
    "tenants.remove_domain": Call(Act.REMOVED, lambda s: {"domain": s.domain()}),
    "tenants.disable_person": Call(Act.DISABLED, lambda s: {"person": s.sam}),
    "tenants.grant_administration": Call(Act.GRANTED, lambda s: {"person": s.sam}, has_actor=False),
    "tenants.revoke_administration": Call(
        Act.WITHDRAWN, lambda s: {"person": s.ada}, has_actor=False
    ),
    "tenants.change_administration": Call(
        Act.GRANTED, lambda s: {"person": s.sam, "rights": ["tenants.view_reports"]}
    ),
    "tenants.configure_organisation_sign_in": Call(
        Act.ADDED,
        lambda s: {
            "tenant": s.tenant,
            "client_id": "c",
            "secret": "s",
            "server_url": "https://login.example/contoso",
        },
        has_actor=False,
    ),
    "tenants.change_organisation": Call(
        Act.CHANGED, lambda s: {"tenant": s.tenant, "name": "Contoso Ltd"}, has_actor=False
    ),
    "tenants.create_api_client": Call(
        Act.ADDED,
        lambda s: {
            "name": "C",
            "scopes": ["tenants.view_reports"],
            "expires_at": now() + timedelta(days=1),
        },
    ),
    "tenants.rotate_api_client": Call(Act.CHANGED, lambda s: {"client": s.client()}),
    "tenants.revoke_api_client": Call(Act.REVOKED, lambda s: {"client": s.client()}),
    "licenses.order_license": Call(
        Act.ADDED, lambda s: {"tenant": s.tenant, "product": Product.REMOTE_HELP, "quantity": 3}
    ),
    "licenses.assign_seat": Call(
        Act.ADDED, lambda s: {"license_": make_license(s.tenant), "person": s.sam}
    ),
    "licenses.assign_seats": Call(
        Act.ADDED, lambda s: {"license_": make_license(s.tenant), "people": [s.sam]}
    ),
    "licenses.change_license": Call(
        Act.CHANGED, lambda s: {"license_": s.license, "quantity": 60, "ends_at": None}
    ),
    "licenses.allow_another_trial": Call(
        Act.CHANGED,
        lambda s: {"license_": make_license(s.tenant, terms=Terms.TRIAL)},
        has_actor=False,
    ),
    "licenses.revoke_seat": Call(Act.REMOVED, lambda s: {"seat": s.seat()}),
    "licenses.cancel_license": Call(Act.CANCELLED, lambda s: {"license_": s.license}),
    "roles.create_role": Call(
        Act.ADDED,
        lambda s: {"tenant": s.tenant, "name": "R", "actions": [Action.VIEW_SCREEN]},
    ),
    "roles.change_role": Call(
        Act.CHANGED,
        lambda s: {"role": make_role(s.tenant), "actions": [Action.FULL_CONTROL]},
    ),
    "roles.duplicate_role": Call(
        Act.ADDED, lambda s: {"tenant": s.tenant, "role": make_role(s.tenant)}
    ),
    "roles.delete_role": Call(Act.REMOVED, lambda s: {"role": make_role(s.tenant)}),
    "roles.assign_role": Call(
        Act.ADDED,
        lambda s: {
            "tenant": s.tenant,
            "role": make_role(s.tenant, Action.VIEW_SCREEN),
            "name": "A",
            "admin_groups": [make_group(s.tenant)],
        },
    ),
    "roles.change_assignment": Call(
        Act.CHANGED,
        lambda s: {
            "assignment": s.assignment(),
            "role": make_role(s.tenant, Action.VIEW_SCREEN),
            "name": "A",
            "admin_groups": [make_group(s.tenant)],
        },
    ),
    "roles.remove_assignment": Call(Act.REMOVED, lambda s: {"assignment": s.assignment()}),
    "devices.record_device": Call(
        Act.ADDED, lambda s: {"tenant": s.tenant, "name": "d", "system": "linux"}
    ),
    "devices.change_group_devices": Call(
        Act.CHANGED, lambda s: {"group": make_group(s.tenant), "add": [s.laptop]}
    ),
    "devices.change_enrolment": Call(
        Act.CHANGED, lambda s: {"device": s.laptop, "enrolment": Enrolment.UNENROLLED}
    ),
    "devices.revoke_device": Call(Act.REVOKED, lambda s: {"device": s.laptop}),
    "devices.change_device": Call(
        Act.CHANGED, lambda s: {"device": s.laptop, "note": "On loan", "groups": []}
    ),
    "devices.add_to_group": Call(
        Act.CHANGED, lambda s: {"devices": [s.laptop], "group": make_group(s.tenant)}
    ),
    "devices.create_policy": Call(
        Act.ADDED,
        lambda s: {
            "tenant": s.tenant,
            "name": "P",
            "rule": "firewall",
            "covers_all_devices": True,
        },
    ),
    "devices.change_policy": Call(
        Act.CHANGED,
        lambda s: {
            "policy": s.policy(),
            "name": "P",
            "rule": "update_age",
            "value": "9",
            "covers_all_devices": True,
        },
    ),
    "devices.delete_policy": Call(Act.REMOVED, lambda s: {"policy": s.policy()}),
    "devices.save_view": Call(
        Act.ADDED, lambda s: {"name": "V", "query": {"q": "x"}, "is_shared": True}
    ),
    "devices.change_view": Call(
        Act.CHANGED, lambda s: {"view": s.view(), "name": "W", "query": {"q": "x"}}
    ),
    "devices.delete_view": Call(Act.REMOVED, lambda s: {"view": s.view()}),
    "devices.restore_device": Call(Act.RESTORED, lambda s: {"device": s.revoked()}),
    "devices.issue_enrolment_token": Call(
        Act.ADDED, lambda s: {"name": "T", "expires_at": now() + timedelta(days=1)}
    ),
    "devices.revoke_enrolment_token": Call(Act.REVOKED, lambda s: {"token": s.token()}),
}


def test_every_service_has_a_call_or_a_reason():
    known = CALLS.keys() | NOT_ADMINISTRATION.keys() | READ_ONLY
    assert set(SERVICES) - known == set(), "add a call, or the reason why it is no administration"
    assert known - set(SERVICES) == set()
    assert len(known) == len(CALLS) + len(NOT_ADMINISTRATION) + len(READ_ONLY)
    for name in CALLS:
        assert "actor" in inspect.signature(SERVICES[name]).parameters, name


@pytest.mark.parametrize("name", CALLS)
def test_the_service_writes_one_entry(name, stage):
    call = CALLS[name]
    given = call.prepared(stage)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    actor = stage.ada if call.has_actor else None

    SERVICES[name](actor=actor, **given)

    (entry,) = AuditEntry.objects.exclude(pk__in=before)
    assert entry.act == call.act
    assert entry.actor == actor
    assert (entry.names or {}).get("actor_id") == (str(actor.pk) if actor else None)
    assert entry.tenant == stage.tenant or name == "tenants.create_tenant"


@pytest.mark.parametrize("name", [name for name in CALLS if CALLS[name].has_actor])
def test_a_refused_call_writes_none(name, stage, hanna):
    given = CALLS[name].prepared(stage)
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowedError):
        SERVICES[name](actor=hanna, **given)
    assert AuditEntry.objects.count() == before


def test_a_device_is_made_by_the_factory_and_written_down(contoso):
    """So that the table above cannot pass on rows that were there before."""
    before = AuditEntry.objects.count()
    make_device(contoso)
    assert AuditEntry.objects.count() == before + 1
