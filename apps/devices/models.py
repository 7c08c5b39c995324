"""Devices, the policies that they have to meet, and whether they do."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id
from apps.tenants.models import VERSION, Group, Tenant, User


class System(models.TextChoices):
    LINUX = "linux", "Linux"
    WINDOWS = "windows", "Windows"
    MACOS = "macos", "macOS"


class Enrolment(models.TextChoices):
    ENROLLED = "enrolled", _("Enrolled")
    UNENROLLED = "unenrolled", _("Not enrolled")


class EnrolmentToken(models.Model):
    """Lets devices enrol themselves in the tenant. Only a keyed hash of it is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="enrolment_tokens"
    )
    name = models.CharField(_("name"), max_length=120)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    uses_left = models.PositiveIntegerField(
        _("uses left"), null=True, blank=True, help_text=_("Empty: as often as you like.")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    created_by = models.ForeignKey(
        User,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = _("enrolment token")
        verbose_name_plural = _("enrolment tokens")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def is_usable(self, at: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > at and self.uses_left != 0


class Device(models.Model):
    """A machine that takes part. What it says of itself is believed only after enrolment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="devices"
    )
    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        User,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="devices",
    )
    system = models.CharField(_("operating system"), max_length=10, choices=System)
    system_version = models.CharField(_("system version"), max_length=60, blank=True)
    enrolment = models.CharField(
        _("enrolment"), max_length=12, choices=Enrolment, default=Enrolment.UNENROLLED
    )
    app_version = models.CharField(
        _("app version"), max_length=20, blank=True, validators=[VERSION]
    )
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    # Ed25519, base64url; the device holds the other half. Empty for a device that was entered by hand.
    public_key = models.CharField(max_length=43, blank=True, editable=False)
    enrolled_at = models.DateTimeField(_("enrolled"), null=True, blank=True, editable=False)
    enrolled_with = models.ForeignKey(
        EnrolmentToken,
        verbose_name=_("enrolled with"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="devices",
        editable=False,
    )
    # A revoked device takes part in nothing, and its key never enrols again.
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    groups = models.ManyToManyField(
        Group, verbose_name=_("groups"), related_name="devices", blank=True
    )

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["tenant", "name", "id"], name="device_by_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(enrolment__in=Enrolment.values), name="device_enrolment_known"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(enrolment=Enrolment.UNENROLLED),
                name="device_revoked_is_unenrolled",
                violation_error_message=_("This device is revoked. Restore it first."),
            ),
            models.UniqueConstraint(
                fields=["tenant", "public_key"],
                condition=~Q(public_key=""),
                name="device_key_per_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """What a device has to meet to be compliant. Assigned to groups of devices, or to all (D2)."""

    class Rule(models.TextChoices):
        DISK_ENCRYPTED = "disk_encrypted", _("The disk is encrypted")
        SCREEN_LOCK = "screen_lock", _("The screen locks by itself")
        FIREWALL = "firewall", _("A firewall is on")
        SYSTEM_VERSION = "system_version", _("The system has at least this version")
        UPDATE_AGE = "update_age", _("The last update is at most this many days old")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="policies"
    )
    name = models.CharField(_("name"), max_length=120)
    rule = models.CharField(_("rule"), max_length=20, choices=Rule)
    value = models.CharField(_("value"), max_length=60, blank=True)
    covers_all_devices = models.BooleanField(_("all devices"), default=False)
    groups = models.ManyToManyField(
        Group, verbose_name=_("groups"), related_name="policies", blank=True
    )

    class Meta:
        verbose_name = _("compliance policy")
        verbose_name_plural = _("compliance policies")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="policy_name_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyResult(models.Model):
    """What one policy said of one device when it was last evaluated."""

    device = models.ForeignKey(
        Device, verbose_name=_("device"), on_delete=models.CASCADE, related_name="policy_results"
    )
    policy = models.ForeignKey(
        Policy, verbose_name=_("policy"), on_delete=models.CASCADE, related_name="results"
    )
    is_met = models.BooleanField(_("met"))
    found = models.CharField(_("found"), max_length=200, blank=True)
    evaluated_at = models.DateTimeField(_("evaluated"))

    class Meta:
        verbose_name = _("policy result")
        verbose_name_plural = _("policy results")
        ordering = ["policy__name"]
        constraints = [
            models.UniqueConstraint(fields=["device", "policy"], name="one_result_per_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.is_met}"


class DeviceReport(models.Model):
    """What an enrolled device last said of itself; None for what it could not find out."""

    device = models.OneToOneField(
        Device,
        verbose_name=_("device"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="report",
    )
    disk_encrypted = models.BooleanField(_("disk encrypted"), null=True)
    screen_lock = models.BooleanField(_("screen locks by itself"), null=True)
    firewall = models.BooleanField(_("firewall on"), null=True)
    update_age_days = models.PositiveIntegerField(_("days since the last update"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("device report")
        verbose_name_plural = _("device reports")

    def __str__(self) -> str:
        return str(self.device)


class DevicePresence(models.Model):
    """A person's app on a device holds its socket, in whichever process; one socket for the two of them."""

    device = models.ForeignKey(
        Device, verbose_name=_("device"), on_delete=models.CASCADE, related_name="presences"
    )
    person = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="device_presences"
    )
    channel = models.CharField(max_length=100, unique=True, editable=False)
    since = models.DateTimeField(_("since"), default=now)
    # Without an index: every socket's is written anew three times a minute.
    seen_at = models.DateTimeField(_("last seen"), default=now)

    class Meta:
        verbose_name = _("connected device")
        verbose_name_plural = _("connected devices")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "person"], name="one_socket_per_device_and_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device}: {self.person}"


class SpentProof(models.Model):
    """A device's proof that was accepted once, until it is too old to be accepted anyway."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("spent proof")
        verbose_name_plural = _("spent proofs")

    def __str__(self) -> str:
        return self.digest[:8]
