"""What every way of running Remote Help shares. Each mode imports this one module and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

env = environ.Env()

SITE_DIR = Path(__file__).resolve().parent.parent
BASE_DIR = SITE_DIR.parent
# In a wheel the templates and catalogues travel inside the package.
DATA_DIR = BASE_DIR if (BASE_DIR / "templates").is_dir() else SITE_DIR / "_data"
# The device app that this site hands out; hatch_build.py puts it there, in a checkout too.
REMOTEHELP_APP_DIR = SITE_DIR / "_data" / "app"
VAR_DIR = Path(env.str("REMOTEHELP_VAR", default=str(BASE_DIR / "var")))

DEBUG = False
ROOT_URLCONF = "remotehelp_site.urls"
ASGI_APPLICATION = "remotehelp_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "tenants.User"

INSTALLED_APPS = [
    "daphne",
    "remotehelp_site.apps.SiteConfig",  # its checks, tasks and static files
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "remotehelp_site.apps.SiteStaticFilesConfig",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "heroicons",
    "guardian",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "django_structlog",
    "django_prometheus",
    "apps.tenants",
    "apps.licenses",
    "apps.roles",
    "apps.devices",
    "apps.directory",
    "apps.releases",
    "apps.sessions",
    "apps.reports",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "remotehelp_site.language.BrowserLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "remotehelp_site.language.AccountLanguageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "remotehelp_site.middleware.RefusalMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [DATA_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "remotehelp_site.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- who may sign in -----------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: nobody is no user
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "apps.tenants.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are created by their tenant, never by themselves
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {"reset_password": "apps.tenants.forms.ResetPasswordForm"}
# Django's own: allauth's would note addresses in a table beside ours, and old ones would still sign in.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "organisation": "20/m/ip",
    "app_sign_in": "20/m/ip",
    "api_client": "60/m/ip",  # each question costs a slow hash
}  # beside allauth's own, which stay
SOCIALACCOUNT_ADAPTER = "apps.tenants.adapters.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]  # security keys would need inline script
MFA_TOTP_ISSUER = "Remote Help"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are the tenant's; there is nothing to verify here
USERSESSIONS_TRACK_ACTIVITY = False
# The device app signs in as the person (apps/tenants/app_access.py); the mode's settings add the signing key.
# Without a secret: the app, which could keep none. With one: API clients (apps/tenants/client_access.py).
IDP_OIDC_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post"]
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 10 * 60
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 60 * 60
IDP_OIDC_DEVICE_CODE_EXPIRES_IN = 10 * 60

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- languages (I1) ------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [DATA_DIR / "locale"]
LANGUAGES = [
    ("cs", _("Czech")),
    ("da", _("Danish")),
    ("nl", _("Dutch")),
    ("en", _("English")),
    ("fi", _("Finnish")),
    ("fr", _("French")),
    ("de", _("German")),
    ("el", _("Greek")),
    ("hu", _("Hungarian")),
    ("it", _("Italian")),
    ("ja", _("Japanese")),
    ("ko", _("Korean")),
    ("nb", _("Norwegian")),
    ("pl", _("Polish")),
    ("pt-pt", _("Portuguese (Portugal)")),
    ("ro", _("Romanian")),
    ("ru", _("Russian")),
    ("es", _("Spanish")),
    ("sv", _("Swedish")),
    ("tr", _("Turkish")),
]

# --- files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
MEDIA_URL = "media/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- what a page may load and do -----------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:", "mediastream:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "microphone": [],
    "geolocation": [],
    "display-capture": ["self"],
    "fullscreen": ["self"],
    "clipboard-write": ["self"],
}

# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.tenants.api.AppTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.common.api.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.common.api.answer_refusal",
    "DEFAULT_VERSIONING_CLASS": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Remote Help API",
    "DESCRIPTION": (
        "Open, join, steer and read remote help sessions, and administer an organisation. See docs/api.md."
        " Lists come in pages: `next_cursor` of one, sent as `cursor`, gives the next; it is empty on the last."
        " Every refusal is a problem (RFC 9457) with a `code` for programs."
        " Writes with a `version` refuse to overwrite what somebody else has changed since it was read."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["apps.common.api.SignedIn"],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.common.api_views.describe_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Side": "apps.sessions.models.Side",
        "State": "apps.sessions.states.State",
        "Kind": "apps.sessions.states.Kind",
        "Elevation": "apps.sessions.states.Elevation",
        "EndReason": "apps.sessions.states.EndReason",
        "Action": "apps.roles.models.Action",
        "Right": "apps.tenants.rights.RIGHT_CHOICES",
        "Act": "apps.tenants.models.Act",
        "ImportState": "apps.directory.models.ImportState",
        "Origin": "apps.tenants.models.Origin",
    },
}

# --- background work -----------------------------------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "note that beat and worker are there": {
        "task": "remotehelp_site.tasks.note_heartbeat",
        "schedule": timedelta(seconds=30),
    },
    "end abandoned sessions": {
        "task": "apps.sessions.tasks.end_abandoned_sessions",
        "schedule": timedelta(seconds=10),
    },
    "end sessions whose ground fell away": {
        "task": "apps.sessions.tasks.end_groundless_sessions",
        "schedule": timedelta(seconds=30),
    },
    "forget devices that fell silent": {
        "task": "apps.sessions.tasks.forget_silent_devices",
        "schedule": timedelta(seconds=10),
    },
    "evaluate policies that nobody has finished": {
        "task": "apps.devices.tasks.finish_evaluations",
        "schedule": timedelta(minutes=1),
    },
    "forget spent proofs of devices": {
        "task": "apps.devices.tasks.forget_spent_proofs",
        "schedule": timedelta(minutes=10),
    },
    "forget expired sign-ins of the app": {
        "task": "apps.tenants.tasks.forget_expired_tokens",
        "schedule": timedelta(hours=1),
    },
    "forget who helped whom after 30 days": {
        "task": "apps.reports.tasks.purge",
        "schedule": timedelta(minutes=20),
    },
    "make the tables of the coming days": {
        "task": "apps.sessions.tasks.make_days_ahead",
        "schedule": timedelta(hours=6),
    },
    "note which licences have become active or run out": {
        "task": "apps.licenses.tasks.note_states",
        "schedule": timedelta(seconds=30),
    },
    "go on with imports that a worker left": {
        "task": "apps.directory.tasks.go_on_with_imports",
        "schedule": timedelta(minutes=5),
    },
    "forget imports": {
        "task": "apps.directory.tasks.forget_imports",
        "schedule": timedelta(hours=1),
    },
    "forget used codes and entry tries": {
        "task": "apps.sessions.tasks.forget_spent_codes",
        "schedule": timedelta(minutes=10),
    },
}

# A tick that could not be done before the next one is due is worth nothing: after an outage of the worker
# no backlog runs.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": _entry["schedule"].total_seconds()}

# --- watching the site ---------------------------------------------------------------------------

# /metrics exists only with a token, and only for whoever sends it as a bearer.
REMOTEHELP_METRICS_TOKEN = env.str("REMOTEHELP_METRICS_TOKEN", default="")

# --- the product's own figures (product.md 5) ----------------------------------------------------

# M4 says 30 days; the hour is for the task that does it.
REMOTEHELP_NAMES_KEPT_FOR = timedelta(days=30) - timedelta(hours=1)
# How long a policy without an answer is not held against a device while the policy is being asked of all.
REMOTEHELP_EVALUATION_WITHIN = timedelta(minutes=10)
REMOTEHELP_CODE_VALID_FOR = timedelta(minutes=10)
REMOTEHELP_CODE_TRIES = 5
REMOTEHELP_CODE_TRIES_PER_ADDRESS = env.int("REMOTEHELP_CODE_TRIES_PER_ADDRESS", default=5)
REMOTEHELP_CODE_TRIES_WITHIN = timedelta(minutes=10)
REMOTEHELP_CODE_LOCKED_FOR = timedelta(minutes=10)
REMOTEHELP_ANSWER_WITHIN = timedelta(minutes=2)
REMOTEHELP_IDLE_FOR = timedelta(minutes=10)
REMOTEHELP_CONNECT_WITHIN = timedelta(minutes=2)
REMOTEHELP_RECONNECT_WITHIN = timedelta(seconds=30)
# Sockets are touched every third of this; a side whose process fell silent counts as lost.
REMOTEHELP_SILENT_FOR = timedelta(seconds=60)
# What one socket may say: so many messages at once, then so many a second (docs/decisions/signalling.md).
REMOTEHELP_SOCKET_BURST = env.int("REMOTEHELP_SOCKET_BURST", default=120)
REMOTEHELP_SOCKET_RATE = env.float("REMOTEHELP_SOCKET_RATE", default=20.0)
REMOTEHELP_WAITING_SESSIONS = 10
# For so long a helper whose invitations to a device were declined again and again has to leave it alone.
REMOTEHELP_INVITATIONS_REST_FOR = timedelta(minutes=10)
# How far a device's clock may be off when it proves itself; it is told the time when it is further off.
REMOTEHELP_PROOF_VALID_FOR = timedelta(seconds=90)
REMOTEHELP_DEVICES_PER_PERSON = env.int("REMOTEHELP_DEVICES_PER_PERSON", default=20)
REMOTEHELP_LICENCE_DELAY = timedelta(
    minutes=env.int("REMOTEHELP_LICENCE_DELAY_MINUTES", default=30)
)
# Who is asked for the DNS records that prove domains: addresses with or without a port. Empty: as the system is set up.
REMOTEHELP_DNS_SERVERS = env.list("REMOTEHELP_DNS_SERVERS", default=[])
REMOTEHELP_DNS_TIMEOUT = env.float("REMOTEHELP_DNS_TIMEOUT", default=5.0)
# A domain's record is asked for at most so often.
REMOTEHELP_DNS_EVERY = timedelta(seconds=10)
# A licence that ends within this is said to expire soon.
REMOTEHELP_LICENCE_WARNING = timedelta(days=14)
REMOTEHELP_TRIAL_FOR = timedelta(days=30)
# How many reverse proxies of ours append to X-Forwarded-For; 0 = trust the socket's own address.
REMOTEHELP_TRUSTED_PROXIES = env.int("REMOTEHELP_TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = REMOTEHELP_TRUSTED_PROXIES
REMOTEHELP_STUN_URLS = env.list("REMOTEHELP_STUN_URLS", default=[])
REMOTEHELP_TURN_URLS = env.list("REMOTEHELP_TURN_URLS", default=[])
REMOTEHELP_TURN_SECRET = env.str("REMOTEHELP_TURN_SECRET", default="")
REMOTEHELP_TURN_VALID_FOR = timedelta(hours=8)

FORMAT_MODULE_PATH: list[str] = []
SILENCED_SYSTEM_CHECKS: list[str] = []
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # an address names a person; it is not for the log
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
