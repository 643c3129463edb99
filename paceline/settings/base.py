"""What every installation shares."""

from __future__ import annotations

import os
from pathlib import Path

from paceline.settings.environment import database, flag, names, secret

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(secret("PACELINE_VAR") or ROOT / "var")

SECRET_KEY = secret("SECRET_KEY")
# Keys for the secrets of other systems (shops): the first seals, all open. See docs/operations.md.
SEALING_KEYS = [secret("SEALING_KEY") or SECRET_KEY, *names("SEALING_KEYS_BEFORE")]
DEBUG = False
DEMO = False
DEMO_SCALE = "1"
DEMO_CUSTOMERS = "0"
DEMO_SITE = "http://127.0.0.1:8000"
ALLOWED_HOSTS = names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = names("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "paceline.web",  # first: its templates dress the sign-in pages of allauth
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "paceline.api",
    "paceline.insights",
    "paceline.incentives",
    "paceline.boards",
    "paceline.boards.trello",
    "paceline.goals.planning",
    "paceline.goals",
    "paceline.leads",
    "paceline.sequences",
    "paceline.mail",
    "paceline.crm",
    "paceline.orders.shops",
    "paceline.orders",
    "paceline.imports",
    "paceline.webhooks",
    "paceline.live",
    "paceline.notifications",
    "paceline.search",
    "paceline.files",
    "paceline.org",
    "paceline.accounts",
    "paceline.kernel",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "paceline.kernel.middleware.StaticFiles",
    "paceline.kernel.middleware.Packed",
    "paceline.kernel.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "paceline.accounts.middleware.SessionLimits",
    "paceline.accounts.middleware.Preferences",
    "paceline.kernel.middleware.WithoutNull",
    "paceline.accounts.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "paceline.org.middleware.SignedInPerson",
    "paceline.kernel.uploads.RefuseTooLarge",
    "paceline.api.middleware.TokenCalls",
]

ROOT_URLCONF = "paceline.urls"
ASGI_APPLICATION = "paceline.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "paceline.web.context.shell",
            ],
            "builtins": ["paceline.kernel.templatetags.paceline"],
        },
    }
]

DATABASES = {"default": database(secret("DATABASE_URL") or "postgresql://paceline@/paceline")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["paceline.org.backends.AccountAtWork"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "paceline.accounts.adapter.InvitedOnly"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Paceline] "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to whoever a stranger names
ACCOUNT_REAUTHENTICATION_TIMEOUT = 1800
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Paceline"
MFA_FORMS = {
    "activate_totp": "paceline.accounts.forms.SetUpAppForm",
    "add_webauthn": "paceline.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "paceline.accounts.forms.EditPasskeyForm",
    "authenticate": "paceline.accounts.forms.SecondStepForm",
    "reauthenticate": "paceline.accounts.forms.SecondStepAgainForm",
}
MFA_ADAPTER = "paceline.accounts.adapter.SecondFactors"
ALLAUTH_TRUSTED_PROXY_COUNT = int(secret("TRUSTED_PROXIES", "0"))

SESSION_ENGINE = "paceline.accounts.sessions"
SESSION_COOKIE_AGE = 24 * 3600
SESSION_IDLE_SECONDS = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "paceline.web.views.errors.stale_form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SECURE_COOKIES", default=True)
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "paceline-session"
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = int(secret("SECURE_HSTS_SECONDS", "31536000"))
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hant", "繁體中文"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
NODE_MODULES = ROOT / "node_modules"
# The files of the front-end packages that browsers load: served name -> path in node_modules.
PACKAGE_FILES = {
    "vendor/tabler/css/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler/css/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.simple.min.js": "echarts/dist/echarts.simple.min.js",
    "vendor/sortable/sortable.core.esm.js": "sortablejs/modular/sortable.core.esm.js",
}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "paceline.kernel.assets.PackageFiles",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# What is packed already, and the maps that only who looks into the packages' styles asks for.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2"),
    "map",
)
MEDIA_ROOT = VAR / "media"

# Whatever goes wrong is written to standard error, where the service manager keeps it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "level": "WARNING", "formatter": "plain"}
    },
    "root": {"handlers": ["stderr"]},
    "loggers": {"django.request": {"level": "ERROR"}},
}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = secret("EMAIL_HOST", "localhost")
EMAIL_TIMEOUT = 15  # seconds; somebody waits for the page that says whether the mail went out
DEFAULT_FROM_EMAIL = secret("DEFAULT_FROM_EMAIL", "paceline@localhost")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}

