"""How phone numbers and addresses compare: the same one written in several ways is one."""

from __future__ import annotations

import re
import unicodedata

from paceline.crm.models.customers import PHONES, PointKind

# Calling code and the prefix that is dialled inside the country, by country.
CALLING: dict[str, tuple[str, str]] = {
    "TW": ("886", "0"),
    "CN": ("86", "0"),
    "HK": ("852", ""),
    "MO": ("853", ""),
    "SG": ("65", ""),
    "MY": ("60", "0"),
    "JP": ("81", "0"),
    "KR": ("82", "0"),
    "TH": ("66", "0"),
    "VN": ("84", "0"),
    "ID": ("62", "0"),
    "PH": ("63", "0"),
    "IN": ("91", "0"),
    "US": ("1", "1"),
    "CA": ("1", "1"),
    "GB": ("44", "0"),
    "DE": ("49", "0"),
    "FR": ("33", "0"),
    "IT": ("39", ""),
    "ES": ("34", ""),
    "AU": ("61", "0"),
    "NZ": ("64", "0"),
}
_NOT_DIGITS = re.compile(r"\D+")
_EXTENSION = re.compile(r"(?:ext\.?|x|#|分機|分机|转|轉)\s*\d+\s*$", re.IGNORECASE)
_CONTROL = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def normalise(kind: str, value: str, country: str = "") -> str:
    """What a number or address is compared by; never shown.

    A phone becomes ``+`` and its digits with the country's calling code, where ``country`` (ISO
    3166) or the number itself tells it; an address its lower-case letters.
    """
    plain = _CONTROL.sub("", unicodedata.normalize("NFKC", value)).strip()
    if kind in PHONES:
        return _phone(plain, country)
    if kind == PointKind.EMAIL:
        return plain.casefold().removeprefix("mailto:")
    return plain.casefold()


def _phone(text: str, country: str) -> str:
    text = _EXTENSION.sub("", text)
    digits = _NOT_DIGITS.sub("", text)
    if not digits:
        return text.casefold()
    if text.startswith("+"):
        return f"+{_without_trunk(digits)}"
    if digits.startswith("00") and len(digits) > 9:
        return f"+{_without_trunk(digits[2:])}"
    known = CALLING.get(country.upper())
    if known is None:
        return digits
    code, trunk = known
    if trunk and digits.startswith(trunk) and not (code == trunk and len(digits) == 10):
        digits = digits[len(trunk) :]
    elif digits.startswith(code) and len(digits) > 9:
        digits = digits[len(code) :]
    return f"+{code}{digits}"


def _without_trunk(digits: str) -> str:
    """+44 (0) 20 …: the zero in brackets is not dialled from abroad."""
    for code, trunk in CALLING.values():
        if trunk == "0" and digits.startswith(f"{code}0"):
            return code + digits[len(code) + 1 :]
    return digits
