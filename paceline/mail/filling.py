"""Placeholders of a template: ``{name}`` and a few more, replaced by values and never run. Pure.

There is no expression, no attribute and no format in a placeholder, so that whoever writes a
template cannot reach anything but these words, and no value can become a placeholder itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from django.utils.translation import gettext_lazy

from paceline.org.models import Person

WORDS = {
    "name": gettext_lazy("the customer’s name"),
    "company": gettext_lazy("their company"),
    "title": gettext_lazy("their job title"),
    "interest": gettext_lazy("what they are interested in"),
    "me": gettext_lazy("your name"),
    "team": gettext_lazy("your team"),
}
_PLACE = re.compile(r"\{([a-z_]{1,30})\}")


class UnknownWords(Exception):
    """These placeholders mean nothing. ``words`` names them."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(", ".join(words))
        self.words = words


def check(text: str) -> None:
    """Raises ``UnknownWords``."""
    unknown = sorted({one for one in _PLACE.findall(text) if one not in WORDS})
    if unknown:
        raise UnknownWords(unknown)


def values_of(record: Any, by: Person) -> dict[str, str]:
    """What the placeholders of a template mean for a record."""
    company = getattr(record, "company", None)
    return {
        "name": getattr(record, "name", "") or getattr(record, "title", ""),
        "company": company.name if company is not None else getattr(record, "company_name", ""),
        "title": getattr(record, "title", "") if hasattr(record, "name") else "",
        "interest": getattr(record, "interest", ""),
        "me": by.name,
        "team": record.team.name,
    }


def fill(text: str, values: Mapping[str, str], *, as_html: bool = False) -> str:
    """The text with every known placeholder replaced; in HTML values are escaped."""

    def value(found: re.Match[str]) -> str:
        word = values.get(found.group(1))
        if word is None:
            return found.group(0)
        return escape(word) if as_html else word

    return _PLACE.sub(value, text)


def one_line(text: str) -> str:
    """A subject: no line may begin in it."""
    return " ".join(text.split())[:200]