# A Redis or Valkey server that wakes the readers of live events; empty: PostgreSQL does.
LIVE_WAKE_URL = secret("LIVE_WAKE_URL")

# What one calculation may use, in a process of its own: MiB of memory and seconds. None calculates
# in the worker itself.
CALCULATION_LIMITS: dict[str, int] | None = {
    "memory": int(secret("CALCULATION_MEMORY", "2048")),
    "processor_seconds": int(secret("CALCULATION_SECONDS", "3600")),
    "seconds": int(secret("CALCULATION_SECONDS", "3600")),
}
if not flag("CALCULATION_CONFINED", default=True):
    CALCULATION_LIMITS = None
# How many plans of a run are calculated at the same time, each in its own process.
CALCULATIONS_AT_ONCE = int(secret("CALCULATIONS_AT_ONCE", str(min(os.cpu_count() or 1, 4))))
# Sums of order lines, kept by month so that a run reads only months that changed; 0 MiB keeps none.
CALCULATION_SUMS = VAR / "sums"
CALCULATION_SUMS_MIB = int(secret("CALCULATION_SUMS_MIB", "2048"))

# Sums of order lines that charts are drawn from: a cache that is made again when it is gone; and
# the MiB of memory that one page of charts may use.
INSIGHTS_CUBES = VAR / "insights"
INSIGHTS_MEMORY_MIB = int(secret("INSIGHTS_MEMORY_MIB", "512"))

# Whether webhooks go to private addresses and over plain HTTP: for trials on one machine.
WEBHOOKS_MAY_BE_NEAR = flag("WEBHOOKS_MAY_BE_NEAR", default=False)
# How often one API token may call in a minute.
API_CALLS_PER_MINUTE = int(secret("API_CALLS_PER_MINUTE", "600"))

# The largest upload that is accepted, in bytes; a larger one is refused before it is stored.
UPLOAD_BYTES_MAX = 2 * 1024**3
# Messages of shops, web forms and calls of programs; files are sent by people who are signed in.
UPLOAD_BYTES_MAX_SIGNED_OUT = 32 * 1024**2
# What stays free on a disk after an upload, in bytes: the database needs it.
DISK_FREE_BYTES_MIN = int(secret("DISK_FREE_MIB_MIN", "1024")) * 1024**2
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# The largest message of a shop that is accepted, in bytes.
SHOP_MESSAGE_BYTES_MAX = 1024**2
# For how many days what a shop said is kept after it was taken in, and an uploaded file after its
# import was settled; then the bytes go, and what was taken from them stays.
SHOP_MESSAGES_KEPT_DAYS = int(secret("SHOP_MESSAGES_KEPT_DAYS", "90"))
IMPORT_FILES_KEPT_DAYS = int(secret("IMPORT_FILES_KEPT_DAYS", "30"))
# Folders below which shops may leave files; none: shops bring files by SFTP only.
SHOP_FOLDERS = names("SHOP_FOLDERS")
# Whether shops may be asked over plain HTTP and at private addresses: for trials on one machine.
SHOPS_MAY_BE_NEAR = flag("SHOPS_MAY_BE_NEAR", default=False)

# Where Trello's API stands, and whether that may be plain HTTP at a private address: for trials.
TRELLO_ADDRESS = secret("TRELLO_ADDRESS", "https://api.trello.com")
TRELLO_MAY_BE_NEAR = flag("TRELLO_MAY_BE_NEAR", default=False)
# The largest message of Trello that is accepted, in bytes, and for how many days it is kept after
# it was taken in.
TRELLO_MESSAGE_BYTES_MAX = 1024**2
TRELLO_MESSAGES_KEPT_DAYS = 7

# Whether the mail server may stand at a private address and be asked without encryption: for trials
# on one machine, and where it stands inside the network.
MAIL_MAY_BE_NEAR = flag("MAIL_MAY_BE_NEAR", default=False)
# The largest answer of a web form that is accepted, in bytes.
FORM_BYTES_MAX = 32 * 1024

PROCRASTINATE_ON_APP_READY = None
