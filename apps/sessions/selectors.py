"""Sessions as an actor may see them, and the facts that a help decision stands on."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.common.clock import now
from apps.common.errors import NotFoundError
from apps.common.retention import by_tenant
from apps.devices.models import Device, DevicePresence, Enrolment
from apps.devices.selectors import FailedPolicy, failed_policies, find_person_on
from apps.licenses.models import Product
from apps.licenses.selectors import Standing, people_with_seat, standings
from apps.roles.models import Action
from apps.roles.selectors import actions_on
from apps.sessions.models import HelpSession, Refusal, Side
from apps.sessions.states import RUNNING, State
from apps.tenants.models import Cloud, Tenant, User
from apps.tenants.selectors import compliance_is_required, may_administer


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the help decision looks at. Plain values, so that the decision itself is pure."""

    at: datetime
    are_active: bool
    are_of_one_tenant: bool
    cloud: Cloud
    is_market_available: bool
    is_remote_help_enabled: bool
    license: Standing
    has_helper_seat: bool
    has_sharer_seat: bool
    actions: frozenset[Action]
    has_device: bool
    is_revoked: bool
    is_enrolled: bool
    lacks_base_license: bool
    are_unenrolled_devices_allowed: bool
    is_compliance_required: bool
    failed_policies: tuple[FailedPolicy, ...]
    app_version: str
    mandatory_app_version: str

    @property
    def is_compliant(self) -> bool:
        return self.is_enrolled and not self.failed_policies


def _tenant_by(pk: uuid.UUID | None) -> Tenant:
    tenant = Tenant.objects.select_related("market").filter(pk=pk).first() if pk else None
    if tenant is None:
        raise NotFoundError
    return tenant


def _people(helper_id: uuid.UUID, sharer_id: uuid.UUID | None) -> tuple[User, User | None]:
    """Both as they are now; a sharer whom nobody knows yet is None."""
    ids = {helper_id} | ({sharer_id} if sharer_id is not None else set())
    people = {p.pk: p for p in User.objects.filter(pk__in=ids)}
    if people.keys() != ids:
        raise NotFoundError
    return people[helper_id], people[sharer_id] if sharer_id is not None else None


def gather_facts(
    *,
    helper_id: uuid.UUID,
    sharer_id: uuid.UUID | None,
    device_id: uuid.UUID | None,
    app_version: str,
    at: datetime,
    running_since: datetime | None = None,
) -> Facts:
    """The facts as they stand in the database now; nothing is taken from objects that may be stale.

    `running_since`: licences that were in force at that moment and have ended since count (L3). Without a sharer,
    whatever is theirs alone is taken to be in order: it is asked again when they are known.
    """
    helper, sharer = _people(helper_id, sharer_id)
    tenant = _tenant_by(helper.tenant_id)
    device = Device.objects.filter(pk=device_id, tenant=tenant).first() if device_id else None
    licensed = standings(tenant.pk, at)
    has_base = running_since is not None or licensed[Product.DEVICE_MANAGEMENT].is_active
    says_enrolled = device is not None and device.enrolment == Enrolment.ENROLLED
    is_enrolled = says_enrolled and has_base  # L4
    seats = people_with_seat(
        tenant.pk,
        [helper_id] if sharer_id is None else [helper_id, sharer_id],
        at,
        since=running_since,
        # With no licence active, "not yet" is the licence check's to say, with the expected time (L2).
        or_pending=not licensed[Product.REMOTE_HELP].is_active,
    )
    actions = actions_on(
        helper,
        sharer_id=sharer_id,
        device_id=device.pk if device else None,
        is_device_enrolled=is_enrolled,
    )
    return Facts(
        at=at,
        are_active=helper.is_active and (sharer is None or sharer.is_active),
        are_of_one_tenant=sharer is None
        or (helper.tenant_id == sharer.tenant_id and helper_id != sharer_id),
        cloud=Cloud(tenant.cloud),
        is_market_available=tenant.market is None or tenant.market.is_available,
        is_remote_help_enabled=tenant.is_remote_help_enabled,
        license=licensed[Product.REMOTE_HELP],
        has_helper_seat=helper_id in seats,
        has_sharer_seat=sharer_id is None or sharer_id in seats,
        actions=actions,
        has_device=device is not None,
        is_revoked=device is not None and device.revoked_at is not None,
        is_enrolled=is_enrolled,
        lacks_base_license=says_enrolled and not has_base,
        are_unenrolled_devices_allowed=tenant.are_unenrolled_devices_allowed,
        is_compliance_required=compliance_is_required(
            tenant,
            person_id=sharer_id,
            covers_device=Q(devices=device.pk) if device is not None else None,
        ),
        failed_policies=tuple(failed_policies(device)) if device and is_enrolled else (),
        app_version=app_version,
        mandatory_app_version=tenant.mandatory_app_version,
    )


def sessions_of(actor: User) -> QuerySet[HelpSession]:
    """The sessions that this person is or was a participant of. Disabled people have none, programs that act for
    somebody neither."""
    if not actor.is_active or actor.tenant_id is None or actor.through is not None:
        return HelpSession.objects.none()
    return HelpSession.objects.filter(Q(helper=actor) | Q(sharer=actor), tenant=actor.tenant_id)


def session_for(actor: User, pk: uuid.UUID) -> tuple[HelpSession, Side]:
    """One session and the side that the actor is on; for everybody else it does not exist."""
    session = (
        sessions_of(actor)
        .select_related("helper", "sharer", "device", "tenant")
        .filter(pk=pk)
        .first()
    )
    side = session.side_of(actor) if session is not None else None
    if session is None or side is None:
        raise NotFoundError
    return session, side


