"""The device's key, and the proofs that it signs (docs/decisions/device-identity.md; JWS: RFC 7515, EdDSA: RFC 8037)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hash(data: bytes) -> str:
    return b64(hashlib.sha256(data).digest())


@dataclass(slots=True)
class DeviceKey:
    """The private half never leaves this object but to the system keyring. `ahead` is the site's clock less ours."""

    private: Ed25519PrivateKey
    device_id: str = ""
    ahead: float = 0.0

    @classmethod
    def new(cls) -> DeviceKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, kept: str) -> DeviceKey:
        """As `kept` wrote it; ValueError for anything else."""
        found: Any = json.loads(kept)
        if not isinstance(found, dict) or not isinstance(found.get("device_id"), str):
            raise ValueError("not a device key")
        raw = bytes.fromhex(str(found.get("key")))
        return cls(Ed25519PrivateKey.from_private_bytes(raw), found["device_id"])

    def kept(self) -> str:
        return json.dumps(
            {"key": self.private.private_bytes_raw().hex(), "device_id": self.device_id}
        )

    @property
    def public(self) -> str:
        return b64(self.private.public_key().public_bytes_raw())

    def proof(self, method: str, path: str, body: bytes, token: str) -> str:
        """Good for this one request."""
        claims: dict[str, Any] = {
            "htm": method,
            "htu": path,
            "bod": _hash(body),
            "ath": _hash(token.encode()),
            "iat": int(time.time() + self.ahead),
            "jti": secrets.token_urlsafe(18),
        }
        if self.device_id:
            claims["sub"] = self.device_id
        head = {"alg": "EdDSA", "typ": "device-proof+jwt"}
        signed = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{b64(self.private.sign(signed.encode()))}"
