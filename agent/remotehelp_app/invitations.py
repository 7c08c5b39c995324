"""Who wants to help on this device: listed, shown as notices of the desktop, and forgotten when they are over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from remotehelp_app.platform.interfaces import Notifier, UnavailableError
from remotehelp_app.server.shapes import Card, InvitationInfo
from remotehelp_app.status import Invitation, Person
from remotehelp_app.texts import gettext as _

# What the site's clock and ours may disagree about; the site itself says when one is over.
_GRACE = 5.0


class Invitations:
    """`changed` is called whenever the list is another one; with True when something new is on it."""

    def __init__(
        self,
        notifier: Notifier,
        person_of: Callable[[Card], Awaitable[Person]],
        changed: Callable[[bool], None],
        pressed: Callable[[str], None],
    ) -> None:
        self._notifier, self._person_of = notifier, person_of
        self._changed, self._pressed = changed, pressed
        self._open: dict[str, Invitation] = {}
        self._put_off: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> tuple[Invitation, ...]:
        return tuple(self._open.values())

    @property
    def due(self) -> Invitation | None:
        """The one that the person has not put off."""
        return next((i for i in self._open.values() if i.session_id not in self._put_off), None)

    async def take(self, found: Iterable[InvitationInfo], *, ahead: float) -> list[str]:
        """All that is open now; gives those that are new. `ahead` is the site's clock less ours."""
        listed: dict[str, Invitation] = {}
        for info in found:
            known = self._open.get(info.session_id)
            helper = known.helper if known is not None else await self._person_of(info.helper)
            invitation = Invitation(info.session_id, helper, info.expires_at - ahead)
            listed[info.session_id] = invitation
        new = [key for key in listed if key not in self._open]
        gone = [key for key in self._open if key not in listed]
        has_changed = listed != self._open
        self._open = listed
        self._put_off &= listed.keys()
        for key in gone:
            await self._withdraw(key)
        for key in new:
            await self._show(listed[key])
        if has_changed:
            self._changed(bool(new))
        self._watch()
        return new

    async def _show(self, invitation: Invitation) -> None:
        name = invitation.helper.full_name
        about = [part for part in (invitation.helper.job_title, invitation.helper.company) if part]
        key = invitation.session_id
        with suppress(UnavailableError):  # the window comes forward in any case
            await self._notifier.show(
                key,
                _("%(name)s wants to help you") % {"name": name},
                "\n".join([", ".join(about), _("Nothing is shared before you allow it.")]).strip(),
                lambda: self._pressed(key),
            )

    async def _withdraw(self, key: str) -> None:
        with suppress(UnavailableError):
            await self._notifier.withdraw(key)

    async def forget(self, session_id: str) -> None:
        """It was answered here."""
        if self._open.pop(session_id, None) is not None:
            self._put_off.discard(session_id)
            await self._withdraw(session_id)
            self._changed(False)

    def put_off(self, session_id: str) -> None:
        if session_id in self._open:
            self._put_off.add(session_id)
            self._changed(False)

    def show(self, session_id: str) -> None:
        """Puts it before the others."""
        if session_id not in self._open:
            return
        chosen = {session_id: self._open[session_id]}
        self._open = chosen | self._open
        self._put_off.discard(session_id)
        self._changed(False)

    async def close(self) -> None:
        """Nobody calls here any more."""
        had_any = bool(self._open)
        self._open.clear()
        self._put_off.clear()
        if self._timer is not None:
            self._timer.cancel()
        with suppress(UnavailableError):
            await self._notifier.close()
        if had_any:
            self._changed(False)

    # --- time ------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """What has run out goes from the list, also while the site is out of reach."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._open:
            first = min(invitation.expires_at for invitation in self._open.values())
            loop = asyncio.get_running_loop()
            wait = max(0.0, first + _GRACE - time.time())
            self._timer = loop.call_later(wait, self._drop_what_ran_out)

    def _drop_what_ran_out(self) -> None:
        over = [k for k, i in self._open.items() if i.expires_at + _GRACE <= time.time()]
        for key in over:
            task = asyncio.ensure_future(self.forget(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._watch()
