"""Who ended the session and why, in the sharer's words."""

from __future__ import annotations

from remotehelp_app.server.shapes import SessionInfo
from remotehelp_app.texts import gettext as _


def ending(info: SessionInfo) -> str:
    """One or two sentences; something true for a reason that this version does not know."""
    if info.end_reason == "helper_left":
        return _("%(name)s ended the session.") % {"name": info.helper.full_name}
    said = {
        "sharer_left": _("You ended the session."),
        "declined": _("You declined the request, and the session has ended."),
        "abandoned": _("The session has ended because nobody went on."),
        "connection_lost": _("The connection was lost. It did not come back within 30 seconds."),
        "not_connected": _("No connection came about. Ask your help desk to check the network."),
        "ground_lost": _("The session was ended because the right to it was withdrawn."),
        "ended_by_admin": _("An administrator ended the session."),
        "expired": _("The security code has run out."),
        "taken_over": _("This session was opened in another place, so it is not here any more."),
        "signed_out": _("The session has ended here because your sign-in has ended."),
    }
    return said.get(info.end_reason, _("The session has ended."))
