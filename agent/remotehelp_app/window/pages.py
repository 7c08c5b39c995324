"""One page for each step. A page is made anew when its step begins, and given the status as it changes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from remotehelp_app.status import Actions, Kind, Session, Status, Step
from remotehelp_app.texts import gettext as _
from remotehelp_app.window.device_pages import (
    about,
    enrolling,
    invited,
    others,
    put_off,
    shut_out,
)
from remotehelp_app.window.parts import (
    Countdown,
    Leave,
    Make,
    button,
    careful_button,
    field,
    label,
    note,
    page,
    row,
    trust_card,
)

TO_BAR = "to_bar"


def _starting(status: Status, actions: Actions, leave: Leave) -> QWidget:
    return page(
        label(_("Starting …"), "title", is_focusable=True),
        label(
            _(
                "If your system asks for the password of your keyring, enter it: your sign-in is kept there."
            ),
            "soft",
        ),
    )


def _no_server(status: Status, actions: Actions, leave: Leave) -> QWidget:
    caption, edit = field(_("Address of your Remote Help site"), "https://help.example.org")
    go = button(_("Continue"), lambda: actions.set_server(edit.text()), "primary")
    edit.returnPressed.connect(lambda: actions.set_server(edit.text()))
    return page(
        label(_("Where is your help desk?"), "title"),
        label(_("Your organisation's help desk can tell you the address.")),
        caption,
        edit,
        row(go),
        first=edit,
    )


def _signed_out(status: Status, actions: Actions, leave: Leave) -> QWidget:
    here = button(_("Sign in"), actions.sign_in, "primary")
    return page(
        label(_("Sign in"), "title"),
        label(
            _(
                "Your browser opens. Sign in there with your account of your organisation, then come back here."
            )
        ),
        label(status.server, "soft"),
        row(here, button(_("Sign in on another device"), actions.sign_in_with_code)),
        first=here,
    )


def _signing_in(status: Status, actions: Actions, leave: Leave) -> QWidget:
    stop = button(_("Cancel"), actions.cancel_sign_in)
    prompt = status.sign_in
    parts: list[QWidget] = [label(_("Waiting for your sign-in …"), "title")]
    if prompt is None:
        parts.append(label(_("Asking the site …")))
    else:
        parts.append(
            label(_("Open this address and enter the code:"))
            if prompt.code
            else label(_("If no browser has opened, open this address yourself:"))
        )
        address = QLineEdit(prompt.address)
        address.setReadOnly(True)
        address.setAccessibleName(_("Address to sign in at"))
        parts.append(address)
        if prompt.code:
            code = label(prompt.code, "code", is_focusable=True)
            code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)
            parts.append(code)
    return page(*parts, row(stop), first=stop)


def _home(status: Status, actions: Actions, leave: Leave) -> QWidget:
    caption, edit = field(_("Security code"), "ABCD-2345")
    edit.setObjectName("code")
    edit.setMaxLength(40)
    go = button(_("Submit"), lambda: actions.redeem(edit.text()), "primary")
    edit.returnPressed.connect(lambda: actions.redeem(edit.text()))
    return page(
        *(put_off(invitation, actions) for invitation in status.invitations),
        label(_("Get help"), "title"),
        label(_("Enter the code that your helper has told you.")),
        caption,
        edit,
        row(go),
        about(status, actions),
        first=edit,
    )


def _redeeming(status: Status, actions: Actions, leave: Leave) -> QWidget:
    return page(label(_("Checking …"), "title", is_focusable=True))


def _introduced(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    heading = label(_("This person wants to help you"), "title", is_focusable=True)
    return page(
        heading,
        trust_card(session.helper),
        note(
            "warn",
            _("Go on only if you asked for help and know this person."),
            _("If somebody called you unasked and told you to do this, leave now."),
        ),
        label(_("Waiting until they say what they would like to do.")),
        *others(status),
        row(button(_("Leave"), leave)),
        first=heading,
    )


def _requested(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    kind: Kind = session.kind or "view_screen"
    name = {"name": session.helper.full_name}
    if kind == "full_control":
        words = _("%(name)s asks for full control") % name
        meaning = _(
            "They will see your whole screen and can use your mouse and keyboard. You can stop at any time."
        )
        allow = _("Allow full control")
    else:
        words = _("%(name)s asks to view your screen") % name
        meaning = _(
            "They will see your whole screen and can control nothing. You can stop at any time."
        )
        allow = _("Allow")
    heading = label(words, "title", is_focusable=True)
    return page(
        heading,
        trust_card(session.helper),
        label(meaning),
        note("warn", _("Go on only if you asked for help and know this person.")),
        Countdown(session.expires_at, _no_answer),
        *others(status),
        row(
            careful_button(allow, lambda: actions.allow(kind), "primary"),
            button(_("Decline the request"), actions.decline),
        ),
        first=heading,
    )


def _no_answer(seconds: int) -> str:
    return _("Without an answer the request counts as declined in %(seconds)d s.") % {
        "seconds": seconds
    }


def _live(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    is_active = status.step is Step.ACTIVE
    name = {"name": session.helper.full_name}
    if not is_active:
        words = _("Connecting to %(name)s …") % name
    elif session.kind == "full_control":
        words = _("%(name)s sees and controls this screen") % name
    else:
        words = _("%(name)s sees this screen") % name
    heading = label(words, "title", is_focusable=True)
    to_bar = button(_("Go to the session bar"), lambda: None)
    to_bar.setObjectName(TO_BAR)  # the window knows where that is
    return page(
        heading,
        label(
            _(
                "The bar at the top of the screen stays there until the session ends. You can leave from it."
            )
        ),
        *others(status),
        row(to_bar, button(_("Leave"), leave)),
        first=heading,
    )


def _ended(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    done = button(_("Done"), actions.done, "primary")
    return page(
        label(_("The session has ended"), "title"),
        label(session.end_text),
        label(_("What happened stands in this device's own log: remotehelp-app log"), "soft"),
        row(done),
        first=done,
    )


def _session(status: Status) -> Session:
    if status.session is None:
        raise ValueError(f"no session in {status.step}")
    return status.session


PAGES: dict[Step, Make] = {
    Step.STARTING: _starting,
    Step.NO_SERVER: _no_server,
    Step.SIGNED_OUT: _signed_out,
    Step.SIGNING_IN: _signing_in,
    Step.HOME: _home,
    Step.ENROLLING: enrolling,
    Step.SHUT_OUT: shut_out,
    Step.INVITED: invited,
    Step.REDEEMING: _redeeming,
    Step.INTRODUCED: _introduced,
    Step.REQUESTED: _requested,
    Step.CONNECTING: _live,
    Step.ACTIVE: _live,
    Step.ENDED: _ended,
}


def key_of(status: Status) -> tuple[object, ...]:
    """The page is made anew when this changes; what was typed is lost only then."""
    session = status.session
    kind = session.kind if session is not None else None
    return (
        status.step,
        kind,
        status.sign_in,
        status.is_enrolled,
        status.has_to_enrol,
        status.is_called_elsewhere,
        status.keeps_nothing,
        status.device,
        status.device_problem,
        status.invitations,
    )
