"""What the reports keep of their own; nothing here names anybody."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.clock import now


class PurgeRun(models.Model):
    """One run of the purge: when, what it took away by kind, and whether anything was left for the next (M4)."""

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
