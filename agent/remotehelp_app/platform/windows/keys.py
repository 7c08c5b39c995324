"""Where each key of the DOM's KeyboardEvent `code` (UI Events code values, W3C) is on a keyboard of Windows.

Numbers are scan codes of set 1; 0xE000 marks the keys that send an E0 before them (the W3C's own table for Windows).
"""

from __future__ import annotations

from typing import Final

_ROWS: Final = {
    0x01: "Escape",
    0x02: "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace",
    0x0F: "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter",
    0x1D: "ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote",
    0x2A: "ShiftLeft Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight",
    0x37: "NumpadMultiply AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10",
    0x46: "ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd",
    0x4F: "Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal",
    0x56: "IntlBackslash F11 F12",
    0x59: "NumpadEqual",
    0x64: "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23",
    0x70: "KanaMode",
    0x73: "IntlRo",
    0x76: "F24",
    0x79: "Convert",
    0x7B: "NonConvert",
    0x7D: "IntlYen",
    0x7E: "NumpadComma",
    0xE010: "MediaTrackPrevious",
    0xE019: "MediaTrackNext",
    0xE01C: "NumpadEnter ControlRight",
    0xE020: "AudioVolumeMute LaunchApp2 MediaPlayPause",
    0xE024: "MediaStop",
    0xE02E: "AudioVolumeDown",
    0xE030: "AudioVolumeUp",
    0xE032: "BrowserHome",
    0xE035: "NumpadDivide",
    0xE037: "PrintScreen AltRight",
    0xE045: "NumLock",
    0xE047: "Home ArrowUp PageUp",
    0xE04B: "ArrowLeft",
    0xE04D: "ArrowRight",
    0xE04F: "End ArrowDown PageDown Insert Delete",
    0xE05B: "MetaLeft MetaRight ContextMenu Power Sleep",
    0xE063: "WakeUp",
    0xE065: "BrowserSearch BrowserFavorites BrowserRefresh BrowserStop BrowserForward BrowserBack",
    0xE06C: "LaunchMail",
}
SCAN_CODES: Final[dict[str, int]] = {
    code: first + place
    for first, codes in _ROWS.items()
    for place, code in enumerate(codes.split())
} | {"Pause": 0x45}
# Keys that have no character: where the page names none by `code`, their `key` does.
BY_KEY: Final[dict[str, str]] = {
    "Alt": "AltLeft",
    "AltGraph": "AltRight",
    "Control": "ControlLeft",
    "Meta": "MetaLeft",
    "Shift": "ShiftLeft",
}
SHIFTS: Final = frozenset({SCAN_CODES["ShiftLeft"], SCAN_CODES["ShiftRight"]})
MODIFIERS: Final = SHIFTS | {
    SCAN_CODES[name + side] for name in ("Control", "Alt", "Meta") for side in ("Left", "Right")
}
