"""What can go wrong between the app and the site, in words that say what to do."""

from __future__ import annotations

import socket
import ssl

import httpx

from remotehelp_app.texts import gettext as _


class ServerError(Exception):
    """`code` is for programs, `message` and `remedy` are for the person at the device.

    `is_temporary`: the site could not be reached, so nothing is known; trying again may help.
    `details` are the fields of a refusal, as the API gives them.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str = "",
        *,
        is_temporary: bool = False,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message, self.remedy = code, message, remedy
        self.is_temporary = is_temporary
        self.details = details or {}


class SignInEndedError(ServerError):
    """The sign-in is worth nothing any more."""

    def __init__(self) -> None:
        super().__init__(
            "sign_in_ended", _("You have been signed out."), _("Sign in again to go on.")
        )


def remedy_for(code: str) -> str:
    """What the person at the device can do about a refusal, beside what the site says; empty where that is all."""
    return {
        "wrong_token": _(
            "Copy the whole token, from rhe_ to its end. If it is still refused, it has run out, was used up or was"
            " revoked: your administrator makes a new one."
        ),
        "other_owner": _("Ask your administrator for an enrolment token, and enter it here."),
        "device_revoked": _(
            "Nothing of this device is shared. Your administrator can let it come back."
        ),
        "too_many_devices": _("Your administrator can remove devices that you use no more."),
        "clock_skew": _("Set this device's date, time and time zone right."),
    }.get(code, "")


def not_ours() -> ServerError:
    """The answer has another shape than the API's."""
    return ServerError(
        "not_ours",
        _("The answer of the site cannot be understood."),
        _("Check that the address is that of your organisation's Remote Help site."),
    )


def unreachable(error: Exception) -> ServerError:
    """Which part of the way failed, as far as it can be told."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return ServerError(
            "certificate",
            _("The site's certificate cannot be trusted, so nothing was sent."),
            _("Ask your help desk. A proxy that inspects traffic can be the cause, too."),
            is_temporary=True,
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        message = _("The site does not speak TLS 1.2 or later, or something on the way breaks it.")
    elif any(isinstance(cause, socket.gaierror) for cause in causes):
        message = _("The site's name cannot be found.")
    elif isinstance(error, httpx.ProxyError):
        message = _("The network's proxy does not let this app through.")
    elif isinstance(error, httpx.TimeoutException | TimeoutError):
        message = _("The site does not answer.")
    else:
        message = _("The site cannot be reached.")
    return ServerError(
        "unreachable", message, _("Check the network, then try again."), is_temporary=True
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 20:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
