"""The demo: two organisations with people, devices and past sessions, in the embedded database only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from apps.tenants.models import Tenant
from remotehelp_site.demo.cast import CONTOSO
from remotehelp_site.demo.seed import seed
from remotehelp_site.demo.signins import SignIn, keep_sign_ins


class DemoRefusedError(Exception):
    """The demo would mix with real organisations; the text is for the operator."""


def prepare(url: str) -> Sequence[SignIn]:
    """Seed the demo once, keep its passwords true, and give the sign-ins. Safe to call at every start."""
    if not settings.REMOTEHELP_EMBEDDED:
        raise DemoRefusedError("The demo is for the embedded mode only, never for production.")
    if not Tenant.objects.filter(slug=CONTOSO.slug).exists():
        if Tenant.objects.exists():
            raise DemoRefusedError(
                "This database holds real organisations, so the demo is not added to it. Start "
                "without --demo, or name another folder with REMOTEHELP_VAR."
            )
        seed()
    return keep_sign_ins(Path(settings.VAR_DIR), url)
