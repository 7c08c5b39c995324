"""The engine while there is no session: the device, its enrolment, and who wants to help on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from remotehelp_app.device import DeviceCare, DeviceListener
from remotehelp_app.invitations import Invitations
from remotehelp_app.platform.system import System
from remotehelp_app.running import EngineLoop, Show
from remotehelp_app.server.api import Api
from remotehelp_app.server.bell import Rung
from remotehelp_app.server.errors import ServerError
from remotehelp_app.server.secrets import Secrets
from remotehelp_app.server.shapes import Card, DeviceInfo, SessionInfo
from remotehelp_app.session.help import person_of
from remotehelp_app.status import Person, Problem, Step
from remotehelp_app.texts import gettext as _

# There is no session, and none is about to begin.
RESTING: Final = (Step.HOME, Step.ENROLLING, Step.SHUT_OUT, Step.INVITED)


class RestingEngine(EngineLoop):
    def __init__(self, show: Show, system: System) -> None:
        super().__init__(show, system)
        self._secrets = Secrets("")
        self._api: Api | None = None
        self._care: DeviceCare | None = None
        self._device_task: asyncio.Task[None] | None = None
        self._shut_out = False
        self._wants_to_enrol = False
        self._invitations = Invitations(
            system.notifier(), self._person_of, self._invitations_changed, self._notice_pressed
        )

    async def _join(
        self, api: Api, join: Callable[[Api], Coroutine[object, object, SessionInfo]]
    ) -> None:
        """Begins a session; ServerError when it came to nothing."""
        raise NotImplementedError

    async def _forget_device(self) -> None:
        """Nobody is signed in any more."""
        self._cancel(self._device_task)
        self._care = None
        self._shut_out = self._wants_to_enrol = False
        await self._invitations.close()

    # --- the device ------------------------------------------------------------------------------

    def _care_for_device(self, api: Api) -> None:
        self._cancel(self._device_task)
        self._shut_out = False
        self._care = DeviceCare(
            api,
            self._system,
            self._secrets,
            self._journal,
            DeviceListener(
                known=self._device_known,
                refused=self._device_refused,
                kept=self._show_notices,
                rung=self._rung,
                elsewhere=lambda is_so: self._change(is_called_elsewhere=is_so),
            ),
        )
        self._device_task = self._spawn(self._care.run())

    def _device_known(self, info: DeviceInfo) -> None:
        self._shut_out = False
        self._change(
            device=info.name,
            is_enrolled=info.is_enrolled,
            has_to_enrol=False,
            device_problem=None,
        )
        if not info.is_enrolled:
            self._spawn(self._invitations.close())
        self._rest()

    def _device_refused(self, error: ServerError) -> None:
        """Some refusals leave one thing to do here; it has a page of its own."""
        problem = Problem(error.code, error.message, error.remedy)
        self._shut_out = error.code == "device_revoked"
        has_to_enrol = error.code in ("other_owner", "device_not_enrolled")
        self._journal.problem("", f"this device was refused: {error.code}")
        self._spawn(self._invitations.close())
        if not self._shut_out and not has_to_enrol:
            self._change(problem=problem, device_problem=problem)
            return
        self._change(
            has_to_enrol=has_to_enrol, device_problem=problem, is_enrolled=False, device=""
        )
        self._rest()

    def _show_notices(self) -> None:
        """What is remembered, and what not, can change whenever the keyring is asked."""
        said = self._secrets.problem
        notices = (*self._system.notices, said) if said else self._system.notices
        if notices != self._status.notices:
            self._change(notices=notices, keeps_nothing=bool(said))

    async def _enrol(self, token: str) -> None:
        api, care = self._api, self._care
        if api is None or care is None or not token.strip():
            return
        await care.enrol(token)
        self._wants_to_enrol = False
        self._change(problem=None)
        self._care_for_device(api)

    def _want_to_enrol(self, *, is_wanted: bool) -> None:
        self._wants_to_enrol = is_wanted
        self._change(problem=None)
        self._rest()

    # --- invitations -----------------------------------------------------------------------------

    async def _rung(self, rung: Rung) -> None:
        api, care = self._api, self._care
        if api is None or care is None:
            return
        ahead = api.key.ahead if api.key is not None else 0.0
        for session_id in await self._invitations.take(rung.invitations, ahead=ahead):
            await care.bell.say_shown(session_id)

    async def _person_of(self, card: Card) -> Person:
        return await person_of(self._api, card)

    def _invitations_changed(self, has_new: bool) -> None:
        """One change with the step, so that no page is shown without whom it is about."""
        is_at_rest = self._status.step in RESTING
        is_calling = has_new and (is_at_rest or self._status.step is Step.ENDED)
        self._change(
            invitations=self._invitations.open,
            due=self._invitations.due,
            calls=self._status.calls + int(is_calling),
            step=self._resting_step() if is_at_rest else self._status.step,
        )

    def _notice_pressed(self, session_id: str) -> None:
        self._invitations.show(session_id)
        self._change(calls=self._status.calls + 1)

    async def _open_invitation(self, session_id: str) -> None:
        if self._api is None:
            return
        if self._status.step not in (*RESTING, Step.ENDED):
            self._change(
                problem=Problem(
                    "busy",
                    _("You are in another session."),
                    _("Leave it first. The invitation stays listed until it runs out."),
                )
            )
            return
        self._change(step=Step.REDEEMING, problem=None)
        try:
            await self._join(self._api, lambda api: api.join(session_id))
        except ServerError as error:
            if error.code == "invitation_gone":
                await self._invitations.forget(session_id)
            raise
        await self._invitations.forget(session_id)

    async def _decline_invitation(self, session_id: str) -> None:
        if self._api is None:
            return
        await self._invitations.forget(session_id)
        try:
            await self._api.decline_invitation(session_id)
        except ServerError as error:
            if error.code != "invitation_gone":  # it is over, which is what was wanted
                raise

    # --- at rest ---------------------------------------------------------------------------------

    def _resting_step(self) -> Step:
        """The page while there is no session."""
        if self._shut_out:
            return Step.SHUT_OUT
        if self._status.has_to_enrol or self._wants_to_enrol:
            return Step.ENROLLING
        return Step.INVITED if self._invitations.due is not None else Step.HOME

    def _rest(self) -> None:
        step = self._resting_step()
        if self._status.step in RESTING and step is not self._status.step:
            self._change(step=step)

    # --- Actions ---------------------------------------------------------------------------------

    def begin_enrolment(self) -> None:
        self._now(lambda: self._want_to_enrol(is_wanted=True))

    def cancel_enrolment(self) -> None:
        self._now(lambda: self._want_to_enrol(is_wanted=False))

    def enrol(self, token: str) -> None:
        self._do(lambda: self._enrol(token))

    def try_again(self) -> None:
        def ask() -> None:
            if self._api is not None:
                self._change(problem=None)
                self._care_for_device(self._api)

        self._now(ask)

    def open_invitation(self, session_id: str) -> None:
        self._do(lambda: self._open_invitation(session_id))

    def decline_invitation(self, session_id: str) -> None:
        self._do(lambda: self._decline_invitation(session_id))

    def put_off_invitation(self, session_id: str) -> None:
        self._now(lambda: self._invitations.put_off(session_id))

    def show_invitation(self, session_id: str) -> None:
        self._now(lambda: self._invitations.show(session_id))

    def attend(self) -> None:
        self._now(lambda: self._care.attend() if self._care is not None else None)
