"""`manage.py verify_audit`: whether the audit logs are whole, and the seals to note elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants import audit
from apps.tenants.models import Tenant


class Command(BaseCommand):
    help = "Checks the audit log of every tenant, and prints the newest seal of each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenants", nargs="*", help="short names; without any, all tenants")
        parser.add_argument(
            "--known",
            action="append",
            default=[],
            metavar="TENANT:NUMBER:SEAL",
            help="a line that an earlier run printed: that entry must still be there as it was",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known: dict[str, list[tuple[int, str]]] = {}
        for line in options["known"]:
            slug, number, seal = self._noted(line)
            known.setdefault(slug, []).append((number, seal))
        wanted = set(options["tenants"]) | (set(known) if options["tenants"] else set())
        tenants = Tenant.objects.order_by("slug")
        tenants = tenants.filter(slug__in=wanted) if wanted else tenants
        if missing := (wanted | set(known)) - {tenant.slug for tenant in tenants}:
            raise CommandError(f"no such tenant: {', '.join(sorted(missing))}")
        broken = 0
        for tenant in tenants:
            verdict = audit.verify(tenant, known.get(tenant.slug, ()))
            broken += bool(verdict.faults)
            self.stdout.write(f"{tenant.slug}:{verdict.number}:{verdict.digest}")
            for fault in verdict.faults:
                self.stderr.write(f"{tenant.slug}: {fault}")
        if broken:
            raise CommandError(f"{broken} of {len(tenants)} audit logs are broken")

    def _noted(self, line: str) -> tuple[str, int, str]:
        slug, _colon, rest = line.partition(":")
        number, _colon, seal = rest.partition(":")
        if not (slug and number.isdecimal() and seal):
            raise CommandError(f"not of the form TENANT:NUMBER:SEAL: {line}")
        return slug, int(number), seal
