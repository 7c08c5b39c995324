"""The device app as the server meets it: a person's token, a device's key, and the proofs that it signs.

It signs by itself, with the words of docs/api.md, and shares no code with what checks it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.models import Token
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from apps.common.clock import now
from apps.devices.models import Device
from apps.tenants.app_access import find_access
from apps.tenants.models import User

API = "/api/v1/"
ABOUT = {
    "name": "sams-desk",
    "system": "linux",
    "system_version": "12.5",
    "app_version": "1.4.0",
}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token_for(person: User, *, scopes: str = "help", valid_for: float = 600, **more: Any) -> str:
    """An access token as the sign-in issues it."""
    value = secrets.token_urlsafe(32)
    Token.objects.create(
        **{
            "type": Token.Type.ACCESS_TOKEN,
            "hash": hashlib.sha256(value.encode()).hexdigest(),
            "client_id": "remotehelp-app",
            "user": person,
            "scopes": scopes,
            "expires_at": now() + timedelta(seconds=valid_for),
            **more,
        }
    )
    return value


def find_person(token: str) -> User | None:
    """Whom a bearer token stands for right now, or nobody."""
    access = find_access(token)
    return access.user if access is not None else None


class DeviceApp:
    """One installation: a key, and whoever is signed in on it."""

    def __init__(self, person: User, device: Device | None = None) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public_key = b64(self.key.public_key().public_bytes_raw())
        self.client = Client(enforce_csrf_checks=True)
        self.device_id: str | None = None
        self.sign_in(person)
        if device is not None:
            self.is_on(device)

    def sign_in(self, person: User) -> None:
        self.token = token_for(person)

    def is_on(self, device: Device) -> None:
        """As if that device had enrolled with this key."""
        Device.objects.filter(pk=device.pk).update(public_key=self.public_key)
        device.public_key = self.public_key
        self.device_id = str(device.pk)

    def claims(self, method: str, path: str, body: bytes, **other: Any) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "htm": method,
            "htu": path,
            "bod": b64(hashlib.sha256(body).digest()),
            "ath": b64(hashlib.sha256(self.token.encode()).digest()),
            "iat": int(time.time()),
            "jti": secrets.token_urlsafe(18),
        }
        if self.device_id:
            claims["sub"] = self.device_id
        return claims | other

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        head = {"typ": "device-proof+jwt", "alg": "EdDSA"} | header
        signed = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{b64(self.key.sign(signed.encode()))}"

    def get(self, address: str, *, proof: str | None = None, is_proved: bool = False) -> Any:
        """With a proof where it is wanted; `proof` sends another one."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if is_proved or proof is not None:
            own = self.sign(self.claims("GET", API + address, b""))
            headers["Device-Proof"] = own if proof is None else proof
        return self.client.get(API + address, headers=headers)

    def handshake(self, *proofs: str) -> list[tuple[bytes, bytes]]:
        """The headers with which the app opens the device's socket."""
        own = proofs or (self.sign(self.claims("GET", "/ws/device/", b"")),)
        return [
            (b"host", b"testserver"),
            (b"authorization", f"Bearer {self.token}".encode()),
            *((b"device-proof", proof.encode()) for proof in own),
        ]

    def post(self, address: str, body: Any = None, *, proof: str | None = "", **other: Any) -> Any:
        """With a proof about this very request; `proof` sends another one, or with None, none."""
        path, data = API + address, json.dumps({} if body is None else body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        if proof is not None:
            headers["Device-Proof"] = proof or self.sign(self.claims("POST", path, data, **other))
        return self.client.post(path, data, content_type="application/json", headers=headers)

    # --- the app's own steps ----------------------------------------------------------------------

    def about(self, **other: Any) -> dict[str, Any]:
        return ABOUT | {"public_key": self.public_key} | other

    def enrol(self, token: str, **other: Any) -> Any:
        return self._keep(self.post("devices/enrol/", self.about(token=token, **other)))

    def register(self, **other: Any) -> Any:
        return self._keep(self.post("devices/register/", self.about(**other)))

    def report(self, **facts: Any) -> Any:
        body = {"app_version": "1.4.1", "system_version": "12.6", "facts": facts}
        return self.post("devices/report/", body)

    def _keep(self, answer: Any) -> Any:
        if answer.status_code == 200:
            self.device_id = answer.json()["id"]
        return answer
