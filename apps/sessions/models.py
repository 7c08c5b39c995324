"""Sessions, their codes, their events, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id
from apps.devices.models import Device
from apps.sessions import partitions
from apps.sessions.states import Elevation, EndReason, Kind, State
from apps.tenants.models import Tenant, User


class Side(models.TextChoices):
    HELPER = "helper", _("Helper")
    SHARER = "sharer", _("Sharer")

    @property
    def other(self) -> Side:
        return Side.SHARER if self is Side.HELPER else Side.HELPER


class HelpSessionQuerySet(models.QuerySet["HelpSession"]):
    def open(self) -> HelpSessionQuerySet:
        """Not ended yet. The index `session_open` answers it however many ended ones there are."""
        return self.filter(ended_at__isnull=True)

    def bulk_create(
        self, objs: Iterable[HelpSession], *args: Any, **kwargs: Any
    ) -> list[HelpSession]:
        made = list(objs)
        for session in made:
            partitions.ensure_for(session.pk)
        return super().bulk_create(made, *args, **kwargs)

    def live(self) -> HelpSessionQuerySet:
        """Consented to and not ended: what *active sessions* counts (M1)."""
        return self.filter(state__in=[State.CONNECTING, State.ACTIVE])


class HelpSession(models.Model):
    """One session of a helper and, once the code is redeemed, a sharer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="help_sessions"
    )
    helper = models.ForeignKey(
        User, verbose_name=_("helper"), on_delete=models.PROTECT, related_name="sessions_given"
    )
    sharer = models.ForeignKey(
        User,
        verbose_name=_("sharer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions_received",
    )
    # No device: the sharer shares from a plain browser, or from a device without a record (M3).
    device = models.ForeignKey(
        Device,
        verbose_name=_("device"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="help_sessions",
    )
    device_name = models.CharField(_("device name"), max_length=120, blank=True)
    # A session started from a device's page may be joined from that device only (D4). It has the device's name
    # from the start, so that nobody else joins when the device is deleted meanwhile.
    aimed_at = models.ForeignKey(
        Device,
        verbose_name=_("aimed at"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    app_version = models.CharField(_("app version"), max_length=20, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, blank=True)
    elevation = models.CharField(
        _("elevation"), max_length=8, choices=Elevation, default=Elevation.NONE
    )
    was_elevated = models.BooleanField(_("elevation was used"), default=False)
    end_reason = models.CharField(_("end reason"), max_length=16, choices=EndReason, blank=True)
    end_detail = models.CharField(_("end detail"), max_length=40, blank=True)
    ended_by = models.ForeignKey(
        User,
        verbose_name=_("ended by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    opened_at = models.DateTimeField(_("opened"), default=now)
    introduced_at = models.DateTimeField(_("introduced"), null=True, blank=True)
    requested_at = models.DateTimeField(_("requested"), null=True, blank=True)
    allowed_at = models.DateTimeField(_("allowed"), null=True, blank=True)
    active_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # When the present state runs out by itself; none while the session is active.
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    # The live socket of each side, and since when it has none or sees no media.
    helper_channel = models.CharField(max_length=100, blank=True, editable=False)
    sharer_channel = models.CharField(max_length=100, blank=True, editable=False)
    helper_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    sharer_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    helper_lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    sharer_lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    helper_has_media = models.BooleanField(default=False, editable=False)
    sharer_has_media = models.BooleanField(default=False, editable=False)

    objects = HelpSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("remote help session")
        verbose_name_plural = _("remote help sessions")
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["tenant", "-opened_at", "-id"], name="session_by_tenant"),
            models.Index(fields=["helper", "-opened_at", "-id"], name="session_by_helper"),
            models.Index(fields=["sharer", "-opened_at", "-id"], name="session_by_sharer"),
            models.Index(
                fields=["tenant", "state"], condition=Q(ended_at__isnull=True), name="session_open"
            ),
            models.Index(
                fields=["tenant", "ended_at"],
                condition=Q(ended_at__isnull=False),
                name="session_by_end",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="session_state_known"),
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=Kind.values), name="session_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=State.ENDED, ended_at__isnull=False, end_reason__in=EndReason.values
                )
                | (~Q(state=State.ENDED) & Q(ended_at__isnull=True, end_reason="")),
                name="session_ended_has_time_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.WAITING, State.ENDED]) | Q(sharer__isnull=False),
                name="session_under_way_has_sharer",
            ),
            models.CheckConstraint(
                condition=Q(sharer__isnull=True) | ~Q(sharer=F("helper")),
                name="session_of_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            partitions.ensure_for(self.pk)
        super().save(*args, **kwargs)

    def side_of(self, person: User) -> Side | None:
        """Which side that person is on; None for everybody else."""
        if person.pk == self.helper_id:
            return Side.HELPER
        if self.sharer_id is not None and person.pk == self.sharer_id:
            return Side.SHARER
        return None

    def person_on(self, side: Side) -> User | None:
        return self.helper if side is Side.HELPER else self.sharer

    @property
    def is_aimed(self) -> bool:
        """Whether it waits for one device and no other."""
        return self.state == State.WAITING and (
            self.aimed_at_id is not None or bool(self.device_name)
        )

    @property
    def is_ended(self) -> bool:
        return self.state == State.ENDED

    @property
    def is_live(self) -> bool:
        return self.state in (State.CONNECTING, State.ACTIVE)

    @property
    def lasted_for(self) -> timedelta | None:
        """From the first picture to the end, or to now; None if there never was a picture."""
        if self.active_at is None:
            return None
        return (self.ended_at or now()) - self.active_at

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at and not self.is_ended


class SecurityCode(models.Model):
    """A code that was issued for a session; only its keyed hash is kept. Single use."""

    session = models.ForeignKey(
        HelpSession, verbose_name=_("session"), on_delete=models.CASCADE, related_name="codes"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField(_("issued"), default=now)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    class Meta:
        verbose_name = _("security code")
        verbose_name_plural = _("security codes")
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(used_at__isnull=True, replaced_at__isnull=True),
                name="one_live_code_per_session",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class EntryTries(models.Model):
    """How often somebody, or some address, entered a wrong code lately. Shared by all processes."""

    key = models.CharField(max_length=80, primary_key=True)
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=now)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("code entry tries")
        verbose_name_plural = _("code entry tries")

    def __str__(self) -> str:
        return self.key


class SessionEvent(models.Model):
    """One row for each step of a session: who, from what, to what, when. Never content (M5)."""

    session = models.ForeignKey(
        HelpSession, verbose_name=_("session"), on_delete=models.CASCADE, related_name="events"
    )
    actor = models.ForeignKey(
        User,
        verbose_name=_("actor"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    name = models.CharField(_("event"), max_length=30)
    old = models.CharField(_("from"), max_length=12, blank=True)
    new = models.CharField(_("to"), max_length=12, blank=True)
    detail = models.CharField(_("detail"), max_length=60, blank=True)
    at = models.DateTimeField(_("at"), default=now)

    class Meta:
        verbose_name = _("session event")
        verbose_name_plural = _("session events")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["session", "at", "id"], name="event_by_session")]

    def __str__(self) -> str:
        return f"{self.name} {self.old} {self.new}".strip()


class Refusal(models.Model):
    """A help decision that said no, for the monitor and for *why may I not help?* (R7)."""

    STEPS: ClassVar[tuple[str, ...]] = (
        "open",  # a session aimed at a device
        "redeem",
        "device",  # which is not there, though the session is
        "join",  # from the device that it is aimed at
        "request",
        "allow",
        "elevate",
        "running",
    )

    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="refusals"
    )
    session = models.ForeignKey(
        HelpSession,
        verbose_name=_("session"),
        null=True,
        on_delete=models.CASCADE,
        related_name="refusals",
    )
    helper = models.ForeignKey(
        User, verbose_name=_("helper"), on_delete=models.CASCADE, related_name="+"
    )
    sharer = models.ForeignKey(
        User, verbose_name=_("sharer"), null=True, on_delete=models.CASCADE, related_name="+"
    )
    step = models.CharField(_("step"), max_length=10)
    code = models.CharField(_("reason"), max_length=40)
    at = models.DateTimeField(_("at"), default=now)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["tenant", "-at"], name="refusal_by_tenant"),
            models.Index(fields=["at"], name="refusal_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.code}"
