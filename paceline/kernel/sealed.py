"""Secrets of other systems, kept encrypted: a copy of the database alone gives none of them away.

The key comes from the setting ``SEALING_KEYS`` (the first seals, all of them open, so that a key
can be changed). Each purpose has a key of its own (HKDF, RFC 5869): what was sealed for one use
cannot be opened for another.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBroken(Exception):
    """The text was sealed with another key or for another purpose, or it was changed."""


def seal(text: str, *, purpose: str) -> bytes:
    """Encrypt and sign a text; the same text sealed twice gives different bytes."""
    return _keys(purpose).encrypt(text.encode())


def unseal(sealed: bytes | memoryview, *, purpose: str) -> str:
    """The text again. Raises ``SealBroken``."""
    try:
        return _keys(purpose).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise SealBroken(purpose) from error


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret, purpose)) for secret in settings.SEALING_KEYS])


def _key(secret: str, purpose: str) -> bytes:
    hkdf = HKDF(SHA256(), length=32, salt=None, info=f"paceline sealed: {purpose}".encode())
    return base64.urlsafe_b64encode(hkdf.derive(secret.encode()))
