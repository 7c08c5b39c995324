"""One page for each step. A page is made anew when its step begins, and given the status as it changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from remotehelp_app.status import Actions, Kind, Session, Status, Step
from remotehelp_app.texts import gettext as _
from remotehelp_app.window.parts import (
    button,
    careful_button,
    column,
    field,
    frame,
    label,
    note,
    row,
    trust_card,
)

Leave = Callable[[], None]
Make = Callable[[Status, Actions, Leave], QWidget]


def _page(*parts: QWidget, first: QWidget | None = None) -> QWidget:
    made = column(*parts)
    layout = made.layout()
    if layout is not None:
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
    made.setProperty("first", first)
    return made


def _starting(status: Status, actions: Actions, leave: Leave) -> QWidget:
    return _page(label(_("Starting …"), "title", is_focusable=True))


def _no_server(status: Status, actions: Actions, leave: Leave) -> QWidget:
    caption, edit = field(_("Address of your Remote Help site"), "https://help.example.org")
    go = button(_("Continue"), lambda: actions.set_server(edit.text()), "primary")
    edit.returnPressed.connect(lambda: actions.set_server(edit.text()))
    return _page(
        label(_("Where is your help desk?"), "title"),
        label(_("Your organisation's help desk can tell you the address.")),
        caption,
        edit,
        row(go),
        first=edit,
    )


def _signed_out(status: Status, actions: Actions, leave: Leave) -> QWidget:
    here = button(_("Sign in"), actions.sign_in, "primary")
    return _page(
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
    return _page(*parts, row(stop), first=stop)


def _home(status: Status, actions: Actions, leave: Leave) -> QWidget:
    caption, edit = field(_("Security code"), "ABCD-2345")
    edit.setObjectName("code")
    edit.setMaxLength(40)
    go = button(_("Submit"), lambda: actions.redeem(edit.text()), "primary")
    edit.returnPressed.connect(lambda: actions.redeem(edit.text()))
    return _page(
        label(_("Get help"), "title"),
        label(_("Enter the code that your helper has told you.")),
        caption,
        edit,
        row(go),
        _about(status, actions),
        first=edit,
    )


def _about(status: Status, actions: Actions) -> QWidget:
    who = status.person.full_name if status.person is not None else ""
    parts: list[QWidget] = [
        row(
            label(_("Signed in as %(name)s") % {"name": who}, "soft"),
            button(_("Sign out of this app"), actions.sign_out, "link"),
        )
    ]
    if status.is_enrolled:
        words = _("This device, %(name)s, is enrolled.") % {"name": status.device}
        parts.append(label(words, "soft"))
    else:
        caption, edit = field(_("Enrolment token"))
        go = button(_("Enrol this device"), lambda: actions.enrol(edit.text()))
        parts += [
            label(
                _(
                    "This device is not enrolled. With an enrolment token from your help desk you can enrol it."
                ),
                "soft",
            ),
            caption,
            row(edit, go),
        ]
    return frame("card", *parts)


def _redeeming(status: Status, actions: Actions, leave: Leave) -> QWidget:
    return _page(label(_("Checking …"), "title", is_focusable=True))


def _introduced(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    heading = label(_("This person wants to help you"), "title", is_focusable=True)
    return _page(
        heading,
        trust_card(session.helper),
        note(
            "warn",
            _("Go on only if you asked for help and know this person."),
            _("If somebody called you unasked and told you to do this, leave now."),
        ),
        label(_("Waiting until they say what they would like to do.")),
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
    return _page(
        heading,
        trust_card(session.helper),
        label(meaning),
        note("warn", _("Go on only if you asked for help and know this person.")),
        _Countdown(session.expires_at),
        row(
            careful_button(allow, lambda: actions.allow(kind), "primary"),
            button(_("Decline the request"), actions.decline),
        ),
        first=heading,
    )


class _Countdown(QWidget):
    """Seconds left to answer; no answer counts as declined."""

    def __init__(self, until: float | None) -> None:
        super().__init__()
        self._until = until
        self._label = label("", "soft")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show)
        self._timer.start(1000)
        self._show()

    def _show(self) -> None:
        if self._until is None:
            self._label.setText("")
            return
        left = max(0, round(self._until - time.time()))
        self._label.setText(
            _("Without an answer the request counts as declined in %(seconds)d s.")
            % {"seconds": left}
        )


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
    return _page(
        heading,
        label(
            _(
                "The bar at the top of the screen stays there until the session ends. You can leave from it."
            )
        ),
        row(button(_("Leave"), leave)),
        first=heading,
    )


def _ended(status: Status, actions: Actions, leave: Leave) -> QWidget:
    session = _session(status)
    done = button(_("Done"), actions.done, "primary")
    return _page(
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
        status.device,
    )
