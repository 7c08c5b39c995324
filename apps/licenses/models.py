"""Licences, and the seats that they give."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id
from apps.tenants.models import Group, Tenant, User

MOST_SEATS = 1_000_000


class Product(models.TextChoices):
    """What is licensed: remote help itself (L1), or the base device management (L4)."""

    REMOTE_HELP = "remote_help", _("Remote help add-on")
    DEVICE_MANAGEMENT = "device_management", _("Device management (base)")


class Terms(models.TextChoices):
    BOUGHT = "bought", _("Bought")
    TRIAL = "trial", _("Trial")


class LicenseState(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    EXPIRING = "expiring", _("Expiring soon")  # in force like an active one
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


IN_FORCE = frozenset({LicenseState.ACTIVE, LicenseState.EXPIRING})
ENDED = frozenset({LicenseState.EXPIRED, LicenseState.CANCELLED})


class LicenseQuerySet(models.QuerySet["License"]):
    def active(self, at: datetime) -> LicenseQuerySet:
        """Licences in force at that moment, by the clock alone."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            activates_at__lte=at,
            cancelled_at__isnull=True,
        )

    def pending(self, at: datetime) -> LicenseQuerySet:
        """Licences that are ordered and not yet in force."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            activates_at__gt=at,
            cancelled_at__isnull=True,
        )

    def in_state(self, state: LicenseState, at: datetime) -> LicenseQuerySet:
        """Those of which `state_at` says so."""
        soon = at + settings.REMOTEHELP_LICENCE_WARNING
        if state is LicenseState.CANCELLED:
            return self.filter(cancelled_at__lte=at)
        if state is LicenseState.EXPIRED:
            return self.filter(cancelled_at__isnull=True, ends_at__lte=at)
        if state is LicenseState.PENDING:
            return self.pending(at)
        ends_soon = Q(ends_at__isnull=False, ends_at__lte=soon)
        return self.active(at).filter(
            ends_soon if state is LicenseState.EXPIRING else Q(ends_at__isnull=True) | ~ends_soon
        )


class License(models.Model):
    """A number of seats for a time. Its state is read from the clock, never stored (L2, L3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="licenses"
    )
    product = models.CharField(_("product"), max_length=20, choices=Product)
    terms = models.CharField(_("terms"), max_length=10, choices=Terms, default=Terms.BOUGHT)
    quantity = models.PositiveIntegerField(
        _("seats"), validators=[MinValueValidator(1), MaxValueValidator(MOST_SEATS)]
    )
    ordered_at = models.DateTimeField(_("ordered"), default=now)
    activates_at = models.DateTimeField(_("active from"), default=now)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    is_another_trial_allowed = models.BooleanField(
        _("another trial allowed"),
        default=False,
        help_text=_("After this trial the organisation may start one more of the same product."),
    )
    # What the worker has last written down; the state itself is read from the clock.
    noted_state = models.CharField(
        _("state"),
        max_length=10,
        choices=LicenseState,
        default=LicenseState.PENDING,
        editable=False,
    )

    objects = LicenseQuerySet.as_manager()

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        ordering = ["-ordered_at"]
        indexes = [models.Index(fields=["tenant", "product"], name="license_by_product")]
        constraints = [
            models.CheckConstraint(
                condition=Q(product__in=Product.values), name="license_product_known"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="license_has_seats"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("activates_at")),
                name="license_ends_after_it_starts",
                violation_error_message=_("The end is before the start."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "product"],
                condition=Q(terms=Terms.TRIAL, is_another_trial_allowed=False),
                name="one_trial_per_tenant_and_product",
                violation_error_message=_(
                    "The organisation has already had a trial of this product. Allow another one on that trial first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_product_display()} ({self.quantity})"

    def state_at(self, at: datetime) -> LicenseState:
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return LicenseState.CANCELLED
        if self.ends_at is not None and self.ends_at <= at:
            return LicenseState.EXPIRED
        if self.activates_at > at:
            return LicenseState.PENDING
        is_ending = self.ends_at is not None and (
            self.ends_at <= at + settings.REMOTEHELP_LICENCE_WARNING
        )
        return LicenseState.EXPIRING if is_ending else LicenseState.ACTIVE

    def state_to_note(self, at: datetime) -> LicenseState:
        """As it is written down: that it expires soon is no change of its own."""
        state = self.state_at(at)
        return LicenseState.ACTIVE if state in IN_FORCE else state

    @property
    def state(self) -> LicenseState:
        return self.state_at(now())

    @property
    def last_day(self) -> date | None:
        """The last day on which it is in force."""
        return None if self.ends_at is None else last_day_before(self.ends_at)

    @property
    def has_seats(self) -> bool:
        """Whether its seats are given to people: those of the base subscription are the organisation's as a whole."""
        return self.product == Product.REMOTE_HELP


def last_day_before(ends_at: datetime) -> date:
    return (ends_at - timedelta(microseconds=1)).astimezone(UTC).date()


def end_of(last_day: date) -> datetime:
    """The moment at which a licence ends that is in force on that day, and not after it."""
    return datetime.combine(last_day + timedelta(days=1), time.min, UTC)


class Seat(models.Model):
    """A licence's seat for one person, or one for each member of a group."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    license = models.ForeignKey(
        License, verbose_name=_("licence"), on_delete=models.CASCADE, related_name="seats"
    )
    person = models.ForeignKey(
        User,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="seats",
    )
    group = models.ForeignKey(
        Group,
        verbose_name=_("group"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="seats",
    )
    assigned_at = models.DateTimeField(_("assigned"), default=now)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["assigned_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, group__isnull=True)
                | Q(person__isnull=True, group__isnull=False),
                name="seat_is_for_a_person_or_a_group",
            ),
            models.UniqueConstraint(
                fields=["license", "person"],
                condition=Q(person__isnull=False),
                name="one_seat_per_person_and_license",
            ),
            models.UniqueConstraint(
                fields=["license", "group"],
                condition=Q(group__isnull=False),
                name="one_seat_per_group_and_license",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or self.group)
