"""What is printed on the keys of three keyboards, and a person who presses them on an X server of their own."""

from __future__ import annotations

import subprocess
from typing import Any, Final

from remotehelp_app.platform.x11.connect import connect
from remotehelp_app.platform.x11.positions import KEYCODES
from Xlib import X

_ROWS: Final = (
    "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal",
    "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight",
    "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash",
    "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash",
)
# Alone and with Shift, key by key; a blank stands for a key without a character of its own (a dead one).
_PRINTED: Final = {
    "us": (
        ("`1234567890-=", "~!@#$%^&*()_+"),
        ("qwertyuiop[]", "QWERTYUIOP{}"),
        ("asdfghjkl;'\\", 'ASDFGHJKL:"|'),
        (" zxcvbnm,./", " ZXCVBNM<>?"),
    ),
    "de": (
        (" 1234567890ß ", '°!"§$%&/()=? '),
        ("qwertzuiopü+", "QWERTZUIOPÜ*"),
        ("asdfghjklöä#", "ASDFGHJKLÖÄ'"),
        ("<yxcvbnm,.-", ">YXCVBNM;:_"),
    ),
    "fr": (
        ("²&é\"'(-è_çà)=", " 1234567890°+"),
        ("azertyuiop $", "AZERTYUIOP £"),
        ("qsdfghjklmù*", "QSDFGHJKLM%µ"),
        ("<wxcvbn,;:!", ">WXCVBN?./§"),
    ),
}
_WITH_ALT_GR: Final = {
    "us": {},
    "de": {"KeyQ": "@", "KeyE": "€", "Digit7": "{", "Digit8": "[", "Digit9": "]", "Digit0": "}",
           "Minus": "\\", "BracketRight": "~", "IntlBackslash": "|", "KeyM": "µ", "Digit2": "²"},
    "fr": {"KeyE": "€", "Digit3": "#", "Digit4": "{", "Digit5": "[", "Digit6": "|", "Digit8": "\\",
           "Digit0": "@", "Minus": "]", "Equal": "}"},
}  # fmt: skip


def printed(layout: str) -> list[tuple[str, str | None, str]]:
    """Every key with a character: its place, what is held with it, and the character."""
    found: list[tuple[str, str | None, str]] = []
    for level, held in enumerate((None, "ShiftLeft")):
        for codes, characters in zip(_ROWS, _PRINTED[layout], strict=True):
            pairs = zip(codes.split(), characters[level], strict=True)
            found += [(code, held, character) for code, character in pairs if character != " "]
    found += [(code, "AltRight", character) for code, character in _WITH_ALT_GR[layout].items()]
    return found


def use_layout(display: str, layout: str) -> None:
    subprocess.run(["setxkbmap", "-display", display, layout], check=True, capture_output=True)


class Typist:
    """Real keys of a real keyboard, as far as the X server of the helper's browser can tell."""

    def __init__(self, display: str) -> None:
        self._display: Any = connect(display)

    def down(self, code: str) -> None:
        self._fake(X.KeyPress, code)

    def up(self, code: str) -> None:
        self._fake(X.KeyRelease, code)

    def press(self, code: str, held: str | None = None) -> None:
        if held:
            self.down(held)
        self.down(code)
        self.up(code)
        if held:
            self.up(held)

    def _fake(self, kind: int, code: str) -> None:
        self._display.xtest_fake_input(kind, KEYCODES[code])
        self._display.sync()

    def close(self) -> None:
        self._display.close()
