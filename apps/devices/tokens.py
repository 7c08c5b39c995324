"""Enrolment tokens: long random words, of which only a keyed hash is kept."""

from __future__ import annotations

import secrets

from django.utils.crypto import salted_hmac

PREFIX = "rhe_"  # lets people, and scanners of leaked secrets, see what it is
LONGEST = 100


def issue() -> str:
    """A new token with 256 random bits: nobody guesses one, so tries need no limit."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(value: str) -> str:
    return salted_hmac("apps.devices.tokens", value.strip(), algorithm="sha256").hexdigest()
