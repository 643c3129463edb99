"""What comes in by a form: checked field by field, and looked at for signs of a machine. Pure.

Nothing of it asks another service. A sign does not refuse what was sent: it waits in quarantine
until a person has looked at it, because a sign may be wrong and a lost customer is worse than a
click.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email

from paceline.crm.actions import Point
from paceline.kernel.countries import names_of_countries

# The longest answers; what is longer is refused.
LENGTHS = {
    "name": 200, "company_name": 200, "title": 120, "email": 254, "mobile": 60, "country": 2,
    "territory": 80, "interest": 200, "message": 5000,
}  # fmt: skip
CUSTOM_MAX = 300
POINTS = ("email", "mobile")
FIELDS_MAX = 20
TOO_FAST = timedelta(seconds=3)
STALE = timedelta(hours=24)
LINKS_MAX = 2
_LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TAG = re.compile(r"<\s*(?:script|a|iframe|img)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent: the answers by name, and what came with them."""

    values: Mapping[str, str]
    language: str = ""
    token: str = ""
    work: str = ""
    trap: str = ""
    consents: bool = False
    consent_version: int = 0
    address: str = ""
    is_from_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers, trimmed, and what is wrong with them: a code by name."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def check(fields: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> Checked:
    """Look at each answer; what the form does not ask is left out."""
    found = Checked()
    for one in fields:
        name = one["name"]
        text = _CONTROL.sub("", whole(str(values.get(name, "")))).strip()
        if not text:
            if one["is_required"]:
                found.errors[name] = "required"
            continue
        problem = _problem(name, text, one.get("options") or ())
        if problem:
            found.errors[name] = problem
        else:
            found.values[name] = text
    return found


def whole(text: str) -> str:
    """The text without halves of characters, which no database keeps."""
    return text.encode("utf-8", "ignore").decode()


def _problem(name: str, text: str, options: Sequence[str]) -> str:
    if len(text) > LENGTHS.get(name, CUSTOM_MAX):
        return "too_long"
    if options and text not in options:
        return "unknown"
    if name == "email":
        try:
            validate_email(text)
        except ValidationError:
            return "invalid"
    if name == "mobile" and sum(one.isdigit() for one in text) < 5:
        return "invalid"
    if name == "country" and text not in names_of_countries("en"):
        return "unknown"
    return ""


def points_of(values: Mapping[str, str]) -> list[Point]:
    """The ways to reach whoever sent it."""
    return [Point(kind, values[kind]) for kind in POINTS if values.get(kind)]


def content_digest(key: str, values: Mapping[str, str]) -> str:
    """A keyed hash of the answers: the same content sent twice is found by it."""
    told = "\x1f".join(f"{name}={' '.join(values[name].split())}" for name in sorted(values))
    return keyed(key, told.casefold())


def keyed(key: str, text: str) -> str:
    """A hash that nobody can compute without the installation's secret."""
    secret = Signer(salt=f"leads.sent.{key}").signature("").encode()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


# The token: it says when the form was opened, and nobody can make one


def token(key: str, nonce: str, at: datetime) -> str:
    return _signer(key).sign(f"{int(at.timestamp())}.{nonce}")


def opened_at(key: str, text: str) -> tuple[datetime, str] | None:
    """When the form of a token was opened, and its nonce; ``None`` when the token is not ours."""
    try:
        seconds, _sign, nonce = _signer(key).unsign(text[:200]).partition(".")
    except BadSignature:
        return None
    return datetime.fromtimestamp(int(seconds), UTC), nonce


def _signer(key: str) -> Signer:
    return Signer(salt=f"leads.form.{key}", sep="~")


def is_worked(nonce: str, answer: str, bits: int) -> bool:
    """Whether the answer proves the work that was asked for: a hash that begins with so many
    zero bits."""
    if not bits:
        return True
    digest = hashlib.sha256(f"{nonce}.{answer[:40]}".encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - bits) == 0


def signs(key: str, given: Given, values: Mapping[str, str], bits: int, at: datetime) -> list[str]:
    """Signs that a machine sent it."""
    found = []
    if given.trap.strip():
        found.append("trap")
    known = opened_at(key, given.token) if given.token else None
    if known is None:
        found.append("bad_token" if given.token else "no_token")
    else:
        age = at - known[0]
        if age < TOO_FAST:
            found.append("too_fast")
        if age > STALE:
            found.append("stale")
        if not is_worked(known[1], given.work, bits):
            found.append("no_work")
    text = " ".join(values.values())
    if len(_LINK.findall(text)) > LINKS_MAX or _TAG.search(text):
        found.append("links")
    return found
