"""Assembly of the installed house: reads the settings table, names the rooms. No decision of the trade here."""

import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chappe.kit.api.settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - read by their libraries
from chappe.kit.ops.config import value

PACKAGE = Path(__file__).resolve().parents[1]
DATA: Path = value("DATA")


def _secret_key() -> str:
    given = value("SECRET_KEY")
    if given:
        return given
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64), "utf-8")
    return path.read_text("utf-8").strip()


def _database() -> dict:
    url = value("DATABASE_URL")
    if not url:
        DATA.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "chappe.sqlite3",
            "CONN_MAX_AGE": 60,  # opening costs a request, or an idle worker's look at its queue, several milliseconds
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
            },
            "TEST": {"NAME": DATA / "test.sqlite3"},
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"pool": False},
    }


SECRET_KEY = _secret_key()
DEBUG = value("DEBUG")
ALLOWED_HOSTS = value("HOSTS")
CSRF_TRUSTED_ORIGINS = value("ORIGINS")
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "chappe.kit.ui",
    "chappe.kit.access",
    "chappe.kit.audit",
    "chappe.kit.documents",
    "chappe.kit.jobs",
    "chappe.kit.screens",
    "chappe.kit.api",
    "chappe.kit.ops",
    "chappe.kit.mail",
    "chappe.apps.parties",
    "chappe.apps.exchange",
    "chappe.apps.network",
    "chappe.apps.ipe",
    "chappe.apps.publication",
    "chappe.apps.cartography",
    "chappe.apps.tariffs",
    "chappe.apps.usage",
    "chappe.apps.customers",
    "chappe.apps.collect",
    "chappe.apps.billing",
    "chappe.apps.invoicing",
    "chappe.apps.payments",
    "chappe.apps.reports",
    "chappe.apps.watch",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "chappe.kit.ops.metrics.MetricsMiddleware",
    "chappe.kit.ops.logs.LogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "chappe.kit.ui.middleware.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chappe.kit.access.middleware.AccessMiddleware",
    "chappe.kit.ui.middleware.ReaderLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "chappe.web.urls"
WSGI_APPLICATION = "chappe.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "chappe.kit.screens.context.shell",
            ],
        },
    },
]

LANGUAGE_CODE = value("LANGUAGE")
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "core" / "locale"]
TIME_ZONE = value("TIMEZONE")
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder at each start
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(DATA / "files")}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

AUTH_USER_MODEL = "access.User"
CHAPPE_ORGANISATION_MODEL = "parties.Operator"
AUTHENTICATION_BACKENDS = ["chappe.kit.access.backend.Backend"]
LOGIN_URL = "access:sign-in"
LOGIN_REDIRECT_URL = "/"
CHAPPE_PROXIES = value("PROXIES")
SECRET_KEY_FALLBACKS = value("SECRET_KEY_OLD")
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 3600  # without a page being opened
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = value("HTTPS")
SECURE_HSTS_SECONDS = 31_536_000 if value("HTTPS") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DJANGO_TABLES2_TEMPLATE = "screens/table.html"
