"""The window itself: shows each status, and tells the engine where our own windows are.

`run_window` runs until the person closes it; the engine is stopped then, so that nothing goes on unseen.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from remotehelp_app.platform.interfaces import Area
from remotehelp_app.status import Session, Status, Step
from remotehelp_app.texts import gettext as _
from remotehelp_app.window import questions
from remotehelp_app.window.bar import Bar
from remotehelp_app.window.guard import WindowEngine
from remotehelp_app.window.look import dress
from remotehelp_app.window.pages import PAGES, TO_BAR, key_of
from remotehelp_app.window.parts import announce, button, column, note

_LIVE = (Step.CONNECTING, Step.ACTIVE)
_JOINED = (Step.INTRODUCED, Step.REQUESTED, *_LIVE)
_MOVES = frozenset(
    {QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Close}
)

MakeEngine = Callable[[Callable[[Status], None]], WindowEngine]


class _Messenger(QObject):
    """Carries statuses from the engine's thread to the window's."""

    came = Signal(object)


class MainWindow(QMainWindow):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(_("Remote Help"))
        self.resize(520, 640)
        self.setMinimumSize(360, 420)
        self._engine: WindowEngine | None = None
        self._bar: Bar | None = None
        self._status = Status()
        self._key: tuple[object, ...] | None = None
        self._code = ""
        self._problem: object = None
        self._question: questions.Question | None = None
        self._told: tuple[Area, ...] = ()
        self._notes = QWidget()
        self._notes_layout = QVBoxLayout(self._notes)
        self._notes_layout.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        ground = QWidget()
        ground.setObjectName("ground")
        layout = QVBoxLayout(ground)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.addWidget(self._notes)
        layout.addWidget(self._scroll, 1)
        self.setCentralWidget(ground)

    def use(self, engine: WindowEngine) -> None:
        self._engine = engine
        self._bar = Bar(engine, self.ask_to_leave)

    # --- what is shown ---------------------------------------------------------------------------

    def take(self, status: Status) -> None:
        """Shows this status; a page that stays keeps what was typed into it."""
        if self._engine is None or self._bar is None:
            return
        before, self._status = self._status, status
        self._show_notes(status)
        if key_of(status) != self._key:
            self._key = key_of(status)
            self._show_page(status, is_new_step=status.step is not before.step)
        if status.calls > before.calls:
            self._rise()
        self._bar.take(status)
        self._ask_what_is_due(status, before)

    def _show_page(self, status: Status, *, is_new_step: bool) -> None:
        if self._engine is None:
            return
        page = PAGES[status.step](status, self._engine, self.ask_to_leave)
        self._keep_code(status, page)
        self._scroll.setWidget(page)
        first = page.property("first")
        if isinstance(first, QWidget):
            first.setFocus()
        to_bar = page.findChild(QPushButton, TO_BAR)
        if to_bar is not None and self._bar is not None:
            to_bar.clicked.connect(self._bar.take_keyboard)
        if is_new_step:
            self._come_forward(status, page)

    def _keep_code(self, status: Status, page: QWidget) -> None:
        """Somebody who wants to help interrupts whoever is typing a code; it is there again afterwards."""
        old, new = _code_in(self._scroll.widget()), _code_in(page)
        if old is not None:
            self._code = old.text()
        if status.step in _JOINED:
            self._code = ""
        if new is not None:
            new.setText(self._code)

    def _come_forward(self, status: Status, page: QWidget) -> None:
        """A question has to be seen; a session that begins must not lie over what it is about."""
        if status.step in (Step.INTRODUCED, Step.REQUESTED, Step.ENDED, Step.SHUT_OUT):
            self._rise()
        elif status.step is Step.ACTIVE:
            self.showMinimized()
        first = page.property("first")
        if isinstance(first, QWidget):
            announce(self, first.accessibleName())

    def _rise(self) -> None:
        self.showNormal()
        self.raise_()
        self.activateWindow()

    def _show_notes(self, status: Status) -> None:
        said = (status.problem, status.notices, status.version_advice)
        if said == self._problem:
            return
        self._problem = said
        while (item := self._notes_layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for made in self._notes_of(status):
            self._notes_layout.addWidget(made)
        if status.problem is not None:
            announce(self, f"{status.problem.message} {status.problem.remedy}".strip())

    def _notes_of(self, status: Status) -> list[QWidget]:
        made: list[QWidget] = [note("warn", text) for text in status.notices]
        if status.version_advice == "mandatory":
            made.append(
                note(
                    "bad",
                    _("This version of the app is too old to be used."),
                    _("Install the current one from your organisation's Remote Help site."),
                )
            )
        elif status.version_advice == "recommended":
            made.append(note("warn", _("There is a newer version of this app.")))
        if status.problem is not None and self._engine is not None:
            shown = note("bad", status.problem.message, status.problem.remedy)
            made.append(
                column(shown, button(_("Close this message"), self._engine.dismiss_problem, "link"))
            )
        return made

    # --- questions -------------------------------------------------------------------------------

    def _ask_what_is_due(self, status: Status, before: Status) -> None:
        asked = _elevation(status)
        if asked != _elevation(before) and self._question is not None and asked != "asked":
            self._question.reject()  # the question has gone away
        if status.step not in _JOINED and self._question is not None:
            self._question.reject()
        if asked == "asked" and _elevation(before) != "asked" and status.session is not None:
            self._ask_elevation(status.session)

    def _ask_elevation(self, session: Session) -> None:
        question = self._open(questions.elevation(session))
        question.accepted.connect(lambda: self._answer_elevation(is_granted=True))
        question.rejected.connect(lambda: self._answer_elevation(is_granted=False))

    def _answer_elevation(self, *, is_granted: bool) -> None:
        self._question = None
        if self._engine is not None and _elevation(self._status) == "asked":
            self._engine.answer_elevation(is_granted=is_granted)

    def ask_to_leave(self) -> None:
        """At once, but where leaving signs the person out: then it asks first (S8)."""
        session = self._status.session
        if self._engine is None or session is None:
            return
        if not session.signs_out:
            self._engine.leave()
            return
        question = self._open(questions.leaving(session))
        question.accepted.connect(self._engine.leave)
        question.finished.connect(lambda _code: setattr(self, "_question", None))

    def _open(self, question: questions.Question) -> questions.Question:
        if self._question is not None:
            self._question.reject()
        self._question = question
        question.open()
        question.raise_()
        question.activateWindow()
        return question

    # --- where our windows are -------------------------------------------------------------------

    def tell_places(self) -> None:
        """The engine refuses the helper's input on every window of ours."""
        if self._engine is None:
            return
        areas = tuple(
            _area(window)
            for window in QGuiApplication.topLevelWindows()
            if window.isVisible() and window.visibility() != QWindow.Visibility.Minimized
        )
        if areas != self._told:
            self._told = areas
            self._engine.areas_changed(areas)

    def event(self, event: QEvent) -> bool:
        is_wanted = event.type() is QEvent.Type.WindowActivate and self._status.is_called_elsewhere
        if is_wanted and self._engine is not None:
            self._engine.attend()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._status.step in _JOINED:
            event.ignore()
            self.ask_to_leave()
            return
        event.accept()
        QApplication.quit()


