"""Where each key of the DOM's KeyboardEvent `code` (UI Events code values, W3C) is on a keyboard of Windows.

Scan codes are of set 1; 0xE000 marks the keys that send an E0 before them (the W3C's own table for Windows). Virtual
keys are those of winuser.h, for all keys that mean the same on every layout; the others are asked of the layout.
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
_FIXED: Final = {
    0x08: "Backspace Tab",
    0x0D: "Enter",
    0x13: "Pause CapsLock",
    0x1B: "Escape Convert NonConvert",
    0x20: "Space PageUp PageDown End Home ArrowLeft ArrowUp ArrowRight ArrowDown",
    0x2C: "PrintScreen Insert Delete",
    0x5B: "MetaLeft MetaRight ContextMenu",
    0x5F: "Sleep",
    0x6A: "NumpadMultiply NumpadAdd",
    0x6D: "NumpadSubtract",
    0x6F: "NumpadDivide F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24",
    0x90: "NumLock ScrollLock",
    0xA0: "ShiftLeft ShiftRight ControlLeft ControlRight AltLeft AltRight",
    0xA6: "BrowserBack BrowserForward BrowserRefresh BrowserStop BrowserSearch BrowserFavorites BrowserHome",
    0xAD: "AudioVolumeMute AudioVolumeDown AudioVolumeUp",
    0xB0: "MediaTrackNext MediaTrackPrevious MediaStop MediaPlayPause LaunchMail",
    0xB7: "LaunchApp2",
}
VIRTUAL_KEYS: Final[dict[str, int]] = {
    code: first + place
    for first, codes in _FIXED.items()
    for place, code in enumerate(codes.split())
} | {"KanaMode": 0x15, "NumpadEnter": 0x0D}
WITH_NUM_LOCK: Final[dict[str, int]] = {f"Numpad{n}": 0x60 + n for n in range(10)} | {
    "NumpadDecimal": 0x6E
}
# Insert, End, down, Page Down, left, Clear, right, Home, up, Page Up.
_OFF: Final = (0x2D, 0x23, 0x28, 0x22, 0x25, 0x0C, 0x27, 0x24, 0x26, 0x21)
WITHOUT_NUM_LOCK: Final[dict[str, int]] = {f"Numpad{n}": key for n, key in enumerate(_OFF)} | {
    "NumpadDecimal": VIRTUAL_KEYS["Delete"]
}
# Keys that have no character: where the page names none by `code`, their `key` does.
BY_KEY: Final[dict[str, str]] = {
    "Alt": "AltLeft",
    "AltGraph": "AltRight",
    "Control": "ControlLeft",
    "Meta": "MetaLeft",
    "Shift": "ShiftLeft",
}
SHIFTS: Final = frozenset({VIRTUAL_KEYS["ShiftLeft"], VIRTUAL_KEYS["ShiftRight"]})
MODIFIERS: Final = SHIFTS | {
    VIRTUAL_KEYS[name + side] for name in ("Control", "Alt", "Meta") for side in ("Left", "Right")
}
