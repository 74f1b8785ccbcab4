"""Django's settings, read from the environment.

Every variable stands in `Environment` with what it means; `.env` is not read. All
state lives under DATA_DIR.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import dj_database_url
import django_stubs_ext
from csp.constants import NONCE, NONE, SELF
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    FilePath,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from whitenoise.compress import Compressor

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent


def _split(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _keys(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A comma may stand between two keys, or in one.
    return list(dict.fromkeys([*_split(value), *value.split()]))


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in _split(value)]
    if not all(equals for _name, equals, _seconds in pairs):
        raise ValueError('pairs are written as in "kb-shelf=120 topics=30"')
    return {name: seconds for name, _equals, seconds in pairs}


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        raise ValueError(
            'no such time zone; they are named as in "Europe/Paris"'
        ) from None
    return name


Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class Environment(BaseSettings):
    """What the environment may say, with defaults that run on a bare machine."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    debug: bool = False
    data_dir: Path = BASE_DIR / "var"
    secret_key: SecretStr | None = None
    secret_key_fallbacks: Annotated[
        list[SecretStr], NoDecode, BeforeValidator(_keys)
    ] = Field(default_factory=list)
    database_url: str | None = None
    # What all processes remember together; empty: files under DATA_DIR, one machine.
    # As in "redis://127.0.0.1:6379/0".
    cache_url: Annotated[str, Field(pattern=r"^((redis|rediss|unix)://.+)?$")] = ""
    allowed_hosts: Words = ["127.0.0.1", "localhost", "[::1]"]
    trusted_proxies: NonNegativeInt = 0  # how many proxies of ours stand in front
    https: bool = False  # customers reach the portal by https

    metrics: bool = False  # answer Prometheus at /metrics
    metrics_addresses: Words = ["127.0.0.1", "::1"]  # everyone else is told 404

    # How long copies of what the help desk says count as fresh, as in
    # "kb-shelf=120 topics=30"; seconds, by kind; 60 where nothing is said.
    fresh_seconds: Annotated[
        dict[str, NonNegativeInt], NoDecode, BeforeValidator(_pairs)
    ] = {}

    # As in "https://support.example.com"; empty: the built-in practice desk.
    helpspot_url: Annotated[str, Field(pattern=r"(?i)^(https?://.+)?$")] = ""
    # Of the dates that HelpSpot formats.
    helpspot_time_zone: Annotated[str, AfterValidator(_known_time_zone)] = "UTC"
    helpspot_login_by_post: bool = False  # keeps passwords out of its access log
    helpspot_portal_id: NonNegativeInt = (
        0  # secondary portal that requests are filed under
    )
    # The certificates (PEM) that vouch for a help desk with an authority of its own.
    helpspot_ca_file: FilePath | None = None

    # Where operators find held submissions, as in "operators-7c1f"; empty: nowhere.
    operators_path: str = ""

    brand_name: str = "Inkwell"
    brand_website: str = ""
    brand_hours: str = ""
    brand_notice: str = ""  # a sentence above every page, as on a known problem
    brand_notice_link: str = ""  # where to read more about it
    # Both, with a time zone, as in "2027-01-31T20:00Z": announced a week before.
    maintenance_from: AwareDatetime | None = None
    maintenance_until: AwareDatetime | None = None
    # The form asks for the details in one box, or for what the customer did, expected
    # and met.
    request_format: Literal["simple", "detailed"] = "simple"
    request_terms: str = ""  # a statement to agree to before sending; empty: none
    request_terms_link: str = ""  # where the terms stand
    check_answers: bool = False  # show the request once more before it is sent
    # How many days after its end a request still takes replies; unset: always.
    closed_reply_days: NonNegativeInt | None = None
    # Custom fields that a customer's list of requests shows, by id, as in "3 7"; shown
    # where HelpSpot sends them in the list, which it documents for no version.
    list_fields: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = ()
    # Where requests are filed that say why a guide did not help, as in "12"; unset:
    # they are kept in the operators' admin, for so many days.
    feedback_category: int | None = None
    feedback_days: Annotated[int, Field(ge=0, le=36_500)] = 180
    max_file_mb: NonNegativeInt = 10
    max_files: NonNegativeInt = 5

    outbox_delivers_in_web: bool = True  # else `manage.py deliver` must run beside it
    # How long an outage is waited out.
    outbox_horizon_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 72
    # Where nobody can know whether something arrived: "repeat" sends it once more with
    # a line that says so (nothing is lost), "hold" leaves it to an operator (nothing
    # is doubled).
    outbox_when_unknown: Literal["repeat", "hold"] = "repeat"
    # Caps against floods: submissions that wait, and bytes of the files with them.
    outbox_max_waiting: PositiveInt = 20_000
    outbox_max_file_mb: NonNegativeInt = 1024
    outbox_die_at: str = ""  # for tests: the point where the process is killed
    # The help desk makes one request of the same `sReference` twice, as ours does.
    helpspot_knows_references: bool = False

    @model_validator(mode="after")
    def _maintenance_ends_after_it_begins(self) -> Self:
        begins_at, ends_at = self.maintenance_from, self.maintenance_until
        if (begins_at is None) != (ends_at is None):
            raise ValueError("MAINTENANCE_FROM and MAINTENANCE_UNTIL go together")
        if begins_at and ends_at and begins_at >= ends_at:
            raise ValueError("MAINTENANCE_UNTIL is not after MAINTENANCE_FROM")
        return self