def sessions_open_to(actor: User) -> QuerySet[HelpSession]:
    """The sessions that the actor may read about: their own, and the whole tenant's with *view reports*."""
    if may_administer(actor, "tenants.view_reports"):
        return HelpSession.objects.filter(tenant=actor.tenant_id)
    return sessions_of(actor)


def _is_expired(at: datetime) -> Q:
    return Q(expires_at__lte=at)


def _is_lost(at: datetime) -> Q:
    """As `services.core.is_lost` says it of one session."""
    reconnect_before = at - settings.REMOTEHELP_RECONNECT_WITHIN
    return Q(state__in=RUNNING) & (
        Q(helper_lost_at__lte=reconnect_before) | Q(sharer_lost_at__lte=reconnect_before)
    )


def unfinished_sessions_of(actor: User) -> QuerySet[HelpSession]:
    """What the person has open right now, newest first; several at once are fine (D5).

    By the clock: what has run out is not there, whether or not somebody has written its end down. A request
    that ran out is, for it only goes back to the choice.
    """
    at = now()
    return (
        sessions_of(actor)
        .filter(ended_at__isnull=True)
        .exclude(_is_lost(at))
        .exclude(_is_expired(at) & ~Q(state=State.REQUESTED))
        .select_related("helper", "sharer")
        .order_by("-opened_at")
    )


def last_refusal(session: HelpSession) -> Refusal | None:
    """The newest refusal in this session, for the page of the side that did not cause it."""
    return session.refusals.select_related("sharer").order_by("-at").first()


def due_sessions(at: datetime) -> QuerySet[HelpSession]:
    """Open sessions of which the clock has decided something that nobody has carried out yet."""
    return HelpSession.objects.open().filter(_is_expired(at) | _is_lost(at))


def oldest_session_end(tenant: Tenant | None) -> datetime | None:
    """When the session that ended first did so, of those that are still known; in the tenant, or on the whole site."""
    ended = HelpSession.objects.filter(ended_at__isnull=False)
    return _oldest(ended if tenant is None else ended.filter(tenant=tenant), "ended_at")


def oldest_refusal(tenant: Tenant | None) -> datetime | None:
    refusals = Refusal.objects.all()
    return _oldest(refusals if tenant is None else refusals.filter(tenant=tenant), "at")


def sessions_ended_by(before: datetime) -> dict[uuid.UUID, int]:
    """How many sessions ended then or earlier, by tenant."""
    return by_tenant(HelpSession.objects.filter(ended_at__lte=before))


def refusals_by(before: datetime) -> dict[uuid.UUID, int]:
    return by_tenant(Refusal.objects.filter(at__lte=before))


def _oldest(rows: QuerySet[Any], name: str) -> datetime | None:
    return rows.order_by(name).values_list(name, flat=True).first()


# --- sessions that are aimed at a device (D4) -----------------------------------------------------


def invitations_of(person: User, device_id: uuid.UUID) -> QuerySet[HelpSession]:
    """The sessions that wait for this person on that device, the oldest first. Never their own.

    That the device is enrolled and that the person is the one on it, whoever asks has found out.
    """
    return (
        HelpSession.objects.filter(
            tenant=person.tenant_id,
            aimed_at=device_id,
            aimed_at__enrolment=Enrolment.ENROLLED,
            state=State.WAITING,
            expires_at__gt=now(),
            helper__is_active=True,
        )
        .exclude(helper=person)
        .select_related("helper__tenant")
        .order_by("opened_at", "id")
    )


def channels_with_invitations(channels: Collection[str]) -> set[str]:
    """Those of these sockets of devices at which a session is aimed right now. One query."""
    waiting = HelpSession.objects.filter(
        aimed_at=OuterRef("device"), state=State.WAITING, expires_at__gt=now()
    )
    found = DevicePresence.objects.filter(Exists(waiting), channel__in=channels)
    return set(found.values_list("channel", flat=True))


def waiting_for_device(device_id: uuid.UUID) -> QuerySet[HelpSession]:
    """The sessions that wait for that device, whoever their helpers are."""
    return HelpSession.objects.filter(aimed_at=device_id, state=State.WAITING)


def is_notice_shown(session: HelpSession) -> bool:
    """Whether the app has said that the notice of this session is on its screen."""
    return session.events.filter(name="notice_shown").exists()


def own_waiting_session(helper: User, device_id: uuid.UUID) -> HelpSession | None:
    """The session of this helper that waits for that device, if there is one."""
    return (
        waiting_for_device(device_id)
        .filter(helper=helper, expires_at__gt=now())
        .order_by("-opened_at")
        .first()
    )


def find_expected_sharer(device: Device) -> User | None:
    """Who is most likely to be helped on the device: whoever is signed in there now, else its owner."""
    return find_person_on(device) or device.owner


SESSIONS_SHOWN_FOR = timedelta(days=30)


def sessions_on_device(actor: User, device: Device, number: int = 50) -> list[HelpSession]:
    """The sessions of the last 30 days on the device, or aimed at it, that the actor may read about; newest first."""
    return list(
        sessions_open_to(actor)
        .filter(Q(device=device) | Q(aimed_at=device), tenant=device.tenant_id)
        .filter(opened_at__gt=now() - SESSIONS_SHOWN_FOR)
        .select_related("helper", "sharer")
        .order_by("-opened_at", "-id")[:number]
    )


def unfinished_on_device(device: Device) -> list[HelpSession]:
    """What goes on on the device, or waits for it, whoever its people are."""
    found = HelpSession.objects.filter(Q(device=device) | Q(aimed_at=device), ended_at__isnull=True)
    return list(found.select_related("helper").order_by("opened_at", "id"))
