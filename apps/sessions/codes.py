"""The security code: its alphabet, how it is made, read and kept."""

from __future__ import annotations

import secrets
import unicodedata

from django.utils.crypto import salted_hmac

# Digits and capitals without those that are mixed up when read out or written down: 0 O 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8
_TYPED_LIMIT = 40
_MINUS = "\u2212"


def issue() -> str:
    """A new code, uniformly random: 31^8, about 8.5 * 10^11 of them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise(typed: str) -> str | None:
    """What a person typed, in any case and with or without separators, or None if it is no code."""
    if len(typed) > _TYPED_LIMIT:
        return None
    text = unicodedata.normalize("NFKC", typed).upper()
    code = "".join(letter for letter in text if not _is_separator(letter))
    if len(code) != LENGTH or any(letter not in ALPHABET for letter in code):
        return None
    return code


def _is_separator(letter: str) -> bool:
    """Any space, dash or invisible mark: they come along when a code is copied or typed on a phone."""
    return letter.isspace() or letter == _MINUS or unicodedata.category(letter) in {"Pd", "Cf"}


def shown(code: str) -> str:
    """The code as people read it: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def digest(code: str) -> str:
    """What is stored: keyed, because a plain hash of so short a code falls to a search in seconds."""
    return salted_hmac("apps.sessions.codes", code, algorithm="sha256").hexdigest()
