"""The demonstration company on this machine: plain HTTP on loopback, sign-in by one click."""

from __future__ import annotations

import os

from paceline.kernel import postgres
from paceline.settings.base import *  # noqa: F403
from paceline.settings.base import VAR
from paceline.settings.environment import database, secret

DEMO = True
LOGIN_URL = "org:demo_sign_in"  # its people first; the sign-in by password is one click away
# The part of the company's order lines that are made; at 0 its people alone.
DEMO_SCALE = os.environ.get("PACELINE_DEMO_SCALE", "1")
# So many customers more, with deals and orders of their own, for whoever wants to see how it goes.
DEMO_CUSTOMERS = os.environ.get("PACELINE_DEMO_CUSTOMERS", "0")
# Where its mails say that it is: `make demo` tells the port that it took.
DEMO_SITE = os.environ.get("PACELINE_DEMO_SITE", "http://127.0.0.1:8000")
SECRET_KEY = secret("SECRET_KEY") or postgres.kept_secret(VAR / "demo-secret")
SEALING_KEYS = [SECRET_KEY]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "paceline-demo"
SECURE_HSTS_SECONDS = 0
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DATABASES = {"default": database(secret("DATABASE_URL") or postgres.database_url())}
# Passkeys over plain HTTP: this is the loopback address of one machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SHOP_FOLDERS = [str(VAR / "demo-shop")]
MAIL_MAY_BE_NEAR = SHOPS_MAY_BE_NEAR = WEBHOOKS_MAY_BE_NEAR = True
