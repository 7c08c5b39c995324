"""A tenant of a size that product.md asks for: its people, groups, devices, policies and role assignments, written in bulk.

    from bench.population import Size, populate
    place = populate(Size())          # in the database that Django is connected to, migrated and empty of it

The same every time. Memberships are uneven, as they are in life: a few groups are large, most are small.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from apps.devices.models import Device
    from apps.roles.models import RoleAssignment
    from apps.tenants.models import Group, Tenant, User

_FIRST = [
    "Ada",
    "Bo",
    "Chi",
    "Dana",
    "Emre",
    "Fenna",
    "Goran",
    "Hana",
    "Ines",
    "Jun",
    "Kofi",
    "Lea",
    "Mats",
    "Nour",
    "Olga",
    "Pia",
    "Quinn",
    "Rosa",
    "Sven",
    "Tariq",
]
_LAST = [
    "Abel",
    "Berg",
    "Costa",
    "Diaz",
    "Endo",
    "Fischer",
    "Gruber",
    "Haas",
    "Ito",
    "Jansen",
    "Kaya",
    "Lund",
    "Meyer",
    "Novak",
    "Okafor",
    "Papa",
    "Rossi",
    "Sato",
]
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. The figures are those of issue 4, 9."""

    people: int = 10_000
    devices: int = 50_000
    groups: int = 500
    assignments: int = 2_000
    helpers: int = 400
    roles: int = 20
    policies: int = 6
    audit_entries: int = 20_000

    def times(self, share: float) -> Size:
        """The same, larger or smaller; never so small that something is missing altogether."""
        return Size(*(max(10, round(share * getattr(self, one.name))) for one in fields(self)))


@dataclass(slots=True)
class Place:
    """What was made: whom to ask as, and about whom."""

    tenant: Tenant
    administrator: User
    # A helper whose assignments reach a part of the tenant; one who holds nothing; and one of all users and devices.
    helper: User
    nobody: User
    chief: User
    people: Sequence[User] = field(default_factory=list)
    groups: Sequence[Group] = field(default_factory=list)
    devices: Sequence[Device] = field(default_factory=list)
    assignments: Sequence[RoleAssignment] = field(default_factory=list)


def _write(rows: Iterable[Any]) -> list[Any]:
    """All of them, in parts; gives them back."""
    made = list(rows)
    if made:
        type(made[0])._default_manager.bulk_create(made, batch_size=_AT_ONCE)
    return made


def _join(through: type[Model], names: tuple[str, str], pairs: Iterator[tuple[Any, Any]]) -> None:
    """Rows of a table between two others; a pair that comes twice is written once."""
    one, other = names
    _write(through(**{one: first, other: second}) for first, second in dict.fromkeys(pairs))


