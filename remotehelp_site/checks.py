"""Refuses, at start and in `manage.py check`, combinations of settings that would be unsafe.

They are errors, not warnings: each would lose sessions, leak between processes or sign people in over
a line that anybody can read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SHORTEST_SECRET = 50
FEWEST_DIFFERENT = 10
SMALLEST_KEY = 2048
LOCAL_LAYERS = ("apps.common.layers.LocalChannelLayer", "channels.layers.InMemoryChannelLayer")
SHARED_CACHES = ("redis", "memcached", "db.DatabaseCache")


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"remotehelp.E{number:03}")


def _is_sqlite() -> bool:
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")


def _processes() -> Iterator[CheckMessage]:
    if settings.REMOTEHELP_EMBEDDED:
        if os.environ.get("WEB_CONCURRENCY", "1") not in ("", "1"):
            yield _error(
                1,
                "The embedded mode is one process, and WEB_CONCURRENCY asks for several.",
                "Unset WEB_CONCURRENCY, or use PostgreSQL and Redis (docs/operators.md).",
            )
        return
    if _is_sqlite():
        yield _error(
            1,
            "SQLite cannot serve several processes.",
            "Set DATABASE_URL to a postgres:// address, or run `remotehelp up`.",
        )
    if settings.CHANNEL_LAYERS["default"]["BACKEND"] in LOCAL_LAYERS:
        yield _error(
            2,
            "The channel layer reaches only its own process.",
            "Set REDIS_URL, so that helper and sharer may be on different processes.",
        )
    if not any(word in settings.CACHES["default"]["BACKEND"] for word in SHARED_CACHES):
        yield _error(
            3,
            "The cache is not shared between processes.",
            "Set REDIS_URL, so that sign-ins and limits hold on every process.",
        )
    if str(settings.CELERY_BROKER_URL).startswith("memory"):
        yield _error(
            4,
            "Celery's queue lives in the memory of one process.",
            "Set REDIS_URL or CELERY_BROKER_URL, so that the worker hears of its tasks.",
        )


def _secret() -> Iterator[CheckMessage]:
    secret = str(settings.SECRET_KEY or "")
    is_weak = len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DIFFERENT
    if not settings.REMOTEHELP_EMBEDDED and is_weak:
        yield _error(
            5,
            f"SECRET_KEY is missing or shorter than {SHORTEST_SECRET} characters.",
            "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'",
        )


def _origins() -> Iterator[CheckMessage]:
    if settings.REMOTEHELP_EMBEDDED:
        return
    plain = [str(o) for o in settings.CSRF_TRUSTED_ORIGINS if not str(o).startswith("https://")]
    if plain or not str(settings.REMOTEHELP_URL).startswith("https://"):
        yield _error(
            6,
            "An origin does not use https: " + ", ".join(plain or [str(settings.REMOTEHELP_URL)]),
            "Browsers share a screen only from https pages. Correct CSRF_TRUSTED_ORIGINS and "
            "REMOTEHELP_URL.",
        )
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        yield _error(
            7,
            "ALLOWED_HOSTS does not name the site's hosts.",
            "Name them: ALLOWED_HOSTS=help.example.org. Sockets check their origin against it.",
        )
    if settings.DEBUG:
        yield _error(8, "DEBUG is on.", "Production never shows its insides; turn it off.")


def _relay() -> Iterator[CheckMessage]:
    if settings.REMOTEHELP_TURN_URLS and not settings.REMOTEHELP_TURN_SECRET:
        yield _error(
            9,
            "REMOTEHELP_TURN_URLS is set and REMOTEHELP_TURN_SECRET is not.",
            "Use the same value as static-auth-secret in coturn's configuration.",
        )


def _signing_key() -> Iterator[CheckMessage]:
    hint = "Make one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
    pem = str(settings.IDP_OIDC_PRIVATE_KEY)
    if not pem:
        if settings.REMOTEHELP_DEVICE_APP:
            yield _error(
                10, "REMOTEHELP_DEVICE_APP is on and IDP_OIDC_PRIVATE_KEY is not set.", hint
            )
        return
    if settings.REMOTEHELP_EMBEDDED:
        return  # we made it ourselves
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_KEY:
        yield _error(
            10, f"IDP_OIDC_PRIVATE_KEY is no RSA key of at least {SMALLEST_KEY} bits (PEM).", hint
        )


@register(Tags.security)
def check_combinations(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    return [*_processes(), *_secret(), *_origins(), *_relay(), *_signing_key()]
