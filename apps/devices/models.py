"""Devices, the policies that they have to meet, and whether they do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id
from apps.common.versions import sortable
from apps.devices import rules
from apps.tenants.models import VERSION, Group, Tenant, User

# When a device was seen that never was: the list sorts by it.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class System(models.TextChoices):
    LINUX = "linux", "Linux"
    WINDOWS = "windows", "Windows"
    MACOS = "macos", "macOS"


class Enrolment(models.TextChoices):
    ENROLLED = "enrolled", _("Enrolled")
    UNENROLLED = "unenrolled", _("Not enrolled")


if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField


class SortableVersionField(_TextField):
    """The row's `app_version` as a text that sorts as versions do; written whenever the row is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "max_length": 23, "editable": False, "blank": True})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = sortable(getattr(model_instance, "app_version", ""))
        setattr(model_instance, self.attname, value)
        return value


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
    app_version_key = SortableVersionField(default="")
    note = models.CharField(_("note"), max_length=500, blank=True)
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
        # What the list of devices is sorted by.
        indexes = [
            models.Index(fields=["tenant", "name", "id"], name="device_by_name"),
            models.Index(fields=["tenant", "app_version_key", "id"], name="device_by_app"),
            models.Index(
                F("tenant"),
                Coalesce(F("last_seen_at"), Value(NEVER)),
                F("id"),
                name="device_by_seen",
            ),
        ]
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

    Rule = rules.Rule

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="policies"
    )
    name = models.CharField(_("name"), max_length=120)
    rule = models.CharField(_("rule"), max_length=20, choices=rules.Rule)
    value = models.CharField(
        _("value"),
        max_length=60,
        blank=True,
        help_text=_("A version, or a number; empty where the rule takes none."),
    )
    # A version means something on one system only.
    system = models.CharField(
        _("operating system"),
        max_length=10,
        choices=System,
        blank=True,
        help_text=_("Empty: whatever their system is."),
    )
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

    @property
    def asks(self) -> str:
        """What it asks, as a sentence."""
        return rules.asked_in_words(self.rule, self.value)

    def clean(self) -> None:
        if said := rules.problem_with(self.rule, self.value):
            raise ValidationError({"value": said})


class Evaluation(models.Model):
    """That a policy is to be asked of all devices that it covers, and how far that has come.

    Written in the transaction of whatever made it necessary, so that it is done whatever happens to the worker.
    """

    policy = models.OneToOneField(
        Policy,
        verbose_name=_("policy"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="evaluation",
    )
    wanted_at = models.DateTimeField(_("wanted"))
    # The last sign of life of whoever does it; nobody, or nobody alive, leaves it to the next.
    claimed_at = models.DateTimeField(_("at work"), null=True)
    total = models.PositiveIntegerField(_("devices in all"), null=True)
    done = models.PositiveIntegerField(_("devices done"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-wanted_at"]
        indexes = [
            models.Index(
                fields=["wanted_at"], condition=Q(ended_at__isnull=True), name="evaluation_open"
            ),
        ]

    def __str__(self) -> str:
        return str(self.policy)

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


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
    updates_pending = models.PositiveIntegerField(_("updates pending"), null=True)
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


class SavedView(models.Model):
    """Filters and order of the list of devices under a name: one person's own, or shared with the tenant.

    What it shows is for whoever opens it to see, as ever.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="device_views"
    )
    # Nobody's own is everybody's.
    person = models.ForeignKey(
        User,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="device_views",
        help_text=_("Empty: shared with everybody who sees devices."),
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.JSONField(_("filters and order"), default=dict, blank=True)

    class Meta:
        verbose_name = _("saved view of devices")
        verbose_name_plural = _("saved views of devices")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                condition=Q(person__isnull=True),
                name="shared_device_view_name",
            ),
            models.UniqueConstraint(
                "person",
                Lower("name"),
                condition=Q(person__isnull=False),
                name="own_device_view_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.person_id is None
