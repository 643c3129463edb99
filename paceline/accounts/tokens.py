"""What an API token looks like, and the keyed hash by which it is recognised."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from django.utils.crypto import salted_hmac

SALT = "paceline.accounts.token"
BEGINNING = "pcl_"
PREFIX_LENGTH = 12
DAYS_MAX = 366
TOKENS_MAX = 20
LIFE_MAX = timedelta(days=DAYS_MAX)

_SHAPE = re.compile(rf"{BEGINNING}[A-Za-z0-9_-]{{43}}")


def new_secret() -> str:
    """256 random bits behind letters by which a search for leaked secrets finds them."""
    return BEGINNING + secrets.token_urlsafe(32)


def prefix_of(secret: str) -> str:
    """The beginning, by which its owner recognises a token; 208 bits stay unknown."""
    return secret[:PREFIX_LENGTH]


def digest_of(secret: str) -> str:
    """The hash that is kept. Its key is the installation's own, so a stolen table opens nothing."""
    return salted_hmac(SALT, secret, algorithm="sha256").hexdigest()


def is_token(text: str) -> bool:
    """Whether a text has the shape of a token; anything else is not looked up."""
    return _SHAPE.fullmatch(text) is not None
