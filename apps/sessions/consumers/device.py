"""The one socket of a device, while somebody is signed in on it: through it the device hears who wants to help there.

The handshake:
1. Only the device app comes here: with its token, and without a foreign origin (`remotehelp_site/sockets.py`).
2. No proof of the device, a wrong or used one, a device that is not enrolled, shut out or somebody else's: refused
   before it is accepted, all alike. `GET devices/invitations/` says why.
3. The socket speaks for this person on this device; an older one of the two is told so and closed.
4. Accepted: the app is told what waits for it, whole.
5. From then on it hears of what comes and what is gone. It says only that a notice is on the screen; anything else
   ends the socket. An invitation is opened and declined over HTTP.

It ends at once when the sign-in ends, the person is disabled, or the device is retired, revoked or somebody else's.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, ClassVar, cast

from channels.db import database_sync_to_async

from apps.common.errors import RuleError
from apps.devices import proofs
from apps.devices import services as devices
from apps.devices.models import Device
from apps.sessions import messages, services
from apps.sessions.consumers.base import SHUT_OUT, TAKEN_OVER, ProductConsumer
from apps.sessions.heartbeat import Pulse, heartbeat
from apps.sessions.invitations import open_invitations
from apps.tenants.models import User
from apps.tenants.signed_in import AppSignIn, ended_sign_ins


class DeviceConsumer(ProductConsumer):
    """One device's socket. It holds no rule: it asks the services and passes on what they say."""

    KNOWN: ClassVar[dict[str, dict[str, messages.Check]]] = messages.DEVICE
    LIMIT: ClassVar[int] = messages.DEVICE_LIMIT

    async def connect(self) -> None:
        self.is_joined = False
        self.listed: dict[str, Any] = {}
        self._listing = asyncio.Lock()
        self.sign_in = cast("AppSignIn | None", self.scope.get("sign_in"))
        token = cast("dict[str, Any]", self.scope).pop("access_token", "")
        if not isinstance(self.sign_in, AppSignIn) or not token:
            await self.close()
            return
        self.person_id = self.sign_in.person_id
        try:
            self.device_id: uuid.UUID = await database_sync_to_async(self._join)(token)
        except RuleError:
            await self.close()
            return
        self.is_joined = True
        heartbeat.add(
            self.channel_name,
            Pulse(
                None,
                self.sign_in,
                when_stale=self.presence_was_lost,
                when_signed_out=self.signed_out,
                when_shut=self.shut_out,
                when_news=self.list_anew,
                expects_news=lambda: bool(self.listed),
            ),
        )
        await self.accept()
        async with self._listing:
            invitations = await self._invitations()
            self.listed = invitations
            await self.send_json(
                {"type": "device.joined", "invitations": list(invitations.values())}
            )

    def _join(self, token: str) -> uuid.UUID:
        person = User.objects.get(pk=self.person_id)
        sent = [value for name, value in self.scope["headers"] if name == b"device-proof"]
        if len(sent) != 1:
            raise devices.NotProvedError
        device = devices.prove_device(
            actor=person,
            proof=sent[0].decode("latin1"),
            bound=proofs.Bound("GET", self.scope["path"], b"", token),
        )
        services.connect_device(actor=person, device=device, channel=self.channel_name)
        return device.pk

    async def disconnect(self, code: int) -> None:
        if not self.is_joined:
            return
        heartbeat.remove(self.channel_name)
        await database_sync_to_async(services.disconnect_device)(channel=self.channel_name)

    # --- from the app ----------------------------------------------------------------------------

    async def hear(self, message: dict[str, Any], text: str) -> None:
        """Only `shown` comes in. One that is not open any more is no mistake of the app's."""
        try:
            await database_sync_to_async(self._note_shown)(uuid.UUID(message["session"]))
        except RuleError as error:
            await self.send_json({"type": "refused", "code": error.code})

    def _note_shown(self, session_id: uuid.UUID) -> None:
        person = User.objects.get(pk=self.person_id)
        device = Device.objects.filter(pk=self.device_id).first()
        if device is None:
            raise services.InvitationGoneError
        services.note_shown(actor=person, session_id=session_id, device=device)

    # --- what waits ------------------------------------------------------------------------------

    async def _invitations(self) -> dict[str, Any]:
        return await database_sync_to_async(self._open)()

    def _open(self) -> dict[str, Any]:
        person = User.objects.select_related("tenant").get(pk=self.person_id)
        found = [invitation.as_json() for invitation in open_invitations(person, self.device_id)]
        return {invitation["session"]: invitation for invitation in found}

    async def list_anew(self) -> None:
        """Tell the app what came, changed and went since it was last told."""
        async with self._listing:
            now_open = await self._invitations()
            before, self.listed = self.listed, now_open
            for session_id in before.keys() - now_open.keys():
                await self.send_json({"type": "invitation.gone", "session": session_id})
            for session_id, invitation in now_open.items():
                if before.get(session_id) != invitation:
                    await self.send_json({"type": "invitation", **invitation})

    async def invitations_changed(self, event: dict[str, Any]) -> None:
        await self.list_anew()

    # --- whether it may stay ---------------------------------------------------------------------

    async def standing_doubted(self, event: dict[str, Any]) -> None:
        """Something changed about the device or its person: ask anew."""
        call = await database_sync_to_async(self._doubt)()
        if call is not None:
            await call()

    def _doubt(self) -> Any:
        if self.sign_in is not None and ended_sign_ins({self.sign_in}):
            return self.signed_out
        touched = devices.touch_devices([self.channel_name])
        if touched.stale:
            return self.presence_was_lost
        return self.shut_out if touched.shut else None

    async def shut_out(self) -> None:
        """The device is not enrolled any more, or not this person's. What is so, the app asks over HTTP."""
        await self.refuse("shut_out", SHUT_OUT)

    async def presence_was_lost(self) -> None:
        """The row of this socket is gone: its process was taken for dead, or a newer socket has taken over."""
        call = await database_sync_to_async(self._come_back)()
        await call()

    def _come_back(self) -> Any:
        person = User.objects.filter(pk=self.person_id).first()
        if person is None or not Device.objects.filter(pk=self.device_id).exists():
            return self.shut_out
        is_back = services.reconnect_device(
            actor=person, device_id=self.device_id, channel=self.channel_name
        )
        return self.list_anew if is_back else self.socket_taken_over

    async def socket_taken_over(self, event: dict[str, Any] | None = None) -> None:
        await self.send_json({"type": "device.taken_over"})
        await self.close(TAKEN_OVER)
