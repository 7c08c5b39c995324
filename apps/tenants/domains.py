"""Names of domains, and the DNS record that proves whose one is. The network is asked here and nowhere else."""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from dns.nameserver import Nameserver
    from dns.resolver import Resolver

# Beside the domain's own records, so that nothing that lives there has to change.
LABEL = "_remotehelp"
VALUE = "remotehelp-domain="
_DNS_PORT = 53
# What still leaves room for our label in a name of 253 characters.
LONGEST_NAME = 253 - len(LABEL) - 1
_PART = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class UnreachableError(Exception):
    """The DNS servers gave no answer: neither that there is a record, nor that there is none."""


def find_name(said: str) -> str | None:
    """A domain as DNS knows it: lower case, in ASCII, without a dot at the end. None for what is no domain."""
    name = said.strip().lower().rstrip(".")
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    parts = name.split(".")
    if len(name) > LONGEST_NAME or len(parts) < 2 or not all(map(_PART.fullmatch, parts)):
        return None
    return None if parts[-1].isdigit() else name


def new_token() -> str:
    return secrets.token_hex(16)


def record_name(name: str) -> str:
    """Where the record of this domain belongs."""
    return f"{LABEL}.{name}"


def record_value(token: str) -> str:
    """What the record says."""
    return VALUE + token


def is_proved(name: str, token: str) -> bool:
    """Whether DNS has the record now. Asked of the configured servers, for at most a few seconds."""
    return record_value(token) in _texts(record_name(name))


# dnspython is read by whoever asks first, not by every start of the site.


def _resolver() -> Resolver:
    from dns.resolver import Resolver

    servers: list[str] = settings.REMOTEHELP_DNS_SERVERS
    resolver = Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [_server(said) for said in servers]
    resolver.lifetime = settings.REMOTEHELP_DNS_TIMEOUT
    resolver.timeout = settings.REMOTEHELP_DNS_TIMEOUT / 2
    resolver.cache = None  # people look again right after they have set the record
    return resolver


def _server(said: str) -> Nameserver:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    from dns.nameserver import Do53Nameserver

    host, port = said.strip(), _DNS_PORT
    if found := re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+)):(\d+)", host):
        host, port = found[1] or found[2], int(found[3])
    return Do53Nameserver(str(ipaddress.ip_address(host.strip("[]"))), port)


def _texts(name: str) -> set[str]:
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        answer = _resolver().resolve(f"{name}.", "TXT", search=False)
    except (NXDOMAIN, NoAnswer):
        return set()
    except (DNSException, OSError, ValueError) as error:
        raise UnreachableError from error
    return {b"".join(record.strings).decode("utf-8", "replace").strip() for record in answer}