class _Places(QObject):
    """Sees every move of a window of ours."""

    def __init__(self, main: MainWindow) -> None:
        super().__init__(main)
        self._main = main

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES and isinstance(watched, QWindow):
            QTimer.singleShot(0, self._main, self._main.tell_places)
        return False


def _code_in(page: QWidget | None) -> QLineEdit | None:
    """The field for the security code, on the page that has it."""
    return page.findChild(QLineEdit, "code") if page is not None else None


def _elevation(status: Status) -> str:
    return status.session.elevation if status.session is not None else "none"


def _area(window: QWindow) -> Area:
    """In pixels of the desktop, which are not Qt's where the screen is scaled."""
    frame, ratio = window.frameGeometry(), window.devicePixelRatio()
    return Area(
        round(frame.x() * ratio),
        round(frame.y() * ratio),
        round(frame.width() * ratio),
        round(frame.height() * ratio),
    )


def run_window(make_engine: MakeEngine) -> int:
    """Shows the window until it is closed; gives the exit code."""
    # A screen reader that is started later finds the window, too.
    os.environ.setdefault("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("another kind of Qt application is running")
    app.setApplicationName("remotehelp-app")
    app.setApplicationDisplayName(_("Remote Help"))
    app.setQuitOnLastWindowClosed(False)
    dress(app)
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: dress(app))
    window, messenger = MainWindow(), _Messenger()
    messenger.came.connect(window.take, Qt.ConnectionType.QueuedConnection)
    engine = make_engine(messenger.came.emit)
    window.use(engine)
    places = _Places(window)
    app.installEventFilter(places)
    # Whoever sends a signal cannot be asked: `quit` would close the window first, which asks in a session. The engine
    # ends what is live, as at every other end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: app.exit(0))
    # Python looks at signals only between its own steps; Qt makes none while nothing happens.
    awake = QTimer(app)
    awake.timeout.connect(lambda: None)
    awake.start(300)
    window.take(Status())
    window.show()
    engine.own_window(int(window.winId()))
    window.activateWindow()
    engine.start()
    try:
        return int(app.exec())
    finally:
        engine.stop()
        _put_away(app, places)


def _put_away(app: QApplication, places: _Places) -> None:
    """Leave nothing on the screen to Python's own clearing up: it takes the filter away while Qt still asks it."""
    app.removeEventFilter(places)
    for widget in QApplication.topLevelWidgets():
        widget.hide()
    app.processEvents()
