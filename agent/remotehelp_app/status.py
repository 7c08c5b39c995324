"""Between the engine and the window: what there is to show, and what a person can do.

The engine (asyncio, in a thread of its own) tells the window a whole `Status` whenever anything changed; the
window shows it and calls `Actions`. Neither knows the other. `Actions` may be called from any thread, return at
once, and never raise: what became of it is in the next `Status`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


class Step(StrEnum):
    STARTING = "starting"
    NO_SERVER = "no_server"  # no address of a site is set: ask for it
    SIGNED_OUT = "signed_out"
    SIGNING_IN = "signing_in"
    HOME = "home"  # signed in; Get help with the code
    ENROLLING = "enrolling"  # asked for an enrolment token
    SHUT_OUT = "shut_out"  # the organisation has removed this device
    INVITED = "invited"  # a helper wants to help; nothing is open yet
    REDEEMING = "redeeming"
    INTRODUCED = "introduced"  # sees who the helper is
    REQUESTED = "requested"  # is asked for consent
    CONNECTING = "connecting"
    ACTIVE = "active"
    ENDED = "ended"


Kind = Literal["view_screen", "full_control"]
ElevationState = Literal["none", "asked", "granted", "refused"]


@dataclass(frozen=True, slots=True)
class Person:
    """The trust card (S3). Everything is text; the picture is PNG or JPEG bytes, or None."""

    full_name: str
    initials: str = ""
    job_title: str = ""
    company: str = ""
    verified_domain: str = ""
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that says what to do. `code` is for programs; `remedy` may be empty."""

    code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SignInPrompt:
    """While signing in: the address that was opened in the browser; with a device code, the code to type there."""

    address: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class ChatLine:
    text: str
    is_mine: bool
    at: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Invitation:
    """A helper started a session aimed at this device (D4). Opening it needs no code, and grants nothing."""

    session_id: str
    helper: Person
    expires_at: float  # by this device's clock


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    helper: Person
    kind: Kind | None = None  # asked for, or consented
    is_consented: bool = False
    elevation: ElevationState = "none"
    was_elevated: bool = False
    is_prompt_open: bool = False  # a privilege prompt is on this screen now
    is_input_paused: bool = False  # the local user is using mouse or keyboard
    is_chat_allowed: bool = True
    signs_out: bool = False  # leaving now signs the person out of the device (S8)
    is_connected: bool = False
    lost_since: float | None = None  # since when the connection is being mended
    expires_at: float | None = None  # of consent, or of the code
    active_since: float | None = None
    end_reason: str = ""
    end_text: str = ""  # who ended it and why, in words
    chat: tuple[ChatLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    step: Step = Step.STARTING
    server: str = ""
    person: Person | None = None
    device: str = ""  # name; empty while the device is not known to the server
    is_enrolled: bool = False
    has_to_enrol: bool = False  # without it nothing goes on here
    device_problem: Problem | None = None  # why the device has to enrol, or is shut out
    is_called_elsewhere: bool = False  # another copy of the app gets this device's invitations
    keeps_nothing: bool = False  # no keyring: sign-in and enrolment end with the app
    invitations: tuple[Invitation, ...] = ()
    due: Invitation | None = (
        None  # the one that is shown; the others, and what was put off, are listed
    )
    calls: int = 0  # grows when the window has to come forward
    sign_in: SignInPrompt | None = None
    session: Session | None = None
    problem: Problem | None = None
    notices: tuple[
        str, ...
    ] = ()  # sentences about what this system cannot do (Wayland, no XDamage, ...)
    version_advice: Literal["", "recommended", "mandatory"] = ""
    revision: int = field(default=0, compare=False)


class Actions(Protocol):
    def set_server(self, address: str) -> None: ...

    def sign_in(self) -> None:
        """Opens the browser and listens on loopback; a device code beside it when there is no browser."""
        ...

    def sign_in_with_code(self) -> None: ...

    def cancel_sign_in(self) -> None: ...

    def sign_out(self) -> None:
        """Of the app, not of the device."""
        ...

    def begin_enrolment(self) -> None: ...

    def cancel_enrolment(self) -> None: ...

    def enrol(self, token: str) -> None: ...

    def try_again(self) -> None:
        """A device that was shut out asks whether it may come back."""
        ...

    def open_invitation(self, session_id: str) -> None:
        """Joins the session. Nothing is shared by that: what the helper asks for is allowed later, or not."""
        ...

    def decline_invitation(self, session_id: str) -> None: ...

    def put_off_invitation(self, session_id: str) -> None:
        """It stays listed until it runs out."""
        ...

    def show_invitation(self, session_id: str) -> None: ...

    def redeem(self, code: str) -> None: ...

    def allow(self, kind: Kind) -> None:
        """Allows exactly the kind that was shown."""
        ...

    def decline(self) -> None: ...

    def leave(self) -> None:
        """Ends the session at once; the window has shown the warning of S8 where `signs_out`."""
        ...

    def answer_elevation(self, *, is_granted: bool) -> None: ...

    def revoke_elevation(self) -> None: ...

    def say(self, text: str) -> None:
        """Chat."""
        ...

    def dismiss_problem(self) -> None: ...

    def done(self) -> None:
        """From ENDED back to HOME."""
        ...

    def quit(self) -> None: ...
