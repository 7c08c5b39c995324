"""The ICE servers that a browser or device app may use, with credentials that run out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TypedDict

from django.conf import settings


class IceServer(TypedDict, total=False):
    """One entry of `RTCConfiguration.iceServers` (WebRTC 1.0, RTCIceServer)."""

    urls: list[str]
    username: str
    credential: str


def ice_addresses() -> list[str]:
    """The STUN and TURN servers of this site, without what opens them."""
    turn = settings.REMOTEHELP_TURN_URLS if settings.REMOTEHELP_TURN_SECRET else []
    return [*settings.REMOTEHELP_STUN_URLS, *turn]


def ice_servers(person_id: str) -> list[IceServer]:
    """STUN as configured, and TURN with a time-limited name and password.

    The scheme is coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the name is the Unix time at
    which it ends and a label, the password its HMAC-SHA1 under the shared secret, in base64. Without a secret
    no TURN server is given out.
    """
    servers: list[IceServer] = []
    if settings.REMOTEHELP_STUN_URLS:
        servers.append({"urls": list(settings.REMOTEHELP_STUN_URLS)})
    if settings.REMOTEHELP_TURN_URLS and settings.REMOTEHELP_TURN_SECRET:
        ends_at = int(time.time() + settings.REMOTEHELP_TURN_VALID_FOR.total_seconds())
        # A label that tells the relay's log nothing about the person.
        label = hashlib.sha256(person_id.encode()).hexdigest()[:16]
        username = f"{ends_at}:{label}"
        mac = hmac.new(
            settings.REMOTEHELP_TURN_SECRET.encode(), username.encode(), hashlib.sha1
        ).digest()
        servers.append(
            {
                "urls": list(settings.REMOTEHELP_TURN_URLS),
                "username": username,
                "credential": base64.b64encode(mac).decode(),
            }
        )
    return servers
