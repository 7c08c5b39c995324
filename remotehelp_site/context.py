"""What every page may show: who is signed in, and where they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.devices.selectors import sees_devices
from apps.tenants.models import User


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the rail. `heading` starts a new part of it."""

    label: StrPromise
    url: str
    icon: str
    is_current: bool
    heading: StrPromise | str = ""


def _links(request: HttpRequest) -> list[Link]:
    match = request.resolver_match
    here = match.view_name if match is not None else ""

    def link(label: StrPromise, name: str, icon: str, *also: str) -> Link:
        return Link(label, reverse(name), icon, here in (name, *also))

    links = [
        link(_("Start"), "home", "home"),
        link(_("Sessions"), "reports:sessions", "clock", "reports:session"),
    ]
    if sees_devices(cast("User", request.user)):
        also = ("help_sessions:device", "devices:enrolment", "devices:revoke")
        links.append(link(_("Devices"), "devices:devices", "computer-desktop", *also))
    links.append(link(_("Get the app"), "releases:get_app", "arrow-down-tray"))
    links.append(link(_("Log on this device"), "help_sessions:device_log", "document-text"))
    return links


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(user, "tenant", None) is None:
        return {"tenant": None, "navigation": []}
    return {"tenant": user.tenant, "navigation": _links(request)}
