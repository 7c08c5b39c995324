"""How a device proves that it is itself: a signed note about the one request that it comes with.

The note is a JWS (RFC 7515) in compact form, signed with the device's Ed25519 key, and says what it is for: method,
path, body, access token, and when. docs/decisions/device-identity.md says why. Pure: keys and time are given.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

HEADER = "Device-Proof"
TYPE = "device-proof+jwt"
ALGORITHM = "EdDSA"
LONGEST = 2000
KEY_BYTES = 32
SHORTEST_ID, LONGEST_ID = 16, 64


class BadProofError(Exception):
    """It proves nothing. Why is nobody's business but a developer's."""


class SkewedProofError(BadProofError):
    """All is right but the time: the device's clock is wrong, or the note is old."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The request that a proof has to be about."""

    method: str
    path: str
    body: bytes
    access_token: str

    def claims(self) -> dict[str, str]:
        return {
            "htm": self.method,
            "htu": self.path,
            "bod": encoded(hashlib.sha256(self.body).digest()),
            "ath": encoded(hashlib.sha256(self.access_token.encode()).digest()),
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that was found good: `digest` is its own, and no second one with it may be accepted."""

    digest: str
    made_at: datetime


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of unpadded base64url, of which there is one spelling only."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise BadProofError("base64") from error
    if encoded(data) != text:
        raise BadProofError("base64")
    return data


def is_public_key(text: str) -> bool:
    try:
        return len(decoded(text)) == KEY_BYTES
    except BadProofError:
        return False


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(decoded(text))
    except (ValueError, RecursionError) as error:
        raise BadProofError("json") from error
    if not isinstance(found, dict):
        raise BadProofError("json")
    return found


def _parts(text: str) -> tuple[str, str, str]:
    parts = text.split(".")
    if len(text) > LONGEST or len(parts) != 3:
        raise BadProofError("parts")
    return parts[0], parts[1], parts[2]


def device_id_in(text: str) -> uuid.UUID | None:
    """Which device the proof says it is of; nothing is verified yet."""
    try:
        return uuid.UUID(str(_object(_parts(text)[1])["sub"]))
    except (BadProofError, KeyError, ValueError):
        return None


def _require_signature(text: str, public_key: str) -> dict[str, Any]:
    # Imported late: only processes that meet a device need it.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    head, payload, signature = _parts(text)
    header = _object(head)
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or "crit" in header:
        raise BadProofError("header")
    try:
        key = Ed25519PublicKey.from_public_bytes(decoded(public_key))
        key.verify(decoded(signature), f"{head}.{payload}".encode())
    except (InvalidSignature, ValueError) as error:
        raise BadProofError("signature") from error
    return _object(payload)


def verify(
    text: str, *, public_key: str, bound: Bound, at: datetime, valid_for: timedelta
) -> Proof:
    """The proof, if it is signed with that key, about that request, and of now; else BadProofError."""
    claims = _require_signature(text, public_key)
    if any(claims.get(name) != value for name, value in bound.claims().items()):
        raise BadProofError("bound")
    own_id, made = claims.get("jti"), claims.get("iat")
    if not isinstance(own_id, str) or not SHORTEST_ID <= len(own_id) <= LONGEST_ID:
        raise BadProofError("jti")
    if not isinstance(made, int) or isinstance(made, bool) or not 0 <= made < 2**40:
        raise BadProofError("iat")
    try:
        made_at = datetime.fromtimestamp(made, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadProofError("iat") from error
    if abs(at - made_at) > valid_for:
        raise SkewedProofError("iat")
    return Proof(hashlib.sha256(f"{public_key} {own_id}".encode()).hexdigest(), made_at)
