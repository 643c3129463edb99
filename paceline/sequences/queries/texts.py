"""The words of a step in a language of whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from paceline.org.models import Employment, Person
from paceline.sequences.models import Step

FALLBACKS = {
    "zh-hant": ("zh-hans", "en"),
    "zh-hans": ("zh-hant", "en"),
}


def words(texts: Mapping[str, Mapping[str, str]], language: str) -> tuple[str, str]:
    """Subject and script in a language; where they are not given in it, in the nearest one that
    is, then in English, then in the first."""
    known = {code.lower(): text for code, text in texts.items()}
    code = language.lower()
    for one in (code, *FALLBACKS.get(code, ("en",)), *known):
        if one in known:
            return known[one].get("subject", ""), known[one].get("body", "")
    return "", ""


def text_of(step: Step, person: Person, at: datetime) -> tuple[str, str]:
    """The words of a step in the language of whoever does it."""
    row: Any = Employment.objects.filter(person=person).on(at.date()).first()
    spoken = getattr(getattr(person, "user", None), "language", "") or ""
    return words(step.texts, spoken or ("en" if row is None else row.language))