env = Environment()

# ---------------------------------------------------------------- foundations

DATA_DIR = env.data_dir.resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _stored_secret_key() -> str:
    path = DATA_DIR / "secret-key"
    kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
    return kept or _new_secret_key(path)


def _new_secret_key(path: Path) -> str:
    """Return the key that the first of the processes that start at once makes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode=0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        # There and empty where whoever made it was killed, or the disk was full.
        if not key:
            key = secrets.token_urlsafe(50)
            file.write(key)
            file.flush()
            # On the disk before anything that it seals.
            os.fsync(file)
        return key


SECRET_KEY = (
    env.secret_key.get_secret_value() if env.secret_key else _stored_secret_key()
)
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in env.secret_key_fallbacks]
DEBUG = env.debug
ALLOWED_HOSTS = env.allowed_hosts
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = True

HELPSPOT_URL = env.helpspot_url
HELPSPOT_TIME_ZONE = env.helpspot_time_zone
HELPSPOT_LOGIN_BY_POST = env.helpspot_login_by_post
HELPSPOT_PORTAL_ID = env.helpspot_portal_id
HELPSPOT_CA_FILE = str(env.helpspot_ca_file or "")
DESK_IS_BUILT_IN = not HELPSPOT_URL
OPERATORS_PATH = env.operators_path.strip("/")
# The embedded transport hands prepared requests to this function, in this process.
HELPSPOT_EMBEDDED_SERVER = "portal.desk.server.answer"

BRAND: dict[str, Any] = {
    "name": env.brand_name,
    "website": env.brand_website,
    "hours": env.brand_hours,
    "notice": env.brand_notice,
    "notice_link": env.brand_notice_link,
    "is_detailed": env.request_format == "detailed",
    "terms": env.request_terms,
    "terms_link": env.request_terms_link,
    "checks_answers": env.check_answers,
    "closed_reply_days": env.closed_reply_days,
    "list_fields": env.list_fields,
}
MAINTENANCE = (env.maintenance_from, env.maintenance_until)
MAX_FILE_BYTES = env.max_file_mb * 1024 * 1024
MAX_FILES = env.max_files
FEEDBACK_CATEGORY = env.feedback_category
FEEDBACK_DAYS = env.feedback_days
TRUSTED_PROXIES = env.trusted_proxies
METRICS = env.metrics
METRICS_ADDRESSES = env.metrics_addresses

OUTBOX_DELIVERS_IN_WEB = env.outbox_delivers_in_web
OUTBOX_HORIZON_HOURS = env.outbox_horizon_hours
OUTBOX_WHEN_UNKNOWN = env.outbox_when_unknown
OUTBOX_MAX_WAITING = env.outbox_max_waiting
OUTBOX_MAX_FILE_BYTES = env.outbox_max_file_mb * 1024 * 1024
OUTBOX_DIE_AT = env.outbox_die_at
# How long a double click waits to see how its first half ended.
OUTBOX_FOLLOW_SECONDS = 5
HELPSPOT_KNOWS_REFERENCES = env.helpspot_knows_references
# What whoever delivers the outbox does once an hour; it knows no other room.
HOUSEKEEPING = [
    "portal.outbox.housekeeping.purge",
    "portal.accounts.housekeeping.purge",
    "portal.search.missed.purge",
    "portal.kb.feedback.purge",
]

INSTALLED_APPS = [
    "portal.accounts",
    "portal.outbox",
    "portal.home",
    "portal.kb",
    "portal.markup",
    "portal.search",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
    # After auth: the desk gives its roles permissions that auth makes first.
    *(["portal.desk", "django_prose_editor"] if DESK_IS_BUILT_IN else []),
    "csp",
    "django_htmx",
    "heroicons",
    "template_partials",
]

# How much memory each worker gives to rendered public pages; 0 keeps none.
STORED_PAGES_BYTES = 3 * 1024 * 1024

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.operations.middleware.OperationsMiddleware",  # before any look at Host
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.operations.middleware.PageTimesMiddleware",  # static files are no pages
    "portal.stored_pages.StoredPagesMiddleware",
    "portal.middleware.ContentSecurityMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "portal.middleware.SessionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.middleware.SameOriginMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.BrandMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "heroicons.templatetags.heroicons",
                "portal.markup.templatetags.markup",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.brands.context.brand",
                "portal.accounts.context.visitor",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -------------------------------------------------------------------- storage

DATABASES = {
    "default": dj_database_url.parse(
        env.database_url or f"sqlite:///{DATA_DIR / 'portal.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: several threads and processes meet in it.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            # Each thread has a connection, and the system has the file at hand anyway.
            "PRAGMA cache_size=-64;"
        ),
    }
else:
    # As long as SQLite waits; DATABASE_URL may say otherwise.
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c lock_timeout=5s",
        "connect_timeout": 5,
        # A server whose network is gone says nothing more; the system alone would wait
        # for it for a quarter of an hour.
        "tcp_user_timeout": 5000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.cache_url,
        # A cache that hangs must not cost more than asking the help desk.
        "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.5},
    }
    if env.cache_url
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

FRESH_SECONDS = env.fresh_seconds
# A copy that is just too old is served while a thread asks for a new one.
REFRESH_BEHIND = True
# Seconds pass before the help desk is asked again for what it did not give.
REMEMBER_FAILURES = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# Source maps are for developers' tools: compressing them is most of a first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *Compressor.SKIP_COMPRESS_EXTENSIONS,
    "map",
)

# Files wait on disk above this size; the form checks each file and the total.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 80 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# ------------------------------------------------------------------- language

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ------------------------------------------------------------------- security

# Wrong keys and passwords are answered at the same pace as right ones.
ANSWER_STEP_SECONDS = 0.4
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if env.https else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.https
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.http.csrf_failure"
SECURE_SSL_REDIRECT = False  # the proxy's work
SECURE_HSTS_SECONDS = 31_536_000 if env.https else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],  # the nonce appears where a page asks for one
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "payment", "usb")
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --------------------------------------------------------------------- records

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "redact": {"()": "portal.helpspot.redaction.RedactSecrets"},
        "leave_out_checks": {"()": "portal.operations.records.LeaveOutChecks"},
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["redact"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Their lines hold full upstream addresses, and those hold passwords and keys.
        "urllib3": {"level": "WARNING"},
        "requests": {"level": "WARNING"},
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"filters": ["leave_out_checks"]},
        # The server quotes what it cannot read: the first line, a piece of the body.
        "gunicorn.error": {
            "handlers": ["console"],
            "level": "INFO",
            "propagate": False,
        },
    },
}
