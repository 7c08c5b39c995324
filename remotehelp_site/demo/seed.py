"""Fills an empty embedded database with the demo, through the same services as everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.common.clock import now
from apps.devices.findings import DeviceFacts
from apps.devices.models import Device, DeviceReport, Enrolment
from apps.devices.services import (
    create_policy,
    evaluate_policy,
    record_device,
    report_device,
)
from apps.licenses.models import License, Product, Terms
from apps.licenses.services import assign_seat, order_license
from apps.roles.models import Action
from apps.roles.services import assign_role, create_role, help_desk_operator
from apps.tenants.models import Group, Tenant, User
from apps.tenants.services import (
    change_settings,
    create_group,
    create_person,
    create_tenant,
    grant_administration,
    set_picture,
)
from remotehelp_site.demo import cast
from remotehelp_site.demo.faces import draw_face
from remotehelp_site.demo.history import write_history
from remotehelp_site.operators import create_site_operator

FOUNDED = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Setting:
    """One organisation of the demo as it stands in the database."""

    tenant: Tenant
    people: dict[str, User]
    devices: dict[str, Device]

    def of(self, keys: Iterable[str]) -> list[User]:
        return [self.people[key] for key in keys]


@transaction.atomic
def seed() -> None:
    """Everything or nothing, so that a start that was interrupted begins anew. Nobody has a password yet."""
    contoso = _company(cast.CONTOSO, cast.CONTOSO_PEOPLE)
    fabrikam = _company(cast.FABRIKAM, cast.FABRIKAM_PEOPLE)
    for setting, admin in ((contoso, "aino"), (fabrikam, "mateo")):
        person = setting.people[admin]
        grant_administration(actor=None, person=person)
        change_settings(actor=person, tenant=setting.tenant, are_unenrolled_devices_allowed=True)
    _license(contoso, quantity=25, without=cast.WITHOUT_SEAT)
    _license(fabrikam, quantity=5, trial_for=timedelta(days=25))
    _contoso_roles(contoso)
    _fabrikam_roles(fabrikam)
    _devices(contoso, cast.CONTOSO_MACHINES)
    _devices(fabrikam, cast.FABRIKAM_MACHINES)
    write_history(
        tenant=contoso.tenant,
        helpers=contoso.of(cast.SERVICE_DESK),
        viewers=contoso.of(cast.TRAINEES),
        devices=list(contoso.devices.values()),
        sharers=[
            person
            for key, person in contoso.people.items()
            if key not in (*cast.SERVICE_DESK, *cast.TRAINEES, *cast.WITHOUT_SEAT)
        ],
        number=52,
    )
    write_history(
        tenant=fabrikam.tenant,
        helpers=fabrikam.of(["mateo"]),
        viewers=[],
        sharers=fabrikam.of(["nora", "paul"]),
        devices=list(fabrikam.devices.values()),
        number=9,
    )
    first_name, last_name = cast.OPERATOR_NAMES
    create_site_operator(email=cast.OPERATOR_EMAIL, first_name=first_name, last_name=last_name)


def _company(company: cast.Company, people: Iterable[cast.Person]) -> Setting:
    tenant = create_tenant(actor=None, name=company.name, domain=company.domain)
    created: dict[str, User] = {}
    for person in people:
        created[person.key] = user = create_person(
            actor=None,
            tenant=tenant,
            email=person.email_at(company),
            first_name=person.first_name,
            last_name=person.last_name,
            job_title=person.job_title,
            language=person.language,
        )
        if person.has_picture:
            set_picture(person=user, data=draw_face(person.key))
    return Setting(tenant, created, {})


def _license(
    setting: Setting,
    *,
    quantity: int,
    without: Collection[str] = (),
    trial_for: timedelta | None = None,
) -> None:
    covered = setting.of(key for key in setting.people if key not in without)
    everyone = create_group(
        actor=None, tenant=setting.tenant, name="Everyone with a seat", people=covered
    )
    for product in Product:
        license_ = order_license(
            actor=None,
            tenant=setting.tenant,
            product=product,
            quantity=quantity,
            terms=Terms.BOUGHT if trial_for is None else Terms.TRIAL,
            delay=timedelta(0),
            ends_at=None if trial_for is None else now() + trial_for,
        )
        if product is Product.REMOTE_HELP:
            assign_seat(actor=None, license_=license_, group=everyone)
    # The past sessions below happened on these licences.
    long_ago = now() - FOUNDED
    License.objects.filter(tenant=setting.tenant).update(ordered_at=long_ago, activates_at=long_ago)


def _contoso_roles(setting: Setting) -> None:
    tenant = setting.tenant

    def group(name: str, keys: Iterable[str]) -> Group:
        return create_group(actor=None, tenant=tenant, name=name, people=setting.of(keys))

    group("Everyone", setting.people)
    group("Finance", ["sami", "leena", "ville"])
    group("Sales", ["petra", "chiara"])
    desk = group("Service desk", cast.SERVICE_DESK)
    trainees = group("Service desk trainees", cast.TRAINEES)
    assign_role(
        actor=None,
        tenant=tenant,
        role=help_desk_operator(),
        name="Service desk helps everyone",
        description="The service desk may view, control and elevate for all users.",
        admin_groups=[desk],
        covers_all_users=True,
    )
    looking = create_role(
        actor=None,
        tenant=tenant,
        name="Screen viewer",
        description="Sees the screen and nothing more.",
        actions=[Action.VIEW_SCREEN],
    )
    assign_role(
        actor=None,
        tenant=tenant,
        role=looking,
        name="Trainees look on",
        description="Trainees may look at every screen, and touch none.",
        admin_groups=[trainees],
        covers_all_users=True,
    )


def _fabrikam_roles(setting: Setting) -> None:
    desk = create_group(
        actor=None, tenant=setting.tenant, name="IT support", people=setting.of(["mateo"])
    )
    assign_role(
        actor=None,
        tenant=setting.tenant,
        role=help_desk_operator(),
        name="IT support helps everyone",
        admin_groups=[desk],
        covers_all_users=True,
    )


def _devices(setting: Setting, machines: Iterable[cast.Machine]) -> None:
    tenant = setting.tenant
    for name, rule, value in cast.POLICIES:
        policy = create_policy(
            actor=None, tenant=tenant, name=name, rule=rule, value=value, covers_all_devices=True
        )
        evaluate_policy(policy=policy)  # of nobody yet: each device below is asked as it reports
    managed = create_group(actor=None, tenant=tenant, name="Company devices")
    for index, machine in enumerate(machines):
        device = record_device(
            actor=None,
            tenant=tenant,
            name=machine.name,
            system=machine.system,
            system_version=machine.system_version,
            owner=setting.people.get(machine.owner),
            enrolment=Enrolment.ENROLLED if machine.is_enrolled else Enrolment.UNENROLLED,
            app_version=machine.app_version,
        )
        setting.devices[machine.name] = device
        if machine.is_enrolled:
            device.groups.add(managed)
            report_device(device=device, app_version=machine.app_version, facts=_facts(machine))
        _date(device, now() - timedelta(hours=index * index))


def _date(device: Device, seen_at: datetime) -> None:
    """It was last there then, and enrolled when the organisation began."""
    is_enrolled = device.enrolment == Enrolment.ENROLLED
    Device.objects.filter(pk=device.pk).update(
        last_seen_at=seen_at, enrolled_at=now() - FOUNDED if is_enrolled else None
    )
    DeviceReport.objects.filter(device=device).update(at=seen_at)


def _facts(machine: cast.Machine) -> DeviceFacts:
    """What its app says of the machine: all is well, but for its faults."""
    return DeviceFacts(
        system_version=machine.system_version,
        disk_encrypted="Disk encryption" not in machine.faults,
        screen_lock="Screen lock" not in machine.faults,
        firewall="Firewall" not in machine.faults,
        update_age_days=74 if "Recent updates" in machine.faults else 6,
    )
