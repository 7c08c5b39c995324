"""Past sessions for the demo: each walks the state table, event by event, as a real one would."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.common.clock import now
from apps.devices.models import Device, Enrolment
from apps.sessions.models import HelpSession, Refusal, SessionEvent
from apps.sessions.states import Elevation, EndReason, Kind, State, may_elevate, may_step
from apps.tenants.models import Tenant, User
from apps.tenants.services import note_first_session

DAYS = 29
RECENT = timedelta(hours=2)
# What a month at a help desk looks like: mostly help, now and then something that did not come off.
ENDINGS: tuple[tuple[EndReason, int], ...] = (
    (EndReason.HELPER_LEFT, 22),
    (EndReason.SHARER_LEFT, 13),
    (EndReason.EXPIRED, 5),
    (EndReason.DECLINED, 3),
    (EndReason.TURNED_DOWN, 2),
    (EndReason.CONNECTION_LOST, 3),
    (EndReason.ABANDONED, 2),
    (EndReason.NOT_CONNECTED, 2),
    (EndReason.GROUND_LOST, 1),
    (EndReason.ENDED_BY_ADMIN, 1),
    (EndReason.TIME_LIMIT, 1),
)


class _Story:
    """One session being told: holds the row, its events and the moment that the story has reached."""

    def __init__(self, chance: random.Random, tenant: Tenant, helper: User, at: datetime) -> None:
        self.chance = chance
        self.at = at
        self.session = HelpSession(tenant=tenant, helper=helper, opened_at=at)
        self.events: list[SessionEvent] = []
        self.refusals: list[Refusal] = []
        self.note("opened", helper, new=State.WAITING)

    def aim(self, device: Device) -> None:
        """It was started from the device's page, which the owner's app told them."""
        self.session.aimed_at, self.session.device_name = device, device.name
        self.events[0].name = "opened_on_device"
        self.wait(0.4, 2)
        self.note("notice_shown", device.owner)

    def wait(self, shortest: float, longest: float) -> None:
        self.at += timedelta(seconds=self.chance.uniform(shortest, longest))

    def note(
        self, name: str, actor: User | None, *, old: str = "", new: str = "", detail: str = ""
    ) -> None:
        self.events.append(
            SessionEvent(
                session=self.session,
                actor=actor,
                name=name,
                old=old,
                new=new,
                detail=detail,
                at=self.at,
            )
        )

    def step(
        self, new: State, name: str, actor: User | None, *, detail: str = "", **stamps: Any
    ) -> None:
        old = State(self.session.state)
        if not may_step(old, new):
            raise ValueError(f"The state table has no step from {old} to {new}.")
        self.session.state = new
        for field, value in stamps.items():
            setattr(self.session, field, value)
        self.note(name, actor, old=old, new=new, detail=detail)

    def join(self, sharer: User, device: Device | None) -> None:
        """By the code, or by the invitation where the session is aimed at the device."""
        self.wait(20, 240)
        self.step(
            State.INTRODUCED,
            "invitation_opened" if self.session.aimed_at_id else "redeemed",
            sharer,
            sharer=sharer,
            device=device,
            device_name=device.name if device else "",
            app_version=device.app_version if device else "",
            introduced_at=self.at,
        )

    def ask(self, kind: Kind) -> None:
        self.wait(5, 60)
        self.step(
            State.REQUESTED,
            "requested",
            self.session.helper,
            detail=kind,
            kind=kind,
            requested_at=self.at,
        )

    def decline(self) -> None:
        self.wait(4, 40)
        kind = self.session.kind
        self.step(
            State.INTRODUCED,
            "declined",
            self.session.sharer,
            detail=kind,
            kind="",
            requested_at=None,
        )

    def allow(self) -> None:
        self.wait(3, 30)
        self.step(
            State.CONNECTING,
            "allowed",
            self.session.sharer,
            detail=self.session.kind,
            allowed_at=self.at,
        )

    def connect(self) -> None:
        self.wait(0.6, 2.5)
        self.step(State.ACTIVE, "connected", self.session.sharer, active_at=self.at)

    def elevate(self) -> None:
        if not may_elevate(State(self.session.state), self.session.kind):
            raise ValueError("Only an active full-control session can be elevated.")
        self.wait(30, 200)
        self.note("elevation_asked", self.session.helper)
        self.wait(4, 20)
        self.note("elevation_granted", self.session.sharer)
        self.session.elevation = Elevation.GRANTED
        self.session.was_elevated = True

    def end(self, reason: EndReason, actor: User | None, detail: str = "") -> None:
        self.step(
            State.ENDED,
            "ended",
            actor,
            detail=detail or reason.value,
            end_reason=reason,
            end_detail=detail,
            ended_by=actor,
            ended_at=self.at,
            expires_at=None,
        )


def _run(story: _Story, kind: Kind) -> None:
    """From the introduction to a live picture, and some time after it."""
    story.ask(kind)
    if story.chance.random() < 0.12:
        story.decline()
        story.ask(kind)
    story.allow()
    story.connect()
    if kind is Kind.FULL_CONTROL and story.chance.random() < 0.4:
        story.elevate()
    story.wait(90, 60 * story.chance.choice([4, 9, 9, 18, 40]))


def _leave(story: _Story, kind: Kind, reason: EndReason) -> None:
    _run(story, kind)
    session = story.session
    story.end(reason, session.helper if reason is EndReason.HELPER_LEFT else session.sharer)


def _lose(story: _Story, kind: Kind, reason: EndReason) -> None:
    _run(story, kind)
    story.note("socket_lost", None, detail="sharer")
    story.at += timedelta(seconds=30)
    story.end(reason, None)


def _run_out(story: _Story, kind: Kind, reason: EndReason) -> None:
    _run(story, kind)
    story.end(reason, None)


def _withdraw(story: _Story, kind: Kind, reason: EndReason) -> None:
    _run(story, kind)
    session = story.session
    is_ground = reason is EndReason.GROUND_LOST
    if is_ground:
        story.refusals.append(
            Refusal(
                tenant=session.tenant,
                session=session,
                helper=session.helper,
                sharer=session.sharer,
                step="running",
                code="no_sharer_seat",
                at=story.at,
            )
        )
    story.end(reason, None, detail="no_sharer_seat" if is_ground else "")


def _decline_for_good(story: _Story, kind: Kind, reason: EndReason) -> None:
    for _ in range(2):
        story.ask(kind)
        story.decline()
    story.ask(kind)
    story.wait(4, 40)
    story.note("declined", story.session.sharer, detail=kind)
    story.end(reason, story.session.sharer)


def _abandon(story: _Story, kind: Kind, reason: EndReason) -> None:
    story.at += timedelta(minutes=10)
    story.end(reason, None)


def _turn_down(story: _Story, device: Device) -> None:
    story.aim(device)
    story.wait(5, 60)
    story.end(EndReason.TURNED_DOWN, device.owner)


def _fail_to_connect(story: _Story, kind: Kind, reason: EndReason) -> None:
    story.ask(kind)
    story.allow()
    story.at += timedelta(minutes=2)
    story.end(reason, None)


_TELL: dict[EndReason, Callable[[_Story, Kind, EndReason], None]] = {
    EndReason.HELPER_LEFT: _leave,
    EndReason.SHARER_LEFT: _leave,
    EndReason.DECLINED: _decline_for_good,
    EndReason.CONNECTION_LOST: _lose,
    EndReason.ABANDONED: _abandon,
    EndReason.NOT_CONNECTED: _fail_to_connect,
    EndReason.GROUND_LOST: _withdraw,
    EndReason.ENDED_BY_ADMIN: _withdraw,
    EndReason.TIME_LIMIT: _run_out,
}


def _moments(chance: random.Random, number: int) -> list[datetime]:
    """Moments on working days, in working hours, of the last weeks; the newest a few hours old."""
    latest = now() - RECENT
    found: list[datetime] = []
    while len(found) < number:
        at = latest - timedelta(days=chance.randrange(DAYS))
        at = at.replace(hour=chance.randrange(6, 17), minute=chance.randrange(60))
        at = at.replace(second=chance.randrange(60), microsecond=chance.randrange(10**6))
        if at <= latest and (at.weekday() < 5 or chance.random() < 0.1):
            found.append(at)
    return sorted(found)


def _tell(
    story: _Story,
    reason: EndReason,
    *,
    sharers: Sequence[User],
    devices: Sequence[Device],
    may_control: bool,
) -> None:
    if reason is EndReason.EXPIRED:
        _abandon(story, Kind.VIEW_SCREEN, reason)
        return
    chance = story.chance
    if reason is EndReason.TURNED_DOWN:
        owners = {person.pk for person in sharers}
        theirs = [d for d in devices if d.owner_id in owners and d.enrolment == Enrolment.ENROLLED]
        _turn_down(story, chance.choice(theirs))
        return
    sharer = chance.choice(sharers)
    own = [device for device in devices if device.owner_id == sharer.pk]
    device = chance.choice(own) if own and chance.random() < 0.7 else None
    is_enrolled = device is not None and device.enrolment == Enrolment.ENROLLED
    if device is not None and is_enrolled and chance.random() < 0.4:
        story.aim(device)
    story.join(sharer, device)
    is_controlled = may_control and is_enrolled
    wants_control = is_controlled and chance.random() < 0.65
    _TELL[reason](story, Kind.FULL_CONTROL if wants_control else Kind.VIEW_SCREEN, reason)


def write_history(
    *,
    tenant: Tenant,
    helpers: Sequence[User],
    viewers: Sequence[User],
    sharers: Sequence[User],
    devices: Sequence[Device],
    number: int,
) -> None:
    """So many ended sessions of the last weeks. Only viewers' ones never have control."""
    chance = random.Random(tenant.slug)  # noqa: S311 the same story each time, no secret in it
    reasons, weights = zip(*ENDINGS, strict=True)
    # Every way to end occurs, if there is room; the rest as often as it would.
    endings = [*reasons, *chance.choices(reasons, weights, k=number)][:number]
    chance.shuffle(endings)
    stories = []
    for at, reason in zip(_moments(chance, number), endings, strict=True):
        is_viewer = bool(viewers) and chance.random() < 0.25
        helper = chance.choice(viewers if is_viewer else helpers)
        story = _Story(chance, tenant, helper, at)
        _tell(story, reason, sharers=sharers, devices=devices, may_control=not is_viewer)
        stories.append(story)
    HelpSession.objects.bulk_create([story.session for story in stories])
    SessionEvent.objects.bulk_create([event for story in stories for event in story.events])
    Refusal.objects.bulk_create([row for story in stories for row in story.refusals])
    if any(story.session.active_at for story in stories):
        note_first_session(tenant.pk)
