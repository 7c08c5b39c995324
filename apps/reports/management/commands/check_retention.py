"""`manage.py check_retention`: whether anything that names a person is older than 30 days (M4)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.reports import retention


class Command(BaseCommand):
    help = "Exits with 1 if anything that should be gone after 30 days is still there, or if the purge does not run."

    def handle(self, *args: Any, **options: Any) -> None:
        late = []
        for record in retention.oldest_records(None):
            said = record.at.isoformat() if record.at is not None else "none"
            self.stdout.write(f"{record.name}: oldest {said}{' LATE' if record.is_late else ''}")
            late += [record.name] if record.is_late else []
        last = retention.last_whole_run()
        self.stdout.write(f"last whole purge: {last.began_at.isoformat() if last else 'never'}")
        if late:
            raise CommandError(f"older than {retention.KEPT_FOR.days} days: {', '.join(late)}")
        if retention.is_overdue():
            raise CommandError("the purge has not run for more than a day; see docs/operators.md")
