"""What the app asks of the site (docs/api.md): each question a method, each answer checked.

Refusals come as ServerError with the site's own code and words, in the language of the request.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from remotehelp_app import VERSION
from remotehelp_app.platform.interfaces import Facts
from remotehelp_app.server import shapes
from remotehelp_app.server.access import Access, read_json
from remotehelp_app.server.errors import ServerError, SignInEndedError, not_ours, remedy_for
from remotehelp_app.server.proof import DeviceKey
from remotehelp_app.server.shapes import DeviceInfo, InvitationInfo, Me, SessionInfo, Versions
from remotehelp_app.status import Kind
from remotehelp_app.texts import gettext as _

_BASE = "/api/v1/"
_PICTURE_LIMIT = 512 * 1024
_PICTURES = {b"\x89PNG\r\n\x1a\n": 8, b"\xff\xd8\xff": 3, b"RIFF": 4}
_SKEW_LIMIT = 10 * 365 * 86_400.0

Answer = Literal["grant", "refuse", "revoke"]


class Api:
    """One person, signed in; with a device key, one device."""

    def __init__(self, access: Access, key: DeviceKey | None = None) -> None:
        self.access, self.key = access, key

    # --- people and sessions ---------------------------------------------------------------------

    async def me(self) -> Me:
        return shapes.me(await self._get("me/"))

    async def versions(self) -> Versions:
        return shapes.versions(await self._get("app/versions/"))

    async def session(self, session_id: str) -> SessionInfo:
        return shapes.session(await self._get(f"sessions/{session_id}/"))

    async def redeem(self, code: str) -> SessionInfo:
        """With a proof where the device is known; without one the session is like a plain browser's: view only."""
        body: dict[str, Any] = {"code": code[:40]}
        is_known = self.key is not None and bool(self.key.device_id)
        if self.key is not None and is_known:
            body |= {"app_version": VERSION, "device": self.key.device_id}
        return shapes.session(await self._post("sessions/redeem/", body, is_proved=is_known))

    async def join(self, session_id: str) -> SessionInfo:
        """Opens an invitation: a session that a helper aimed at this device (D4)."""
        body = {"app_version": VERSION}
        return shapes.session(
            await self._post(f"sessions/{session_id}/join/", body, is_proved=True)
        )

    async def decline_invitation(self, session_id: str) -> tuple[InvitationInfo, ...]:
        """Gives those that are left."""
        path = f"sessions/{session_id}/decline-invitation/"
        return shapes.invitations(await self._post(path, {}, is_proved=True))

    async def allow(self, session_id: str, kind: Kind) -> SessionInfo:
        return shapes.session(await self._post(f"sessions/{session_id}/allow/", {"kind": kind}))

    async def decline(self, session_id: str) -> SessionInfo:
        return shapes.session(await self._post(f"sessions/{session_id}/decline/", {}))

    async def leave(self, session_id: str) -> SessionInfo:
        return shapes.session(await self._post(f"sessions/{session_id}/leave/", {}))

    async def elevation(self, session_id: str, answer: Answer) -> SessionInfo:
        return shapes.session(await self._post(f"sessions/{session_id}/elevation/{answer}/", {}))

    async def picture(self, address: str) -> bytes:
        """A profile picture of this site; PNG, JPEG or WebP of at most 512 kB."""
        parts = urlsplit(address)
        own = urlsplit(self.access.site.address)
        if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise not_ours()
        path = quote(parts.path, safe="/%")
        status, body, _headers = await self._ask("GET", path)
        is_picture = any(body.startswith(magic) for magic in _PICTURES)
        if status != 200 or len(body) > _PICTURE_LIMIT or not is_picture:
            raise not_ours()
        return body

    # --- the device ------------------------------------------------------------------------------

    async def register(self, name: str, facts: Facts) -> DeviceInfo:
        return await self._introduce("devices/register/", self._about(name, facts))

    async def enrol(self, token: str, name: str, facts: Facts) -> DeviceInfo:
        about = self._about(name, facts) | {"token": token.strip()[:200]}
        return await self._introduce("devices/enrol/", about)

    async def report(self, facts: Facts) -> DeviceInfo:
        """Check in."""
        body = {
            "app_version": VERSION,
            "system_version": facts.system_version[:60],
            "facts": {
                "disk_encrypted": facts.disk_encrypted,
                "screen_lock": facts.screen_lock,
                "firewall": facts.firewall,
                "update_age_days": facts.days_since_update,
                "updates_pending": facts.updates_pending,
            },
        }
        return shapes.device(await self._post("devices/report/", body, is_proved=True))

    def _about(self, name: str, facts: Facts) -> dict[str, Any]:
        return {
            "name": name[:120],
            "system": facts.system,
            "system_version": facts.system_version[:60],
            "app_version": VERSION,
            "public_key": self._key().public,
        }

    async def _introduce(self, path: str, about: dict[str, Any]) -> DeviceInfo:
        found = shapes.device(await self._post(path, about, is_proved=True))
        self._key().device_id = found.id
        return found

    def handshake(self, path: str, token: str) -> dict[str, str]:
        """The header with which the device proves itself when it opens its socket."""
        return {"Device-Proof": self._key().proof("GET", path, b"", token)}

    def _key(self) -> DeviceKey:
        if self.key is None:
            raise ServerError(
                "no_device_key",
                _("This device has no key, so it cannot prove itself."),
                _("Unlock the system's keyring, then start the app again."),
            )
        return self.key

    # --- requests --------------------------------------------------------------------------------

    async def _get(self, path: str) -> object:
        return self._read(*await self._ask("GET", _BASE + path))

    async def _post(self, path: str, body: object, *, is_proved: bool = False) -> object:
        content = json.dumps(body).encode()
        try:
            return self._read(*await self._ask("POST", _BASE + path, content, is_proved=is_proved))
        except ServerError as error:
            if error.code != "clock_skew" or not self._reckon_with(error):
                raise
        return self._read(*await self._ask("POST", _BASE + path, content, is_proved=is_proved))

    def _reckon_with(self, error: ServerError) -> bool:
        """The device's clock is wrong: proofs go by the site's from now on."""
        said = error.details.get("server_time")
        if not isinstance(said, int | float) or self.key is None:
            return False
        self.key.ahead = max(-_SKEW_LIMIT, min(_SKEW_LIMIT, float(said) - time.time()))
        return True

    async def _ask(
        self, method: str, path: str, content: bytes = b"", *, is_proved: bool = False
    ) -> tuple[int, bytes, Mapping[str, str]]:
        token = await self.access.token()
        answer = await self._ask_once(method, path, content, token, is_proved=is_proved)
        if answer[0] == 401:
            token = await self.access.token(other_than=token)
            answer = await self._ask_once(method, path, content, token, is_proved=is_proved)
            if answer[0] == 401:
                raise SignInEndedError
        return answer

    async def _ask_once(
        self, method: str, path: str, content: bytes, token: str, *, is_proved: bool
    ) -> tuple[int, bytes, Mapping[str, str]]:
        headers = {"Authorization": f"Bearer {token}"}
        more: dict[str, Any] = {}
        if method == "POST":
            headers["Content-Type"] = "application/json"
            more["content"] = content
        if is_proved:
            headers["Device-Proof"] = self._key().proof(method, path, content, token)
        return await self.access.site.ask(method, path, headers=headers, **more)

    def _read(self, status: int, body: bytes, headers: Mapping[str, str]) -> object:
        if status == 204 or (status == 200 and not body):
            return {}
        found = read_json(body) if "json" in headers.get("content-type", "") else None
        if 200 <= status < 300 and found is not None:
            return found
        if status >= 500:
            raise ServerError(
                "site_failed",
                _("The site has a problem of its own."),
                _("Try again in a minute."),
                is_temporary=True,
            )
        if not isinstance(found, dict):
            raise not_ours()
        code = shapes.text(found, "code", 80) or "refused"
        raise ServerError(
            code,
            shapes.text(found, "message", 2000) or _("The site refused this."),
            remedy_for(code),
            details=found,
        )
