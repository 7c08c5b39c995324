"""Where each key of the DOM's KeyboardEvent `code` (UI Events code values, W3C) is on an X11 keyboard.

X keycodes are those of Linux's evdev plus 8, on every X server that uses evdev's rules.
"""

from __future__ import annotations

from typing import Final

_ROWS: Final = {
    9: "Escape",
    10: "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace",
    23: "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter",
    37: "ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote",
    50: "ShiftLeft Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight",
    63: "NumpadMultiply AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock",
    79: "Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2",
    89: "Numpad3 Numpad0 NumpadDecimal",
    94: "IntlBackslash F11 F12 IntlRo",
    100: "Convert KanaMode NonConvert",
    104: "NumpadEnter ControlRight NumpadDivide PrintScreen AltRight",
    110: "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete",
    121: "AudioVolumeMute AudioVolumeDown AudioVolumeUp Power NumpadEqual",
    127: "Pause",
    129: "NumpadComma Lang1 Lang2 IntlYen MetaLeft MetaRight ContextMenu BrowserStop Again",
    139: "Undo Select Copy Open Paste Find Cut Help",
    148: "LaunchApp2",
    150: "Sleep WakeUp",
    163: "LaunchMail BrowserFavorites",
    166: "BrowserBack BrowserForward",
    169: "Eject",
    171: "MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop",
    180: "BrowserHome BrowserRefresh",
    187: "NumpadParenLeft NumpadParenRight",
    191: "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24",
    225: "BrowserSearch",
}

KEYCODES: Final[dict[str, int]] = {
    code: first + place
    for first, codes in _ROWS.items()
    for place, code in enumerate(codes.split())
}
# Keys that have no character: where the page names none by `code`, their `key` does.
BY_KEY: Final[dict[str, str]] = {
    "Alt": "AltLeft",
    "AltGraph": "AltRight",
    "Control": "ControlLeft",
    "Meta": "MetaLeft",
    "Shift": "ShiftLeft",
}
_MODIFIERS: Final = ("Shift", "Control", "Alt", "Meta")
MODIFIER_KEYCODES: Final = {
    name: frozenset(KEYCODES[name + side] for side in ("Left", "Right")) for name in _MODIFIERS
}
"""Both keys of each modifier. The right Alt is AltGr on most layouts; `keyboard.py` asks the layout."""
