"""How phone numbers and addresses compare: the same one written in several ways is one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from paceline.crm.models.customers import PHONES, PointKind

# Numbers that were met lately; a file repeats few, a page none.
KEPT = 10_000
_NOT_DIGITS = re.compile(r"\D+")
_EXTENSION = re.compile(r"(?:ext\.?|x|#|分機|分机|转|轉)\s*\d+\s*$", re.IGNORECASE)
_CONTROL = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TRUNK = re.compile(r"\(\s*0\s*\)")


_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;.\"]+")
# The shortest numbers that are dialled from outside, such as those of service lines.
DIGITS_MIN = 5


def is_readable(kind: str, value: str, country: str = "") -> bool:
    """Whether somebody can be reached under it: an address with a domain, a number that has the
    digits of one and is no sentence with a number in it. Whatever else says nothing of its form."""
    plain = _CONTROL.sub("", unicodedata.normalize("NFKC", value)).strip()
    if kind == PointKind.EMAIL:
        return _ADDRESS.fullmatch(plain.removeprefix("mailto:")) is not None
    if kind not in PHONES:
        return True
    if normalise(kind, value, country).startswith("+"):
        return True
    said = _EXTENSION.sub("", plain)
    digits = sum(one.isdecimal() for one in said)
    return digits >= DIGITS_MIN and digits >= sum(one.isalpha() for one in said)


def normalise(kind: str, value: str, country: str = "") -> str:
    """What a number or address is compared by; never shown.

    A phone becomes E.164 (``+`` and digits with the country's calling code) where ``country`` (ISO
    3166) or the number itself tells it, by the numbering plans of the library; what fits no plan
    keeps its digits. An address becomes its lower-case letters.
    """
    plain = _CONTROL.sub("", unicodedata.normalize("NFKC", value)).strip()
    if kind in PHONES:
        return _phone(plain, country.upper())
    if kind == PointKind.EMAIL:
        return plain.casefold().removeprefix("mailto:")
    return plain.casefold()


@lru_cache(maxsize=KEPT)
def _phone(text: str, country: str) -> str:
    text = _EXTENSION.sub("", text)
    digits = _NOT_DIGITS.sub("", text)
    if not digits:
        return text.casefold()
    # +44 (0) 20 …: the zero in brackets is not dialled from abroad.
    text = _TRUNK.sub("", text) if text.startswith(("+", "00")) else text
    # 00 is dialled before a country's code nearly everywhere; a plan may know other signs for it.
    whole = f"+{text[2:]}" if text.startswith("00") and len(digits) > 9 else text
    try:
        number = phonenumbers.parse(whole, country or None)
    except phonenumbers.NumberParseException:
        return digits
    if not whole.startswith("+") and not phonenumbers.is_possible_number(number):
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
