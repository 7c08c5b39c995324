"""One process for everything: SQLite, the in-process layer, Celery's worker and beat as threads.

For a demo, a trial and small installs. `remotehelp up` runs it.
"""

from __future__ import annotations

from typing import Any

from remotehelp_site import logs
from remotehelp_site.secrets import secret_of_this_install, signing_key_of_this_install
from remotehelp_site.settings.base import *  # noqa: F403
from remotehelp_site.settings.base import VAR_DIR, env

VAR_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = secret_of_this_install(VAR_DIR)
IDP_OIDC_PRIVATE_KEY = signing_key_of_this_install(VAR_DIR)
REMOTEHELP_DEVICE_APP = True

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where people reach the site: one-time links and the printed address start with it.
REMOTEHELP_URL = env.str("REMOTEHELP_URL", default="http://127.0.0.1:8000")

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "remotehelp.sqlite3",
        "OPTIONS": {
            # DEFERRED transactions that read before they write fail at once under load.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
                "PRAGMA journal_size_limit=67108864;"
            ),
        },
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "apps.common.layers.LocalChannelLayer"}
}

# The same one process on a real PostgreSQL and Redis, to try them out; production is more than that.
if database_url := env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db_url_config(database_url)}
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 10, "timeout": 10}}
if redis_url := env.str("REDIS_URL", default=""):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url], "prefix": "remotehelp"},
        }
    }

CELERY_BROKER_URL = "memory://localhost//"
# How soon a waiting worker notices a task; looking into an empty queue costs next to nothing.
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.2}
REMOTEHELP_EMBEDDED = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
MEDIA_ROOT = VAR_DIR / "media"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

LOGGING = logs.configuration(as_json=False, level=env.str("LOG_LEVEL", default="WARNING"))
logs.set_up()
