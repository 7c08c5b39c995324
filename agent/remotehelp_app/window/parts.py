"""The small parts of every page: headings, buttons, fields, the trust card, notes. Each has its accessible name."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from remotehelp_app.status import Actions, Person, Status
from remotehelp_app.texts import gettext as _

Leave = Callable[[], None]
Make = Callable[[Status, Actions, Leave], QWidget]

FACE = 56
# Who is typing or clicking while a question appears has not answered it.
DEAF_FOR = 700  # ms


def label(text: str, kind: str = "", *, is_focusable: bool = False) -> QLabel:
    """Plain text always: names and messages come from elsewhere and are never read as HTML."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setWordWrap(True)
    made.setObjectName(kind)
    made.setAccessibleName(text)
    if is_focusable:
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def button(text: str, pressed: Callable[[], None], kind: str = "") -> QPushButton:
    made = QPushButton(text.replace("&", "&&"))
    made.setAccessibleName(text)
    made.setProperty("kind", kind)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _is_checked: pressed())
    return made


def careful_button(text: str, pressed: Callable[[], None], kind: str = "") -> QPushButton:
    """One that allows something: it answers only after it has been there for a moment."""
    made = button(text, pressed, kind)
    made.setEnabled(False)
    QTimer.singleShot(DEAF_FOR, made, lambda: made.setEnabled(True))
    return made


def field(caption: str, hint: str = "") -> tuple[QLabel, QLineEdit]:
    edit = QLineEdit()
    edit.setAccessibleName(caption)
    edit.setPlaceholderText(hint)
    text = label(caption)
    text.setBuddy(edit)
    return text, edit


def column(*parts: QWidget, spacing: int = 12) -> QWidget:
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for part in parts:
        layout.addWidget(part)
    return made


def page(*parts: QWidget, first: QWidget | None = None) -> QWidget:
    """A whole page; `first` gets the keyboard when it appears."""
    made = column(*parts)
    layout = made.layout()
    if layout is not None:
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
    made.setProperty("first", first)
    return made


class Countdown(QWidget):
    """What `words` say of the seconds that are left."""

    def __init__(self, until: float | None, words: Callable[[int], str]) -> None:
        super().__init__()
        self._until, self._words = until, words
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
        self._label.setText(self._words(max(0, round(self._until - time.time()))))


def row(*parts: QWidget) -> QWidget:
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(10)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
    return made


def line(text: QWidget, *after: QWidget, before: QWidget | None = None) -> QWidget:
    """A row in which the text has all the room that the others leave."""
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(10)
    if before is not None:
        layout.addWidget(before)
    layout.addWidget(text, 1)
    for part in after:
        layout.addWidget(part)
    return made


def frame(kind: str, *parts: QWidget) -> QFrame:
    made = QFrame()
    made.setObjectName(kind)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(16, 14, 16, 14)
    layout.setSpacing(10)
    for part in parts:
        layout.addWidget(part)
    return made


def note(kind: str, message: str, remedy: str = "") -> QFrame:
    parts = [label(message)]
    if remedy:
        parts.append(label(remedy, "soft"))
    made = frame(kind, *parts)
    made.setAccessibleName(message)
    return made


def trust_card(person: Person) -> QFrame:
    """Who the other is (S3)."""
    name = label(person.full_name, "name")
    lines = [line for line in (person.job_title, person.company) if line]
    if person.verified_domain:
        lines.append(_("Verified: %(domain)s") % {"domain": person.verified_domain})
    text = column(name, *(label(line, "soft") for line in lines), spacing=2)
    made = frame("card", line(text, before=_face(person)))
    made.setAccessibleName(", ".join([person.full_name, *lines]))
    return made


def _face(person: Person) -> QLabel:
    made = QLabel()
    made.setFixedSize(FACE, FACE)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    picture = QPixmap()
    if person.picture and picture.loadFromData(person.picture):
        made.setPixmap(_round(picture))
    else:
        made.setObjectName("face")
        made.setText(person.initials or "?")
    made.setAccessibleName(_("Profile picture"))
    return made


def _round(picture: QPixmap) -> QPixmap:
    scaled = picture.scaled(
        FACE,
        FACE,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    made = QPixmap(FACE, FACE)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addEllipse(QRectF(0, 0, FACE, FACE))
    painter.setClipPath(path)
    painter.drawPixmap(0, 0, scaled)
    painter.end()
    return made


def announce(widget: QWidget, text: str) -> None:
    """Lets a screen reader say it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
