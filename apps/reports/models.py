"""What the reports keep of their own; nothing here names anybody."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now
from apps.tenants.models import Tenant


class PurgeRun(models.Model):
    """One run of the purge: when, how many records it took away by kind, and whether any was left for the next (M4)."""

    began_at = models.DateTimeField(_("began"), default=now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    removed = models.JSONField(_("removed"), default=dict)
    is_whole = models.BooleanField(_("all was removed"), default=False)

    class Meta:
        verbose_name = _("purge run")
        verbose_name_plural = _("purge runs")
        ordering = ["-began_at", "-id"]
        indexes = [models.Index(fields=["-began_at", "-id"], name="purge_run_by_time")]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class PurgeShare(models.Model):
    """What a run took away of one tenant: how many records, by kind."""

    run = models.ForeignKey(
        PurgeRun, verbose_name=_("purge run"), on_delete=models.CASCADE, related_name="shares"
    )
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="+"
    )
    removed = models.JSONField(_("removed"), default=dict)

    class Meta:
        verbose_name = _("share of a purge run")
        verbose_name_plural = _("shares of purge runs")
        constraints = [
            models.UniqueConstraint(fields=["run", "tenant"], name="one_share_per_run_and_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.removed}"
