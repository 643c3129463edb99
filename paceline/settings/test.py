"""For the test suite: the private PostgreSQL, quick hashing, no network."""

from __future__ import annotations

import os
from pathlib import Path

from paceline.kernel import postgres
from paceline.settings.base import *  # noqa: F403
from paceline.settings.base import VAR
from paceline.settings.environment import database, secret

SECRET_KEY = "for-tests-only"  # noqa: S105 - never leaves the test process
SEALING_KEYS = ["for-tests-only"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "paceline-test"
SECURE_HSTS_SECONDS = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES = {
    "default": database(secret("DATABASE_URL") or postgres.database_url(postgres.tests_folder()))
}
DATABASES["default"]["TEST"] = {
    "NAME": f"test_paceline_{os.environ.get('PACELINE_TEST_DB', 'main')}"
}
CALCULATION_LIMITS = None  # a test of its own tries the process; the others need not wait for it
MEDIA_ROOT = Path(os.environ.get("PACELINE_TEST_MEDIA") or VAR / "test-media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # nothing is gathered for a test
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MFA_TOTP_TOLERANCE = 1  # a test may begin in one half minute and end in the next
# Passkeys over plain HTTP: this is the loopback address of one machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
CALCULATION_SUMS = MEDIA_ROOT / "sums"
INSIGHTS_CUBES = MEDIA_ROOT / "insights"
MAIL_MAY_BE_NEAR = SHOPS_MAY_BE_NEAR = WEBHOOKS_MAY_BE_NEAR = TRELLO_MAY_BE_NEAR = True
TRELLO_ADDRESS = "http://127.0.0.1:9"  # nobody answers there
