"""The sign-in of one person: an access token that lives minutes, renewed in one place (RFC 6749, 6)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Final

from remotehelp_app.server.errors import ServerError, SignInEndedError, not_ours
from remotehelp_app.server.site import Site

CLIENT: Final = "remotehelp-app"
TOKEN_PATH: Final = "/identity/o/api/token"  # noqa: S105 an address
REVOKE_PATH: Final = "/identity/o/api/revoke"
_RENEW_BEFORE = 30.0  # seconds before it runs out
_TOKEN_LIMIT = 8000


def read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise not_ours() from error


async def ask_token(site: Site, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """One question to the token address; gives status and answer."""
    status, body, _headers = await site.ask("POST", TOKEN_PATH, data={"client_id": CLIENT, **form})
    answer = read_json(body)
    if not isinstance(answer, dict):
        raise not_ours()
    return status, answer


class Access:
    """Holds the tokens. `kept` is called with each new refresh token before anything else happens with it."""

    def __init__(self, site: Site, refresh_token: str, kept: Callable[[str], None]) -> None:
        self.site = site
        self._refresh_token, self._kept = refresh_token, kept
        self._token, self._good_until = "", 0.0
        self._renewing = asyncio.Lock()

    def take(self, answer: dict[str, Any]) -> None:
        """The tokens of a sign-in or of a renewal."""
        token, refresh = answer.get("access_token"), answer.get("refresh_token")
        lives = answer.get("expires_in")
        texts = all(isinstance(t, str) and 0 < len(t) < _TOKEN_LIMIT for t in (token, refresh))
        if not texts or type(lives) is not int or lives <= 0:
            raise not_ours()
        self._refresh_token = str(refresh)
        self._kept(self._refresh_token)
        self._token, self._good_until = str(token), time.monotonic() + lives - _RENEW_BEFORE

    async def token(self, *, other_than: str = "") -> str:
        """A token that is good now, and not the one that was just refused. However many ask, one renewal runs."""
        async with self._renewing:
            is_good = self._token and time.monotonic() < self._good_until
            if not is_good or self._token == other_than:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        if not self._refresh_token:
            raise SignInEndedError
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        status, answer = await ask_token(self.site, form)
        if status in (400, 401):
            self._refresh_token = self._token = ""
            raise SignInEndedError
        if status != 200:
            raise ServerError("unreachable", not_ours().message, is_temporary=True)
        self.take(answer)

    async def revoke(self) -> None:
        """Ends the sign-in at the site, with everything that came from it."""
        token, self._refresh_token, self._token = self._refresh_token, "", ""
        if token:
            await self.site.ask("POST", REVOKE_PATH, data={"client_id": CLIENT, "token": token})
