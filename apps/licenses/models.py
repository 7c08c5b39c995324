"""Licences, and the seats that they give."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id
from apps.tenants.models import Group, Tenant, User


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
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


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


class License(models.Model):
    """A number of seats for a time. Its state is read from the clock, never stored (L2, L3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="licenses"
    )
    product = models.CharField(_("product"), max_length=20, choices=Product)
    terms = models.CharField(_("terms"), max_length=10, choices=Terms, default=Terms.BOUGHT)
    quantity = models.PositiveIntegerField(_("seats"))
    ordered_at = models.DateTimeField(_("ordered"), default=now)
    activates_at = models.DateTimeField(_("active from"), default=now)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

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
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_product_display()} ({self.quantity})"

    def state_at(self, at: datetime) -> LicenseState:
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return LicenseState.CANCELLED
        if self.ends_at is not None and self.ends_at <= at:
            return LicenseState.EXPIRED
        return LicenseState.PENDING if self.activates_at > at else LicenseState.ACTIVE

    def has_ended_at(self, at: datetime) -> bool:
        """Whether it gives nobody anything any more, now or later. An expired one can be renewed."""
        return self.state_at(at) in (LicenseState.EXPIRED, LicenseState.CANCELLED)

    @property
    def state(self) -> LicenseState:
        return self.state_at(now())


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
