"""Imports of people and memberships from a file."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.ids import new_id
from apps.tenants.models import Tenant, User


class ImportState(models.TextChoices):
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, waits for you")
    APPLYING = "applying", _("Being applied")
    DONE = "done", _("Done")
    FAILED = "failed", _("Not applied")


class Import(models.Model):
    """One file: what it would do, row by row, and what became of it. The text is kept only until it is applied or dropped."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, verbose_name=_("tenant"), on_delete=models.CASCADE, related_name="imports"
    )
    created_by = models.ForeignKey(
        User,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState, default=ImportState.CHECKING
    )
    makes_groups = models.BooleanField(_("make groups that are missing"), default=False)
    valid_rows_only = models.BooleanField(_("valid rows only"), default=False)
    number_of_rows = models.PositiveIntegerField(_("rows"), default=0)
    # Counts, the first faulty rows by number, and what refused the whole; goes with the row after 30 days (M4).
    report = models.JSONField(_("report"), default=dict)
    text = models.TextField(editable=False, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="import_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} UTC"
