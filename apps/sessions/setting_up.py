"""What a new organisation has to do before its first session: each step, whether it is done, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from apps.common.clock import now
from apps.devices.models import Device, Enrolment
from apps.licenses.models import Product
from apps.licenses.selectors import holders_of_seats, standings
from apps.roles.models import RoleAssignment
from apps.sessions.ways import Asking, asking
from apps.sessions.why import Place
from apps.tenants.models import Tenant, User
from apps.tenants.selectors import people_of, permissions_held, tenant_of

Words = StrPromise | str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list. Who may not take it themselves has no `url` and is told whom to ask."""

    name: str
    label: Words
    about: Words
    is_done: bool
    url: str = ""
    asking: Asking | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    steps: tuple[Step, ...]

    @property
    def number_done(self) -> int:
        return sum(step.is_done for step in self.steps)


def find_setup(actor: User) -> Setup | None:
    """The list for an administrator of a tenant that has had no session yet; None after it, or once it was put away.

    One query for everybody else.
    """
    held = permissions_held(actor)
    if not held:
        return None
    tenant = tenant_of(actor)
    if tenant.first_session_at is not None or tenant.setup_dismissed_at is not None:
        return None
    known: dict[Place, Asking | None] = {}

    def step(name: str, place: Place, url: str, label: Words, about: Words, is_done: bool) -> Step:
        if is_done or not place.value or place.value in held:
            return Step(name, label, about, is_done, url)
        if place not in known:
            known[place] = asking(tenant.pk, place)
        return Step(name, label, about, is_done, asking=known[place])

    return Setup(tuple(step(*found) for found in _steps(tenant)))


_Found = tuple[str, Place, str, Words, Words, bool]


def _steps(tenant: Tenant) -> Iterator[_Found]:
    licensed = standings(tenant.pk, now())[Product.REMOTE_HELP]
    yield (
        "enabled",
        Place.SETTINGS,
        reverse("administration:settings"),
        gettext_lazy("Switch remote help on"),
        gettext_lazy("It is on in a new organisation."),
        tenant.is_remote_help_enabled,
    )
    yield (
        "license",
        Place.LICENSES,
        reverse("licenses:licenses"),
        gettext_lazy("Get a licence"),
        _license_words(licensed.expected_at),
        licensed.is_active,
    )
    yield (
        "people",
        Place.PEOPLE,
        reverse("directory:people"),
        gettext_lazy("Bring in your people"),
        gettext_lazy("At least one who helps and one who is helped."),
        len(people_of(tenant).filter(is_active=True)[:2]) == 2,
    )
    yield (
        "seats",
        Place.LICENSES,
        reverse("licenses:lacking"),
        gettext_lazy("Assign licence seats"),
        gettext_lazy("The helper and the sharer each need one."),
        len(holders_of_seats(tenant.pk, now())) >= 2,
    )
    yield (
        "roles",
        Place.ASSIGNMENTS,
        reverse("roles:begin_assignment"),
        gettext_lazy("Say who may help whom"),
        gettext_lazy("A role assignment makes the people of a group helpers, over a scope."),
        _has_helpers(tenant),
    )
    yield (
        "devices",
        Place.DEVICE,
        reverse("devices:enrolment"),
        gettext_lazy("Enrol a device, or allow devices that are not enrolled"),
        gettext_lazy("A plain browser counts as a device that is not enrolled."),
        tenant.are_unenrolled_devices_allowed or _has_enrolled_device(tenant),
    )
    yield (
        "session",
        Place.NOWHERE,
        reverse("help_sessions:give"),
        gettext_lazy("Have the first session"),
        gettext_lazy("A helper gets a security code and tells it to the person who needs help."),
        False,
    )


def _license_words(expected_at: datetime | None) -> Words:
    if expected_at is None:
        return gettext_lazy("Order one, or start a trial.")
    at = formats.date_format(timezone.localtime(expected_at), "DATETIME_FORMAT")
    return _("Ordered. It is expected to be active at %(time)s.") % {"time": at}


def _has_helpers(tenant: Tenant) -> bool:
    """Whether somebody's assignment reaches anything at all."""
    reaching = Q(covers_all_users=True) | Q(covers_all_devices=True) | Q(scope_groups__isnull=False)
    return RoleAssignment.objects.filter(
        reaching, tenant=tenant, admin_groups__people__is_active=True
    ).exists()


def _has_enrolled_device(tenant: Tenant) -> bool:
    return Device.objects.filter(tenant=tenant, enrolment=Enrolment.ENROLLED).exists()
