"""The questions that stop everything: elevation, and leaving when that signs the person out (S7, S8).

Whoever presses Enter or Escape while one appears has answered no.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from remotehelp_app.status import Session
from remotehelp_app.texts import gettext as _
from remotehelp_app.window.parts import (
    announce,
    button,
    careful_button,
    label,
    note,
    row,
    trust_card,
)


class Question(QDialog):
    """`accept` is yes. Anything else that closes it is no."""

    def __init__(self, title: str, parts: list[QWidget], yes: str, no: str) -> None:
        super().__init__(None, Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.Dialog)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(460)
        refuse = button(no, self.reject, "primary")
        allow = careful_button(yes, self.accept)
        refuse.setAutoDefault(True)
        refuse.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(12)
        heading = label(title, "title")
        for part in [heading, *parts, row(refuse, allow)]:
            layout.addWidget(part)
        refuse.setFocus()
        announce(self, title)


def elevation(session: Session) -> Question:
    name = {"name": session.helper.full_name}
    return Question(
        _("%(name)s asks for elevation") % name,
        [
            trust_card(session.helper),
            label(
                _(
                    "With it they see and can answer privilege prompts of this device, until you take it back or the"
                    " session ends. Type no password for them unless you would do so yourself."
                )
            ),
            note(
                "warn",
                _("If you leave the session afterwards, you will be signed out of this device."),
            ),
        ],
        _("Allow elevation"),
        _("Refuse"),
    )


def leaving(session: Session) -> Question:
    return Question(
        _("You will be signed out of this device"),
        [
            label(
                _(
                    "This session had elevated rights. If you leave it, you are signed out of this device, and work"
                    " that is not saved is lost."
                )
                if session.was_elevated
                else _(
                    "Your organisation signs people out after every session. Work that is not saved is lost."
                )
            ),
            label(_("If the helper ends the session instead, you stay signed in."))
            if session.was_elevated
            else label(_("Save your work first.")),
        ],
        _("Leave and sign out"),
        _("Stay"),
    )
