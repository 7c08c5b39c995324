"""The suite's settings. `TEST_DATABASE_URL` and `TEST_REDIS_URL` choose the real PostgreSQL and Redis."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from remotehelp_site import logs
from remotehelp_site.secrets import signing_key_of_this_install
from remotehelp_site.settings.base import *  # noqa: F403
from remotehelp_site.settings.base import env

SECRET_KEY = "only for the suite; every run throws its database away"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
REMOTEHELP_EMBEDDED = True
REMOTEHELP_URL = "http://testserver"

VAR_DIR = Path(tempfile.mkdtemp(prefix="remotehelp-test-"))
atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
MEDIA_ROOT = VAR_DIR / "media"
IDP_OIDC_PRIVATE_KEY = signing_key_of_this_install(VAR_DIR)
REMOTEHELP_DEVICE_APP = True

if database_url := env.str("TEST_DATABASE_URL", default=""):
    DATABASES = {"default": env.db_url_config(database_url)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "suite.sqlite3",
            "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
            },
        }
    }

if redis_url := env.str("TEST_REDIS_URL", default=""):
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url], "prefix": "suite"},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "apps.common.layers.LocalChannelLayer"}}

CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

LOGGING = logs.configuration(as_json=False, level="WARNING")
logs.set_up()
