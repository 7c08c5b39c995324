"""How the window looks: calm, one accent, light and dark as the desktop is."""

from __future__ import annotations

from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

_LIGHT = {
    "ground": "#f5f6f8",
    "card": "#ffffff",
    "line": "#d3d8df",
    "text": "#1b1f24",
    "soft": "#59626e",
    "accent": "#0f5fc2",
    "accent_text": "#ffffff",
    "warn": "#fff4d6",
    "warn_line": "#8a6100",
    "bad": "#fde7e6",
    "bad_line": "#b3261e",
}
_DARK = {
    "ground": "#16181c",
    "card": "#202329",
    "line": "#3b414b",
    "text": "#eceef1",
    "soft": "#aab2be",
    "accent": "#7db6ff",
    "accent_text": "#0a1a2f",
    "warn": "#3a2f10",
    "warn_line": "#e6b84a",
    "bad": "#431d1b",
    "bad_line": "#ff9d96",
}
_SHEET = Template("""
QWidget { color: $text; font-size: 11pt; }
QMainWindow, QDialog, QWidget#ground { background: $ground; }
QFrame#card { background: $card; border: 1px solid $line; border-radius: 8px; }
QFrame#warn { background: $warn; border: 1px solid $warn_line; border-radius: 6px; }
QFrame#bad { background: $bad; border: 1px solid $bad_line; border-radius: 6px; }
QLabel { background: transparent; border: none; }
QLabel#title { font-size: 17pt; font-weight: 600; }
QLabel#name { font-size: 14pt; font-weight: 600; }
QLabel#soft { color: $soft; }
QLabel#code { font-family: monospace; font-size: 20pt; font-weight: 600; letter-spacing: 2px; }
QLabel#face { background: $accent; color: $accent_text; border-radius: 28px; font-size: 17pt; font-weight: 600; }
QPushButton { background: $card; border: 1px solid $line; border-radius: 5px; padding: 7px 16px; min-height: 20px; }
QPushButton:hover { border-color: $accent; }
QPushButton:focus { border: 2px solid $accent; padding: 6px 15px; }
QPushButton:disabled { color: $soft; }
QPushButton[kind="primary"] { background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $line; color: $soft; border-color: $line; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 4px 6px; }
QPushButton[kind="link"]:focus { border: 2px solid $accent; padding: 3px 5px; }
QLineEdit, QPlainTextEdit { background: $card; border: 1px solid $soft; border-radius: 5px; padding: 7px; }
QLineEdit:focus, QPlainTextEdit:focus { border: 2px solid $accent; padding: 6px; }
QLineEdit#code { font-family: monospace; font-size: 17pt; letter-spacing: 2px; }
QWidget#bar { background: $card; border: 2px solid $accent; border-radius: 8px; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
""")


def is_dark(app: QApplication) -> bool:
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def dress(app: QApplication) -> None:
    """Takes over light or dark; called again whenever the desktop changes."""
    colours = _DARK if is_dark(app) else _LIGHT
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor(colours["ground"]))
    palette.setColor(QPalette.ColorRole.Base, QColor(colours["card"]))
    palette.setColor(QPalette.ColorRole.Button, QColor(colours["card"]))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(role, QColor(colours["text"]))
    palette.setColor(QPalette.ColorRole.PlaceholderText, QColor(colours["soft"]))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(colours["accent"]))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor(colours["accent_text"]))
    app.setPalette(palette)
    app.setStyleSheet(_SHEET.substitute(colours))
