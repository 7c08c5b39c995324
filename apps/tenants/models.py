"""Organisations, their people and groups."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.common.ids import new_id

VERSION = RegexValidator(r"^\d{1,5}(\.\d{1,5}){0,3}$", _("Enter a version such as 1.4.0."))


class Cloud(models.TextChoices):
    """Where the tenant lives; only the public cloud is supported (T4)."""

    PUBLIC = "public", _("Public cloud")
    GCC = "gcc", _("Government cloud (GCC)")
    GCC_HIGH = "gcc_high", _("Government cloud (GCC High)")
    DOD = "dod", _("Government cloud (DoD)")


class Market(models.Model):
    """A country or region, and whether remote help is offered there (T4)."""

    code = models.CharField(_("code"), max_length=2, primary_key=True)
    is_available = models.BooleanField(_("available"), default=True)

    class Meta:
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Tenant(models.Model):
    """One organisation. Nothing of it is visible to another (T3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("company name"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    directory_id = models.UUIDField(
        _("directory id"),
        null=True,
        blank=True,
        unique=True,
        help_text=_("The organisation's id in its own directory: the tid claim at sign-in."),
    )
    cloud = models.CharField(_("cloud"), max_length=10, choices=Cloud, default=Cloud.PUBLIC)
    market = models.ForeignKey(
        Market, verbose_name=_("market"), null=True, blank=True, on_delete=models.PROTECT
    )
    is_remote_help_enabled = models.BooleanField(_("remote help"), default=True)
    are_unenrolled_devices_allowed = models.BooleanField(
        _("allow remote help to unenrolled devices"), default=False
    )
    is_chat_enabled = models.BooleanField(_("chat"), default=True)
    is_sign_out_at_end = models.BooleanField(
        _("sign the sharer out at the end of every session"), default=False
    )
    is_compliance_required = models.BooleanField(
        _("conditional access: require a compliant device"), default=False
    )
    recommended_app_version = models.CharField(
        _("recommended app version"), max_length=20, blank=True, validators=[VERSION]
    )
    mandatory_app_version = models.CharField(
        _("mandatory app version"), max_length=20, blank=True, validators=[VERSION]
    )
    # Whom the policy covers: people as sharers, and devices. No group at all: everybody.
    compliance_groups: models.ManyToManyField[Group, Any] = models.ManyToManyField(
        "tenants.Group",
        verbose_name=_("conditional access covers"),
        related_name="compliance_required_by",
        blank=True,
    )
    code_valid_minutes = models.PositiveSmallIntegerField(
        _("security codes are valid for (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(30)],
        help_text=_("From 2 to 30. Empty: 10."),
    )
    longest_session_minutes = models.PositiveSmallIntegerField(
        _("a session lasts at most (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(15), MaxValueValidator(1440)],
        help_text=_("From 15 to 1440. Empty: as long as both like."),
    )
    first_session_at = models.DateTimeField(
        _("first session"), null=True, blank=True, editable=False
    )
    # An administrator needs the set-up list no more, before the first session has happened.
    setup_dismissed_at = models.DateTimeField(
        _("set-up list dismissed"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]
        # Who may administer what of the tenant; given per tenant through guardian (product.md 4).
        permissions = [
            ("manage_settings", "Can manage the tenant's remote help settings"),
            ("manage_people", "Can manage the tenant's people and groups"),
            ("manage_roles", "Can manage the tenant's roles and assignments"),
            ("manage_devices", "Can manage the tenant's devices"),
            ("manage_licenses", "Can manage the tenant's licences"),
            ("view_reports", "Can view all remote help sessions of the tenant"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cloud__in=Cloud.values), name="tenant_cloud_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VerifiedDomain(models.Model):
    """A domain that was proved to be the tenant's; a person's sign-in domain is one of them (T5)."""

    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="domains"
    )
    name = models.CharField(_("domain"), max_length=253)
    is_primary = models.BooleanField(_("primary"), default=False)
    verified_at = models.DateTimeField(_("verified"), auto_now_add=True)

    class Meta:
        verbose_name = _("verified domain")
        verbose_name_plural = _("verified domains")
        ordering = ["-is_primary", "name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="domain_belongs_to_one_tenant"),
            models.UniqueConstraint(
                "tenant",
                condition=models.Q(is_primary=True),
                name="one_primary_domain_per_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DomainClaim(models.Model):
    """A domain that a tenant says is its own, until a DNS record proves it. It decides nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="domain_claims"
    )
    name = models.CharField(_("domain"), max_length=253)
    token = models.CharField(_("token"), max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    checked_at = models.DateTimeField(_("last checked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("domain to be verified")
        verbose_name_plural = _("domains to be verified")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "tenant", Lower("name"), name="one_claim_per_domain_and_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def picture_path(user: User, filename: str) -> str:
    """Where a profile picture lies: a random name, so that a path tells nothing."""
    return f"pictures/{uuid.uuid4().hex}.webp"


@dataclass(frozen=True, slots=True)
class Through:
    """The API client by which a person acts: what it is called, and what it narrows their rights to."""

    id: uuid.UUID
    name: str
    scopes: frozenset[str]


class User(AbstractUser):
    """A person. A person without a tenant runs the site and takes part in no session."""

    # Of the one object that stands for the person while a client of theirs asks; never stored. Whoever asks what they
    # may do is answered for the client (docs/decisions/api-clients.md).
    through: Through | None = None

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Opaque: people sign in with their address or through their organisation, never with this.
    username = models.CharField(max_length=64, unique=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant,
        verbose_name=_("tenant"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="people",
    )
    directory_oid = models.CharField(
        _("directory object id"),
        max_length=100,
        blank=True,
        help_text=_("The person's id in the organisation's directory: the oid claim at sign-in."),
    )
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    picture = models.ImageField(_("picture"), upload_to=picture_path, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)

    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            models.Index(fields=["tenant", "last_name", "first_name"], name="person_by_name"),
        ]
        constraints = [
            # A person of the directory is known by (tid, oid), never by address.
            models.UniqueConstraint(
                fields=["tenant", "directory_oid"],
                condition=~models.Q(directory_oid=""),
                name="one_person_per_directory_id",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(directory_oid="") & ~models.Q(email=""),
                name="one_local_account_per_address",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return self.get_full_name() or self.email

    @property
    def initials(self) -> str:
        letters = [name[0] for name in (self.first_name, self.last_name) if name]
        return "".join(letters).upper() or self.email[:1].upper()


class Group(models.Model):
    """A directory group of people; devices join it from their own side. Never an `auth.Group`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="groups"
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    people = models.ManyToManyField(
        User, verbose_name=_("people"), related_name="directory_groups", blank=True
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="group_name_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name


class ApiClient(models.Model):
    """A program that administers the tenant, by OAuth client credentials, with some rights of one administrator.

    The name, secret hash and grant are allauth's; here is whose rights bound it, and until when. A stopped one stays to
    be read about.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="api_clients"
    )
    name = models.CharField(_("name"), max_length=100)
    oauth = models.OneToOneField(
        "allauth_idp_oidc.Client",
        verbose_name=_("client id"),
        on_delete=models.CASCADE,
        related_name="api_client",
        editable=False,
    )
    # Without the person there are no rights.
    acts_for = models.ForeignKey(
        User,
        verbose_name=_("acts for"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="api_clients",
        help_text=_("It can never do more than this administrator can."),
    )
    scopes = models.JSONField(_("scopes"), default=list)
    expires_at = models.DateTimeField(_("expires"))
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                condition=models.Q(revoked_at__isnull=True),
                name="api_client_name_per_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_usable(self, at: datetime) -> bool:
        """Whether it may ask at all; what it may do then is asked of the person too."""
        return self.revoked_at is None and self.expires_at > at and self.acts_for_id is not None


class Act(models.TextChoices):
    """What an administrator can do to a thing. Which thing it was stands beside it."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")
    CANCELLED = "cancelled", _("Cancelled")
    REVOKED = "revoked", _("Revoked")
    RESTORED = "restored", _("Restored")
    GRANTED = "granted", _("Rights given")
    WITHDRAWN = "withdrawn", _("Rights taken away")
    PASSWORD_SET = "password_set", _("Password set")
    IMPORTED = "imported", _("Imported")
    LINKED = "linked", _("Sign-in link made")
    VERIFIED = "verified", _("Verified")


class Origin(models.TextChoices):
    """From where an administrative change came."""

    PERSON = "person", _("An administrator of the organisation")
    OPERATOR = "operator", _("The site's operator")
    CLIENT = "client", _("An API client")
    SITE = "site", _("The site itself")


class AuditEntry(models.Model):
    """One administrative change, sealed into its tenant's chain. Only `audit.record` writes these.

    `facts` name nobody and stay. `names` hold who did it and whatever else names people; they are emptied
    after 30 days (M4), with the two columns that only serve to search. The seal covers `facts` and the
    digest of `names`, so it holds before and after.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="audit_entries"
    )
    number = models.PositiveBigIntegerField(_("number"))
    at = models.DateTimeField(_("when"))
    act = models.CharField(_("what"), max_length=20, choices=Act)
    target_kind = models.CharField(_("kind of thing"), max_length=60)
    origin = models.CharField(_("from"), max_length=10, choices=Origin)
    facts = models.JSONField(_("facts"))
    names = models.JSONField(_("names"), null=True)
    salt = models.CharField(max_length=32, blank=True)
    names_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField(_("seal"), max_length=64)
    actor = models.ForeignKey(
        User,
        verbose_name=_("who"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    target_key = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["tenant", "at", "id"], name="audit_by_time"),
            models.Index(fields=["tenant", "target_key"], name="audit_by_target"),
            models.Index(
                fields=["at"], condition=models.Q(names__isnull=False), name="audit_with_names"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="audit_number_per_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_act_display()}"


class AuditHead(models.Model):
    """The end of a tenant's chain: the number and the seal of its newest entry."""

    tenant = models.OneToOneField(
        Tenant,
        verbose_name=_("tenant"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="audit_head",
    )
    number = models.PositiveBigIntegerField(_("number"), default=0)
    digest = models.CharField(_("seal"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("end of the audit log")
        verbose_name_plural = _("ends of the audit logs")

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