class _Maker:
    def __init__(self, size: Size) -> None:
        self.size = size
        self.random = random.Random(8)  # noqa: S311 the same tenant in every run

    def tenant(self) -> Tenant:
        from apps.licenses.models import Product
        from apps.licenses.services import order_license
        from apps.tenants.services import create_tenant

        tenant = create_tenant(actor=None, name="Large", domain="large.example")
        for product in Product:
            order_license(
                actor=None,
                tenant=tenant,
                product=product,
                quantity=2 * self.size.people,
                delay=timedelta(0),
            )
        return tenant

    def people(self, tenant: Tenant) -> list[User]:
        from django.contrib.auth.hashers import make_password

        from apps.tenants.models import User

        password = make_password(None)
        return _write(
            User(
                tenant=tenant,
                email=f"person{number}@large.example",
                first_name=self.random.choice(_FIRST),
                last_name=f"{self.random.choice(_LAST)} {number:05}",
                job_title="Employee",
                is_active=number % 50 != 49,
                password=password,
            )
            for number in range(self.size.people)
        )

    def groups(self, tenant: Tenant) -> list[Group]:
        from apps.tenants.models import Group

        return _write(
            Group(tenant=tenant, name=f"Group {number:03}") for number in range(self.size.groups)
        )

    def devices(self, tenant: Tenant, people: list[User]) -> list[Device]:
        from apps.common.clock import now
        from apps.devices.models import Device, Enrolment, System

        at, systems = now(), list(System)
        return _write(
            Device(
                tenant=tenant,
                name=f"{self.random.choice(systems).value}-{number:05}",
                owner=people[number % len(people)] if number % 10 else None,
                system=self.random.choice(systems),
                system_version="12.4",
                enrolment=Enrolment.UNENROLLED if number % 20 == 19 else Enrolment.ENROLLED,
                app_version=self.random.choice(["1.3.0", "1.4.0", "1.4.1"]),
                last_seen_at=at - timedelta(minutes=self.random.randrange(60 * 24 * 40)),
            )
            for number in range(self.size.devices)
        )

    def uneven(self, rows: Sequence[Any]) -> Any:
        """One of the rows; the first ones far more often than the last."""
        return rows[int(len(rows) * self.random.random() ** 3)]

    def memberships(self, groups: list[Group], people: list[User], devices: list[Device]) -> None:
        from apps.devices.models import Device
        from apps.tenants.models import Group

        of_people: Any = Group.people.through
        of_devices: Any = Device.groups.through
        in_people = ((self.uneven(groups).pk, one.pk) for one in people for _ in range(4))
        in_devices = ((one.pk, self.uneven(groups).pk) for one in devices for _ in range(2))
        _join(of_people, ("group_id", "user_id"), in_people)
        _join(of_devices, ("device_id", "group_id"), in_devices)

    def seats(self, tenant: Tenant, people: list[User]) -> None:
        """For everybody, through one group, as organisations do it."""
        from apps.licenses.models import License, Product, Seat
        from apps.tenants.models import Group

        everybody = Group.objects.create(tenant=tenant, name="Everybody")
        through: Any = Group.people.through
        _join(through, ("group_id", "user_id"), ((everybody.pk, one.pk) for one in people))
        license_ = License.objects.get(tenant=tenant, product=Product.REMOTE_HELP)
        Seat.objects.create(license=license_, group=everybody)

    def policies(self, tenant: Tenant, groups: list[Group], devices: list[Device]) -> None:
        from apps.common.clock import now
        from apps.devices.models import Device, Enrolment, Policy, PolicyResult

        rules = list(Policy.Rule)
        policies = _write(
            Policy(
                tenant=tenant,
                name=f"Policy {number}",
                rule=rules[number % len(rules)],
                value={"system_version": "12.0", "update_age": "30"}.get(
                    rules[number % len(rules)], ""
                ),
                covers_all_devices=number < 2,
            )
            for number in range(self.size.policies)
        )
        of_groups: Any = Policy.groups.through
        some = groups[:: max(1, len(groups) // 20)]
        _join(
            of_groups,
            ("policy_id", "group_id"),
            ((one.pk, group.pk) for one in policies[2:] for group in some),
        )
        through: Any = Device.groups.through
        in_some = set(
            through.objects.filter(group__in=some).values_list("device_id", flat=True).distinct()
        )
        at = now()
        _write(
            PolicyResult(
                device=device,
                policy=policy,
                is_met=self.random.random() < 0.97,
                found="",
                evaluated_at=at,
            )
            for device in devices
            if device.enrolment == Enrolment.ENROLLED
            for policy in policies
            if policy.covers_all_devices or device.pk in in_some
        )

    def assignments(
        self, tenant: Tenant, groups: list[Group], helpers: list[User]
    ) -> list[RoleAssignment]:
        from apps.roles.models import Action, Role, RoleAssignment
        from apps.roles.services import help_desk_operator

        actions = list(Action)
        roles = _write(
            Role(
                tenant=tenant,
                name=f"Role {number:02}",
                **{one.value: number >> place & 1 == 1 for place, one in enumerate(actions)},
            )
            for number in range(1, self.size.roles)
        )
        roles.append(help_desk_operator())
        made = _write(
            RoleAssignment(
                tenant=tenant,
                role=self.random.choice(roles),
                name=f"Assignment {number:04}",
                covers_all_users=number % 400 == 0,
                covers_all_devices=number % 500 == 0,
            )
            for number in range(self.size.assignments)
        )
        self._who_and_whom(tenant, made, groups, helpers)
        return made

    def _who_and_whom(
        self,
        tenant: Tenant,
        made: list[RoleAssignment],
        groups: list[Group],
        helpers: list[User],
    ) -> None:
        from apps.roles.models import RoleAssignment
        from apps.tenants.models import Group

        teams = _write(
            Group(tenant=tenant, name=f"Team {number:03}")
            for number in range(max(1, len(helpers) // 8))
        )
        of_people: Any = Group.people.through
        _join(
            of_people,
            ("group_id", "user_id"),
            ((self.random.choice(teams).pk, one.pk) for one in helpers for _ in range(2)),
        )
        admins: Any = RoleAssignment.admin_groups.through
        scopes: Any = RoleAssignment.scope_groups.through
        names = ("roleassignment_id", "group_id")
        _join(admins, names, ((one.pk, self.random.choice(teams).pk) for one in made))
        _join(
            scopes,
            names,
            (
                (one.pk, self.random.choice(groups).pk)
                for one in made
                for _ in range(self.random.randrange(1, 4))
            ),
        )

    def audit(self, tenant: Tenant, administrator: User, groups: list[Group]) -> None:
        """Many changes of years, without the sealing: what is measured is reading."""
        from apps.common.clock import now
        from apps.tenants.models import Act, AuditEntry, Origin

        at = now()
        last = AuditEntry.objects.filter(tenant=tenant).count()
        _write(
            AuditEntry(
                tenant=tenant,
                number=last + number + 1,
                at=at - timedelta(minutes=30 * (self.size.audit_entries - number)),
                act=Act.CHANGED,
                target_kind="tenants.group",
                origin=Origin.PERSON,
                facts={"target": groups[number % len(groups)].name},
                names={"actor": str(administrator)} if number % 5 == 0 else None,
                target_key=str(groups[number % len(groups)].pk),
            )
            for number in range(self.size.audit_entries)
        )


def populate(size: Size) -> Place:
    """Makes it and gives what to ask with. On PostgreSQL the planner is told of it, as it would know in life."""
    from django.db import connection, transaction

    from apps.roles.services import help_desk_operator
    from apps.tenants.services import create_person, grant_administration

    make = _Maker(size)
    with transaction.atomic():
        tenant = make.tenant()
        people = make.people(tenant)
        groups = make.groups(tenant)
        devices = make.devices(tenant, people)
        make.memberships(groups, people, devices)

        def person(name: str) -> User:
            return create_person(
                actor=None,
                tenant=tenant,
                email=f"{name.lower()}@large.example",
                first_name=name,
                last_name="Large",
            )

        administrator, nobody, chief = person("Administrator"), person("Nobody"), person("Chief")
        grant_administration(actor=None, person=administrator)
        make.seats(tenant, [*people, administrator, nobody, chief])
        make.policies(tenant, groups, devices)
        helpers = [one for one in people if one.is_active][: size.helpers]
        assignments = make.assignments(tenant, groups, helpers)
        _let_help_everybody(tenant, chief, help_desk_operator())
        make.audit(tenant, administrator, groups)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return Place(
        tenant=tenant,
        administrator=administrator,
        helper=helpers[0],
        nobody=nobody,
        chief=chief,
        people=people,
        groups=groups,
        devices=devices,
        assignments=assignments,
    )


def _let_help_everybody(tenant: Tenant, chief: User, role: Any) -> None:
    from apps.roles.services import assign_role
    from apps.tenants.services import create_group

    assign_role(
        actor=None,
        tenant=tenant,
        role=role,
        name="Everybody and everything",
        admin_groups=[create_group(actor=None, tenant=tenant, name="Chiefs", people=[chief])],
        covers_all_users=True,
        covers_all_devices=True,
    )
