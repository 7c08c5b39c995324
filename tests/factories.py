"""Tenants, people, licences, devices and sessions, made by the services themselves: the valid minimum.

A test states what matters to it by arguments, or by changing the row afterwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta

from apps.common.clock import now
from apps.devices.models import Device, Enrolment, System
from apps.devices.services import record_device
from apps.licenses.models import License, Product, Terms
from apps.licenses.services import assign_seat, order_license
from apps.roles.models import Action, Role, RoleAssignment
from apps.roles.services import assign_role, create_role, help_desk_operator
from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from apps.sessions.services import OpenedSession
from apps.sessions.states import Kind, State
from apps.tenants.models import Group, Tenant, User
from apps.tenants.services import create_group, create_person, create_tenant

PASSWORD = "a long password for the suite"
EVERYONE = "Everyone"
ADDRESS = "192.0.2.7"
APP_VERSION = "1.4.0"

_numbers = itertools.count(1)


def make_tenant(
    name: str = "",
    *,
    seats: int = 50,
    is_licensed: bool = True,
    are_unenrolled_devices_allowed: bool = True,
) -> Tenant:
    """A tenant with a verified domain, an active base licence and, when licensed, an active add-on licence
    whose seats go to the members of the group *Everyone*, which every made person joins."""
    name = name or f"Company {next(_numbers)}"
    domain = f"{name.lower().replace(' ', '-')}.example"
    tenant = create_tenant(actor=None, name=name, domain=domain)
    tenant.are_unenrolled_devices_allowed = are_unenrolled_devices_allowed
    tenant.save(update_fields=["are_unenrolled_devices_allowed"])
    everyone = make_group(tenant, EVERYONE)
    if is_licensed:
        make_license(tenant, product=Product.DEVICE_MANAGEMENT)
        assign_seat(actor=None, license_=make_license(tenant, quantity=seats), group=everyone)
    return tenant


def make_license(
    tenant: Tenant,
    *,
    product: Product = Product.REMOTE_HELP,
    quantity: int = 50,
    delay: timedelta = timedelta(0),
    terms: Terms = Terms.BOUGHT,
    ends_in: timedelta | None = None,
) -> License:
    """A licence that is active at once, unless a delay is given, and without an end, unless one is."""
    return order_license(
        actor=None,
        tenant=tenant,
        product=product,
        quantity=quantity,
        delay=delay,
        terms=terms,
        ends_at=None if ends_in is None else now() + ends_in,
    )


def make_person(
    tenant: Tenant,
    first_name: str = "",
    last_name: str = "Sample",
    *,
    job_title: str = "",
    has_seat: bool = True,
) -> User:
    """A person with a local account who can sign in with `PASSWORD`; with a seat through *Everyone*."""
    first_name = first_name or f"Person{next(_numbers)}"
    domain = tenant.domains.get(is_primary=True).name
    person = create_person(
        actor=None,
        tenant=tenant,
        email=f"{first_name.lower()}@{domain}",
        first_name=first_name,
        last_name=last_name,
        job_title=job_title,
        password=PASSWORD,
    )
    if has_seat:
        tenant.groups.get(name=EVERYONE).people.add(person)
    return person


def make_group(tenant: Tenant, name: str = "", people: Iterable[User] = ()) -> Group:
    return create_group(
        actor=None, tenant=tenant, name=name or f"Group {next(_numbers)}", people=people
    )


def make_role(tenant: Tenant, *actions: Action, name: str = "") -> Role:
    """A custom role; it lets view the screen, unless something else is given."""
    return create_role(
        actor=None,
        tenant=tenant,
        name=name or f"Role {next(_numbers)}",
        actions=actions or [Action.VIEW_SCREEN],
    )


def make_assignment(
    helper: User,
    *,
    role: Role | None = None,
    scope: Iterable[User] = (),
    devices: Iterable[Device] = (),
    covers_all_users: bool = False,
    covers_all_devices: bool = False,
) -> RoleAssignment:
    """A role (Help Desk Operator unless given) for this helper over these people and devices."""
    tenant = tenant_of(helper)
    scope, devices = list(scope), list(devices)
    scope_groups = []
    if scope or devices:
        group = make_group(tenant, people=scope)
        group.devices.set(devices)
        scope_groups.append(group)
    return assign_role(
        actor=None,
        tenant=tenant,
        role=role or help_desk_operator(),
        name=f"Assignment {next(_numbers)}",
        admin_groups=[make_group(tenant, people=[helper])],
        scope_groups=scope_groups,
        covers_all_users=covers_all_users,
        covers_all_devices=covers_all_devices,
    )


def make_device(
    tenant: Tenant,
    *,
    name: str = "",
    owner: User | None = None,
    enrolment: Enrolment = Enrolment.ENROLLED,
) -> Device:
    return record_device(
        actor=None,
        tenant=tenant,
        name=name or f"Device {next(_numbers)}",
        system=System.LINUX,
        owner=owner,
        enrolment=enrolment,
        app_version=APP_VERSION,
    )


def make_session(
    helper: User,
    sharer: User,
    state: State = State.ACTIVE,
    *,
    kind: Kind = Kind.VIEW_SCREEN,
    device: Device | None = None,
    app_version: str = "",
) -> HelpSession:
    """A session of these two in that state, brought there by the services alone.

    Full control needs the device app, so it stands for one of the present version unless one is given.
    """
    if kind is Kind.FULL_CONTROL:
        app_version = app_version or APP_VERSION
    return bring_to(
        services.open_session(actor=helper),
        sharer,
        state,
        kind=kind,
        device=device,
        app_version=app_version,
    )


def bring_to(
    opened: OpenedSession,
    sharer: User,
    state: State,
    *,
    kind: Kind = Kind.VIEW_SCREEN,
    device: Device | None = None,
    app_version: str = "",
) -> HelpSession:
    """That waiting session, taken on to the state."""
    session = opened.session
    helper = session.helper
    if state is State.WAITING:
        return session
    if state is State.ENDED:
        return services.leave_session(actor=helper, session=session)
    session = redeem(sharer, opened, device=device, app_version=app_version)
    if state is State.INTRODUCED:
        return session
    session = services.request_kind(actor=helper, session=session, kind=kind)
    if state is State.REQUESTED:
        return session
    session = services.allow(actor=sharer, session=session, kind=kind)
    if state is State.CONNECTING:
        return session
    services.confirm_media(actor=helper, session=session, side=Side.HELPER)
    return services.confirm_media(actor=sharer, session=session, side=Side.SHARER)


def redeem(
    sharer: User,
    opened: OpenedSession | str,
    *,
    address: str = ADDRESS,
    device: Device | None = None,
    app_version: str = "",
) -> HelpSession:
    """The sharer enters the code of that session, or just what they typed."""
    return services.redeem_code(
        actor=sharer,
        typed=opened if isinstance(opened, str) else opened.code,
        address=address,
        device=device,
        app_version=app_version,
    )


def tenant_of(person: User) -> Tenant:
    assert person.tenant is not None
    return person.tenant
