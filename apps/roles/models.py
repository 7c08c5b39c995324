"""Roles, and the assignments that say who may help whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.common.ids import new_id
from apps.tenants.models import Group, Tenant


class Action(models.TextChoices):
    """What a role can allow: the permission category *Remote help app* (R1)."""

    VIEW_SCREEN = "view_screen", _("View screen")
    FULL_CONTROL = "full_control", _("Take full control")
    ELEVATION = "elevation", _("Elevation")


class Role(models.Model):
    """A named set of actions. A built-in role belongs to no tenant and is never edited (R2)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant,
        verbose_name=_("tenant"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="roles",
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    view_screen = models.BooleanField(Action.VIEW_SCREEN.label, default=False)
    full_control = models.BooleanField(Action.FULL_CONTROL.label, default=False)
    elevation = models.BooleanField(Action.ELEVATION.label, default=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="role_name_per_tenant"),
            models.UniqueConstraint(
                Lower("name"), condition=Q(tenant__isnull=True), name="built_in_role_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_built_in(self) -> bool:
        return self.tenant_id is None

    @property
    def actions(self) -> frozenset[Action]:
        return frozenset(action for action in Action if getattr(self, action.value))


class RoleAssignment(models.Model):
    """A role for the members of admin groups, over the members of scope groups (R4).

    No scope at all reaches nobody. `all_devices` never covers an unenrolled device.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="role_assignments"
    )
    role = models.ForeignKey(
        Role, verbose_name=_("role"), on_delete=models.PROTECT, related_name="assignments"
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    admin_groups = models.ManyToManyField(
        Group, verbose_name=_("admin groups"), related_name="assignments_as_admin"
    )
    scope_groups = models.ManyToManyField(
        Group, verbose_name=_("scope groups"), related_name="assignments_as_scope", blank=True
    )
    covers_all_users = models.BooleanField(_("all users"), default=False)
    covers_all_devices = models.BooleanField(_("all devices"), default=False)

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="assignment_name_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name
