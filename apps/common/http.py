"""Typed requests and what a request says of its sender."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from apps.tenants.models import User


# As some proxies write an address: with the port that the client came from.
_WITH_PORT = re.compile(r"(?:(\d+(?:\.\d+){3})|\[([0-9A-Fa-f:.]+)\])(?::\d+)?")


class SignedInRequest(HttpRequest):
    """Only an annotation: the view stands behind a decorator that made it true."""

    user: User
    htmx: HtmxDetails


def client_address(meta: dict[str, Any]) -> str:
    """The address that the request came from, for limits on guessing.

    `X-Forwarded-For` is believed only for as many hops as the operator says are our own proxies
    (`REMOTEHELP_TRUSTED_PROXIES`): anything further left was written by the client. An IPv6 address
    counts as its /64, which is what one household or attacker is given.
    """
    address = str(meta.get("REMOTE_ADDR", ""))
    hops: int = settings.REMOTEHELP_TRUSTED_PROXIES
    if hops:
        forwarded = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        if len(forwarded) >= hops and forwarded[-hops]:
            address = forwarded[-hops]
    if with_port := _WITH_PORT.fullmatch(address):
        address = with_port[1] or with_port[2]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
    return str(parsed)
