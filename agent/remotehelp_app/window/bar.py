"""The session bar: always on top, never hidden, while somebody sees or controls this screen.

No window manager has a say in it: every one puts full-screen windows above those that want to stay on top. So nobody
else gives it the keyboard either; it takes it when the person clicks into it or comes by the window's button.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from remotehelp_app.status import Invitation, Session, Status, Step
from remotehelp_app.texts import gettext as _
from remotehelp_app.window.guard import WindowEngine
from remotehelp_app.window.parts import announce, button, column, label, row

_TEXT_LIMIT = 2000
_RAISED_EVERY = 400  # ms


class Bar(QWidget):
    """Shown and hidden by the window; `leave` of the window asks where that is due."""

    def __init__(self, engine: WindowEngine, leave: Callable[[], None]) -> None:
        super().__init__(
            None,
            Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.X11BypassWindowManagerHint
            | Qt.WindowType.Window,
        )
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(_("Remote Help session"))
        self._engine = engine
        self._session: Session | None = None
        self._grip: QPoint | None = None
        self._who = label("", "name")
        self._how = label("", "soft")
        self._clock = label("", "soft")
        for part in (self._who, self._how, self._clock):
            part.setWordWrap(False)
        self._revoke = button(_("Take elevation back"), engine.revoke_elevation)
        self._chat_button = button(_("Chat"), self._toggle_chat)
        self._leave = button(_("Leave"), leave, "primary")
        self._chat = _Chat(engine)
        self._chat.hide()
        top = row(self._who, self._how, self._clock, self._revoke, self._chat_button, self._leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.addWidget(top)
        layout.addWidget(self._chat)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._above = QTimer(self)
        self._above.timeout.connect(self.raise_)
        for child in self.findChildren(QWidget):
            child.installEventFilter(self)

    def take(self, status: Status) -> None:
        session = status.session
        is_wanted = session is not None and status.step in (Step.CONNECTING, Step.ACTIVE)
        if session is None or not is_wanted:
            self._timer.stop()
            self._above.stop()
            self.hide()
            return
        self._session = session
        self._say(session, status.invitations, is_active=status.step is Step.ACTIVE)
        self._revoke.setVisible(session.elevation == "granted")
        self._chat_button.setVisible(session.is_chat_allowed)
        self._chat.take(session)
        self._count_unread()
        if not self.isVisible():
            self._chat.hide()
            self._place()
            self.show()
            self.raise_()
            self._timer.start(1000)
            self._above.start(_RAISED_EVERY)
        self._tick()
        self.adjustSize()

    def _say(self, session: Session, waiting: tuple[Invitation, ...], *, is_active: bool) -> None:
        name = {"name": session.helper.full_name}
        if not is_active:
            who = _("Connecting to %(name)s …") % name
        elif session.kind == "full_control":
            who = _("%(name)s sees and controls this screen") % name
        else:
            who = _("%(name)s sees this screen") % name
        if who != self._who.text():
            self._who.setText(who)
            self._who.setAccessibleName(who)
            announce(self, who)
        self._how.setText(self._state(session) or _waiting(waiting))
        self._how.setVisible(bool(self._how.text()))

    @staticmethod
    def _state(session: Session) -> str:
        if session.lost_since is not None:
            return _("The connection is interrupted; trying again …")
        if session.elevation == "granted":
            return _("Elevation is on: privilege prompts are shared.")
        if session.is_prompt_open and session.kind == "full_control":
            return _("A privilege prompt is open; it is hidden from the helper.")
        if session.is_input_paused:
            return _("You have mouse and keyboard.")
        return ""

    def _tick(self) -> None:
        session = self._session
        if session is None or session.active_since is None:
            self._clock.setText("")
            return
        passed = max(0, int(time.time() - session.active_since))
        self._clock.setText(f"{passed // 60}:{passed % 60:02d}")

    def _place(self) -> None:
        """In the middle of the primary screen's upper edge."""
        self.adjustSize()
        free = QGuiApplication.primaryScreen().availableGeometry()
        self.move(free.x() + (free.width() - self.width()) // 2, free.y() + 8)

    # --- chat ------------------------------------------------------------------------------------

    def _toggle_chat(self) -> None:
        self._chat.setVisible(not self._chat.isVisible())
        if self._chat.isVisible():
            self._chat.read()
            self.activateWindow()
        self._count_unread()
        self.adjustSize()

    def _count_unread(self) -> None:
        unread = self._chat.unread
        text = _("Chat") if not unread else _("Chat (%(number)d new)") % {"number": unread}
        self._chat_button.setText(text)
        self._chat_button.setAccessibleName(text)

    # --- being a window --------------------------------------------------------------------------

    def take_keyboard(self) -> None:
        """For who uses no mouse; never lands on the button that ends the session where there is another."""
        self.activateWindow()
        parts = (self._revoke, self._chat_button, self._leave)
        next(part for part in parts if part.isVisible()).setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseButtonPress and not self.isActiveWindow():
            self.activateWindow()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self._leave.click()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self.move(event.globalPosition().toPoint() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None


def _waiting(invitations: tuple[Invitation, ...]) -> str:
    if not invitations:
        return ""
    return _("%(name)s wants to help you, too.") % {"name": invitations[0].helper.full_name}


class _Chat(QWidget):
    """The lines and one to write. Nothing of it is kept after the session."""

    def __init__(self, engine: WindowEngine) -> None:
        super().__init__()
        self._engine = engine
        self._log = QPlainTextEdit()
        self._log.setReadOnly(True)
        self._log.setAccessibleName(_("Chat so far"))
        self._log.setFixedHeight(140)
        self._text = QLineEdit()
        self._text.setMaxLength(_TEXT_LIMIT)
        self._text.setAccessibleName(_("Message"))
        self._text.setPlaceholderText(_("Message"))
        self._text.returnPressed.connect(self._say)
        self._shown = self._read = 0
        self._total = 0
        send: QPushButton = button(_("Send"), self._say)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)
        layout.addWidget(send)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(column(self._log, line))

    def take(self, session: Session) -> None:
        lines = session.chat
        if len(lines) < self._total:
            self._log.clear()
            self._shown = self._read = 0
        for line in lines[self._shown :]:
            who = _("You") if line.is_mine else session.helper.full_name
            self._log.appendPlainText(f"{who}: {line.text}")
        self._shown = self._total = len(lines)
        if self.isVisible():
            self.read()

    @property
    def unread(self) -> int:
        return self._total - self._read

    def read(self) -> None:
        self._read = self._total
        self._text.setFocus()

    def _say(self) -> None:
        text = self._text.text().strip()
        if text:
            self._engine.say(text)
            self._text.clear()
