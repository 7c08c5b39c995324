"""Each unsafe combination of settings is an error at start, and not only a warning (checks.py)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from remotehelp_site.checks import check_combinations
from remotehelp_site.secrets import signing_key_of_this_install
from tests.site.running import ROOT

SAFE = {
    "REMOTEHELP_EMBEDDED": False,
    "DEBUG": False,
    "SECRET_KEY": "a secret that is long enough, and has many different letters in it: 0123456789",
    "REMOTEHELP_URL": "https://help.example.org",
    "ALLOWED_HOSTS": ["help.example.org"],
    "CSRF_TRUSTED_ORIGINS": ["https://help.example.org"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "CHANNEL_LAYERS": {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {}}
    },
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}},
    "CELERY_BROKER_URL": "redis://redis.example.org/0",
    "REMOTEHELP_TURN_URLS": ["turn:turn.example.org"],
    "REMOTEHELP_TURN_SECRET": "shared with coturn",
    "IDP_OIDC_PRIVATE_KEY": "",
    "REMOTEHELP_DEVICE_APP": False,
}
NO_KEY = "-----BEGIN PRIVATE KEY-----\nbm90aGluZw==\n-----END PRIVATE KEY-----\n"
EDWARDS = Ed25519PrivateKey.generate().private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
LOCAL_LAYER = {"default": {"BACKEND": "apps.common.layers.LocalChannelLayer"}}
UPSTREAM_LAYER = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
LOCAL_CACHE = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

UNSAFE = [
    ("SQLite for several processes", {"DATABASES": SQLITE}, "E001"),
    ("a layer of one process", {"CHANNEL_LAYERS": LOCAL_LAYER}, "E002"),
    ("Channels' own layer in memory", {"CHANNEL_LAYERS": UPSTREAM_LAYER}, "E002"),
    ("a cache of one process", {"CACHES": LOCAL_CACHE}, "E003"),
    ("a queue of one process", {"CELERY_BROKER_URL": "memory://"}, "E004"),
    ("no secret", {"SECRET_KEY": ""}, "E005"),
    ("a short secret", {"SECRET_KEY": "too short"}, "E005"),
    ("a long secret of one letter", {"SECRET_KEY": "a" * 80}, "E005"),
    ("an http origin", {"CSRF_TRUSTED_ORIGINS": ["http://help.example.org"]}, "E006"),
    ("an http address", {"REMOTEHELP_URL": "http://help.example.org"}, "E006"),
    ("any host", {"ALLOWED_HOSTS": ["*"]}, "E007"),
    ("debugging", {"DEBUG": True}, "E008"),
    ("a relay without its secret", {"REMOTEHELP_TURN_SECRET": ""}, "E009"),
    ("a device app without a signing key", {"REMOTEHELP_DEVICE_APP": True}, "E010"),
    ("a signing key that is none", {"IDP_OIDC_PRIVATE_KEY": NO_KEY}, "E010"),
    ("a signing key of another kind", {"IDP_OIDC_PRIVATE_KEY": EDWARDS.decode()}, "E010"),
]


class Chosen:
    """Settings for the check alone: real ones with such values would not let the suite work."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(SAFE | values)


def found(monkeypatch: pytest.MonkeyPatch, **values: object) -> list[str]:
    monkeypatch.setattr("remotehelp_site.checks.settings", Chosen(**values))
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    messages = check_combinations(None)
    assert all(message.is_serious() and message.hint for message in messages)
    return [str(message.id).removeprefix("remotehelp.") for message in messages]


def test_production_settings_that_are_safe_are_accepted(monkeypatch: pytest.MonkeyPatch):
    assert found(monkeypatch) == []


@pytest.mark.parametrize(("what", "values", "expected"), UNSAFE, ids=[row[0] for row in UNSAFE])
def test_an_unsafe_combination_is_an_error(
    monkeypatch: pytest.MonkeyPatch, what: str, values: dict[str, object], expected: str
):
    assert found(monkeypatch, **values) == [expected], what


def test_a_device_app_with_a_signing_key_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path):
    key = signing_key_of_this_install(tmp_path)
    assert found(monkeypatch, IDP_OIDC_PRIVATE_KEY=key, REMOTEHELP_DEVICE_APP=True) == []


def test_the_embedded_mode_may_be_local_but_not_several_processes(monkeypatch: pytest.MonkeyPatch):
    local = {
        "REMOTEHELP_EMBEDDED": True,
        "DATABASES": SQLITE,
        "CHANNEL_LAYERS": LOCAL_LAYER,
        "CACHES": LOCAL_CACHE,
        "CELERY_BROKER_URL": "memory://localhost//",
        "REMOTEHELP_URL": "http://127.0.0.1:8000",
        "CSRF_TRUSTED_ORIGINS": [],
    }
    assert found(monkeypatch, **local) == []
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert [message.id for message in check_combinations(None)] == ["remotehelp.E001"]


PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "remotehelp_site.settings.production",
    "SECRET_KEY": str(SAFE["SECRET_KEY"]),
    "ALLOWED_HOSTS": "help.example.org",
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def check_deploy(**more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **PRODUCTION, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_real_production_settings_pass_and_refuse_an_http_origin(tmp_path):
    clean = check_deploy()
    assert clean.returncode == 0, clean.stderr
    in_one_line = signing_key_of_this_install(tmp_path).replace("\n", "\\n")
    with_app = check_deploy(IDP_OIDC_PRIVATE_KEY=in_one_line)
    assert with_app.returncode == 0, with_app.stderr
    refused = check_deploy(CSRF_TRUSTED_ORIGINS="http://help.example.org")
    assert refused.returncode != 0
    assert "remotehelp.E006" in refused.stderr
