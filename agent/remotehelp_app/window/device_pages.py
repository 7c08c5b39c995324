"""The pages about this device: its enrolment, its being shut out, and who wants to help on it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from remotehelp_app.status import Actions, Invitation, Status
from remotehelp_app.texts import gettext as _
from remotehelp_app.texts import ngettext
from remotehelp_app.window.parts import (
    Countdown,
    Leave,
    button,
    careful_button,
    field,
    frame,
    label,
    line,
    note,
    page,
    row,
    trust_card,
)


def about(status: Status, actions: Actions) -> QWidget:
    """Who is signed in, and how this device stands."""
    who = status.person.full_name if status.person is not None else ""
    parts: list[QWidget] = [
        line(
            label(_("Signed in as %(name)s") % {"name": who}, "soft"),
            button(_("Sign out of this app"), actions.sign_out, "link"),
        )
    ]
    if status.is_enrolled:
        words = _("This device, %(name)s, is enrolled.") % {"name": status.device}
        parts.append(label(words, "soft"))
        if status.is_called_elsewhere:
            parts.append(
                label(
                    _(
                        "Invitations reach another window of this app, where it was used last. Come back to this one to"
                        " get them here."
                    ),
                    "soft",
                )
            )
    elif not status.device and status.device_problem is None:
        parts.append(label(_("Looking this device up …"), "soft"))
    else:
        parts.append(
            label(
                _(
                    "This device is not enrolled. Enrolled, it can be helped without a code, and is trusted more."
                ),
                "soft",
            )
        )
        parts.append(row(button(_("Enrol this device"), actions.begin_enrolment)))
    return frame("card", *parts)


def enrolling(status: Status, actions: Actions, leave: Leave) -> QWidget:
    caption, edit = field(_("Enrolment token"), "rhe_…")
    edit.setMaxLength(200)

    def enrol() -> None:
        actions.enrol(edit.text())

    go = button(_("Enrol"), enrol, "primary")
    edit.returnPressed.connect(enrol)
    parts: list[QWidget] = [label(_("Enrol this device"), "title")]
    if status.device_problem is not None:
        parts.append(note("warn", status.device_problem.message))
    parts.append(
        label(
            _(
                "Your administrator gives you an enrolment token. Copy it whole and paste it here. The device then belongs"
                " to you, and tells your organisation its name, its system, and whether it is kept safe."
            )
        )
    )
    if status.keeps_nothing:
        parts.append(
            note(
                "warn",
                _("Without an open keyring the enrolment lasts only until you close this app."),
            )
        )
    away = (
        button(_("Sign out of this app"), actions.sign_out)
        if status.has_to_enrol
        else button(_("Not now"), actions.cancel_enrolment)
    )
    return page(*parts, caption, edit, row(go, away), first=edit)


def shut_out(status: Status, actions: Actions, leave: Leave) -> QWidget:
    problem = status.device_problem
    heading = label(_("This device was removed from Remote Help"), "title", is_focusable=True)
    parts: list[QWidget] = [heading]
    if problem is not None:
        parts.append(note("bad", problem.message, problem.remedy))
    return page(
        *parts,
        row(
            button(_("Ask again"), actions.try_again, "primary"),
            button(_("Sign out of this app"), actions.sign_out),
        ),
        first=heading,
    )


# --- invitations ----------------------------------------------------------------------------------


def invited(status: Status, actions: Actions, leave: Leave) -> QWidget:
    """Nothing is open yet, and opening allows nothing: what the helper asks for is a question of its own."""
    due = status.due
    if due is None:
        raise ValueError("nobody wants to help")
    key, name = due.session_id, {"name": due.helper.full_name}
    heading = label(_("%(name)s wants to help you") % name, "title", is_focusable=True)
    parts: list[QWidget] = [
        heading,
        trust_card(due.helper),
        note(
            "warn",
            _("Go on only if you asked for help and know this person."),
            _("If somebody called you unasked and told you to do this, decline."),
        ),
        label(_("Nothing is shared yet. You are asked again before anything is.")),
        Countdown(due.expires_at, _runs_out),
        row(
            careful_button(_("Open"), lambda: actions.open_invitation(key), "primary"),
            button(_("Decline"), lambda: actions.decline_invitation(key)),
            button(_("Not now"), lambda: actions.put_off_invitation(key), "link"),
        ),
    ]
    if more := len(status.invitations) - 1:
        words = ngettext(
            "%(number)d more person wants to help.", "%(number)d more people want to help.", more
        )
        parts.append(label(words % {"number": more}, "soft"))
    return page(*parts, first=heading)


def _runs_out(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext(
        "The invitation runs out in %(minutes)d minute.",
        "The invitation runs out in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


def put_off(invitation: Invitation, actions: Actions) -> QWidget:
    """One that waits on the first page."""
    name = {"name": invitation.helper.full_name}
    show = button(_("Show"), lambda: actions.show_invitation(invitation.session_id))
    show.setAccessibleName(_("Show the invitation of %(name)s") % name)
    return frame("card", line(label(_("%(name)s wants to help you") % name), show))


def others(status: Status) -> list[QWidget]:
    """Who waits while there is a session: it is said, and nothing can be pressed by mistake."""
    return [
        note(
            "warn",
            _("%(name)s wants to help you, too.") % {"name": invitation.helper.full_name},
            _("The invitation stays listed. Leave this session first if you want to open it."),
        )
        for invitation in status.invitations
    ]
