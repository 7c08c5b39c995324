"""What the reports write: the purge, and the daily figures."""

from apps.reports.services.retention import purge

__all__ = ["purge"]
